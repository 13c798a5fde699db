import Primitives
import Testing

@testable import Forwarding

/// Numbers without gaps, whatever is left out.
@Suite struct SequenceMapperTests {
    @Test func whatIsLeftOutLeavesNoHole() throws {
        var mapper = SequenceMapper(first: 100, as: 7)
        #expect(try must(mapper.pass(100)) == 7)
        mapper.omit(101)
        mapper.omit(102)
        #expect(try must(mapper.pass(103)) == 8)
        #expect(mapper.outgoing(of: 101) == nil && mapper.isOmitted(102))
        #expect(mapper.source(of: 8) == 103 && mapper.source(of: 9) == nil)
        #expect(mapper.nextOutgoing == 9)
    }

    @Test func whatIsLostStaysAHoleAndFindsItsPlace() throws {
        var mapper = SequenceMapper(first: 100, as: 7)
        #expect(try must(mapper.pass(100)) == 7)
        #expect(try must(mapper.pass(102)) == 9)
        mapper.omit(103)
        #expect(try must(mapper.pass(104)) == 10)
        #expect(try must(mapper.pass(101)) == 8)
        let isOmitted = mapper.omit(101)
        #expect(!isOmitted && mapper.source(of: 8) == 101)
    }

    @Test func whatIsTooOldIsNotKnown() throws {
        var mapper = SequenceMapper(first: 0, as: 0)
        for sequence in 0..<5000 as Range<Int64> {
            if sequence % 3 == 0 { mapper.omit(sequence) } else { _ = mapper.pass(sequence) }
        }
        let oldest = 5000 - SequenceMapper.capacity
        #expect(mapper.outgoing(of: oldest - 1) == nil)
        #expect(try must(mapper.outgoing(of: 4100)) == 4100 - 1367)
        #expect(mapper.source(of: 100) == nil)
        // A jump over more than is kept forgets everything before it.
        #expect(try must(mapper.pass(1_000_000)) == 1_000_000 - 1667)
        #expect(mapper.outgoing(of: 4999) == nil)
        #expect(try must(mapper.outgoing(of: 999_990)) == 999_990 - 1667)
        #expect(try must(mapper.source(of: 999_990 - 1667)) == 999_990)
    }

    @Test("is what a list of all packets says", arguments: 0..<40 as Range<UInt64>)
    func model(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let first = Int64.random(in: 0...200_000, using: &random)
        let start = Int64.random(in: 0...70_000, using: &random)
        var mapper = SequenceMapper(first: first, as: start)
        var list: [Int64?] = []  // what each source packet went out as
        var next = start
        let omission = Double.random(in: 0...1, using: &random)
        for _ in 0..<3000 {
            let sequence = first + Int64(list.count)
            let choice = Double.random(in: 0..<1, using: &random)
            if choice < 0.03 {
                let hole = Int64.random(in: 1...70, using: &random)
                for _ in 0..<hole {
                    list.append(next)
                    next += 1
                }
                #expect(try must(mapper.pass(sequence + hole)) == next)
            } else if choice < omission {
                mapper.omit(sequence)
                list.append(nil)
                continue
            } else {
                #expect(try must(mapper.pass(sequence)) == next)
            }
            list.append(next)
            next += 1
        }
        #expect(mapper.nextOutgoing == next)
        let known = Int64(list.count) - 960
        for index in list.indices where Int64(index) >= max(known, 0) {
            let sequence = first + Int64(index)
            #expect(mapper.outgoing(of: sequence) == list[index])
            #expect(mapper.isOmitted(sequence) == (list[index] == nil))
            if let outgoing = list[index] { #expect(mapper.source(of: outgoing) == sequence) }
        }
        #expect(mapper.source(of: next) == nil && mapper.source(of: start - 1) == nil)
    }

    @Test("picture ids, as a list of all pictures says", arguments: 0..<40 as Range<UInt64>)
    func pictures(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let first = UInt16.random(in: 0...UInt16.max, using: &random)
        var mapper = PictureMapper(first: first)
        var omitted: [Bool] = []
        for _ in 0..<2000 {
            let isHole = Int.random(in: 0..<20, using: &random) == 0
            let isOmitted = !isHole && Bool.random(using: &random)
            if !isHole {
                mapper.note(first &+ UInt16(omitted.count), isOmitted: isOmitted)
                mapper.note(first &+ UInt16(omitted.count), isOmitted: !isOmitted)
            }
            omitted.append(isOmitted)
            guard !isHole else { continue }
            for age in 0..<min(64, omitted.count) where !omitted[omitted.count - 1 - age] {
                let index = omitted.count - 1 - age
                let before = omitted[..<index].count { $0 }
                #expect(
                    mapper.mapped(first &+ UInt16(index)) == first &+ UInt16(index - before))
            }
        }
        #expect(mapper.mapped(first &+ 1800) == nil)
    }
}
