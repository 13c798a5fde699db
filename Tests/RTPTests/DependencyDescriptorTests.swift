import BitStrings
import Primitives
import RTP
import Testing

/// The structure L1T3 of the AV1 RTP specification §A.10.2.1, put into bits by hand after §A.8.2: five
/// templates, three decode targets (30, 15, 7.5 pictures a second), one chain.
private let l1t3 = """
    001010 00010  00 01 01 00 11
    10 10 10  10 10 10  10 01 00  01 00 00  01 00 00
    0  1 0011 0  1 0001 0  1 0000 0  1 0000 0
    01  0000 0100 0010 0001 0011
    1 0000010011111111 0000001011001111
    """

private func descriptor(_ parts: String...) -> [UInt8] {
    var bits = BitString()
    for part in parts {
        bits.append(part)
    }
    return bits.bytes
}

/// Begins and ends a frame; template id 10; frame number 256.
private let key = descriptor("1 1 001010 0000000100000000", "1 0 0 0 0", l1t3)

@Suite("Dependency descriptors")
struct DependencyDescriptorTests {
    private func read(
        _ bytes: [UInt8], _ reader: inout DependencyDescriptorReader
    ) -> DependencyDescriptor? {
        guard case .descriptor(let value) = reader.read(bytes.rawSpan).reading else { return nil }
        return value
    }

    @Test("the structure of L1T3")
    func structure() throws {
        var reader = DependencyDescriptorReader()
        let descriptor = try #require(read(key, &reader))
        #expect(descriptor.startsFrame && descriptor.endsFrame && descriptor.frameNumber == 256)
        #expect(descriptor.hasStructure && descriptor.activeTargets == 7)
        #expect(descriptor.indications.switching == 7 && descriptor.references.near == 0)
        #expect(descriptor.resolution.map { [$0.width, $0.height] } == [1280, 720])
        let structure = try #require(reader.structure)
        #expect(structure.templateIDOffset == 10 && structure.chainCount == 1)
        #expect(structure.templates.map(\.temporalID) == [0, 0, 1, 2, 2])
        #expect(structure.templates.map(\.references.near) == [0, 8, 2, 1, 1])
        #expect(structure.templates.map { $0.chainDifferences[0] } == [0, 4, 2, 1, 3])
        #expect(structure.templates.map(\.indications.present) == [7, 7, 3, 1, 1])
        #expect(structure.templates[2].indications.needed == 1)
        #expect(structure.targets.map(\.temporalID) == [2, 1, 0])
        #expect(structure.targets.map(\.includes) == [7, 6, 4])
        #expect(structure.targets.map(\.chain) == [0, 0, 0])
        #expect(structure.target(spatial: 0, temporal: 1, among: 7) == 1)
        #expect(structure.target(spatial: 0, temporal: 0, among: 3) == 1)
    }

    @Test("later packets name a template, or spell out what it says")
    func frames() throws {
        var reader = DependencyDescriptorReader()
        let first = [0xCB, 0x01, 0x00] as [UInt8]
        guard case .unknownStructure(let unknown) = reader.read(first.rawSpan).reading else {
            Issue.record("a structure from nowhere")
            return
        }
        #expect(unknown.frameNumber == 256 && unknown.templateID == 11)
        _ = read(key, &reader)
        let delta = try #require(read([0x0C, 0x01, 0x02], &reader))
        #expect(!delta.startsFrame && delta.temporalID == 1 && delta.references.near == 2)
        #expect(delta.indications[0] == 2 && delta.indications[1] == 1 && delta.indications[2] == 0)
        #expect(delta.activeTargets == nil && delta.chainDifferences[0] == 2)
        // Mask 011, own indications, references 3, 300 and 4096 back, a chain 200 back.
        let own = descriptor(
            "1 0 001100 0000000100000010", "0 1 1 1 1", "011", "11 00 01",
            "01 0010 11 000100101011 11 111111111111 00", "11001000")
        let custom = try #require(read(own, &reader))
        #expect(custom.activeTargets == 3 && custom.chainDifferences[0] == 200)
        #expect(custom.indications.low == 0b101 && custom.indications.high == 0b001)
        #expect(custom.references.near == 4 && custom.references.fartherCount == 2)
        for count in 0..<own.count {
            let reading = reader.read(Array(own.prefix(count)).rawSpan).reading
            if count == 3 { continue }  // as many as a descriptor without extended fields
            #expect(reading == .violation(.dependencyDescriptor), "\(count)")
        }
    }

    /// L1T3 under other template ids, in a keyframe with that number.
    private func structure(from id: Int, frame: Int) -> [UInt8] {
        func digits(_ value: Int, _ width: Int) -> String {
            let digits = String(value, radix: 2)
            return String(repeating: "0", count: width - digits.count) + digits
        }
        return descriptor(
            "1 1 \(digits(id, 6)) \(digits(frame, 16))", "1 0 0 0 0",
            l1t3.replacing("001010 00010", with: "\(digits(id, 6)) 00010"))
    }

    @Test("the structures before the newest are kept for late packets")
    func structures() throws {
        var reader = DependencyDescriptorReader()
        _ = read(key, &reader)
        #expect(reader.read(structure(from: 30, frame: 512).rawSpan).generation == 1)
        #expect(reader.read([0x0C, 0x01, 0x02].rawSpan).generation == 0)
        #expect(reader.read([0x20, 0x02, 0x02].rawSpan).generation == 1)
        // The older one, late: known, and not taken for the newest.
        #expect(reader.read(key.rawSpan).generation == 0)
        #expect(try #require(reader.structure).templateIDOffset == 30)
        #expect(reader.structure(of: 0)?.templateIDOffset == 10)
        // With two more the first is forgotten, and so is what it said.
        #expect(reader.read(structure(from: 40, frame: 600).rawSpan).generation == 2)
        #expect(read([0x0C, 0x01, 0x02], &reader)?.temporalID == 1)
        #expect(reader.read(structure(from: 50, frame: 700).rawSpan).generation == 3)
        #expect(read([0x0C, 0x01, 0x02], &reader) == nil && reader.structure(of: 0) == nil)
        #expect(read(key, &reader) == nil)
        #expect(try #require(reader.structure).templateIDOffset == 50)
        #expect(read([0x20, 0x02, 0x02], &reader)?.temporalID == 1)
    }

    @Test("the frame number says whose a template id is, where ids are used again")
    func sharedIDs() {
        var reader = DependencyDescriptorReader()
        _ = read(key, &reader)
        _ = read(structure(from: 30, frame: 512), &reader)
        // Id 12 behind frame 512 is of a structure that has not come, not of the one before.
        #expect(read([0x0C, 0x02, 0x04], &reader) == nil)
        _ = read(structure(from: 12, frame: 515), &reader)
        #expect(reader.read([0x0C, 0x01, 0x02].rawSpan).generation == 0)
        #expect(reader.read([0x0C, 0x02, 0x04].rawSpan).generation == 2)
    }

    @Test("a sender that counts anew, and one that counts around")
    func numbers() throws {
        var reader = DependencyDescriptorReader()
        _ = read(structure(from: 10, frame: 40_000), &reader)
        #expect(reader.read(structure(from: 30, frame: 5).rawSpan).generation == 1)
        #expect(read([0x20, 0x00, 0x06], &reader)?.temporalID == 1)
        for frame in stride(from: 7, to: 300_000, by: 50) {
            let bytes = [0x20, UInt8(frame >> 8 & 0xFF), UInt8(frame & 0xFF)]
            #expect(reader.read(bytes.rawSpan).generation == 1)
            #expect(read(bytes, &reader)?.temporalID == 1)
        }
    }

    @Test("only the frame number and the mask are written anew")
    func writing() throws {
        for (bytes, mask) in [
            (key, nil), (key, 5), ([0x0C, 0x01, 0x02], 6), ([0x0C, 0x01, 0x02], nil),
            (
                descriptor(
                    "1 0 001100 0000000100000010", "0 1 1 1 1", "011", "11 00 01",
                    "01 0010 00", "11001000"), 1
            ),
        ] as [([UInt8], UInt32?)] {
            var reader = DependencyDescriptorReader()
            _ = read(key, &reader)
            var expected = try #require(read(bytes, &reader))
            var out = ByteWriter(capacity: 300)
            DependencyDescriptorWriter(frameNumber: 0xABCD, activeTargets: mask).write(
                bytes.rawSpan, targetCount: expected.targetCount,
                maskPosition: expected.maskPosition, into: &out)
            let size = DependencyDescriptorWriter(frameNumber: 0xABCD, activeTargets: mask).size(
                of: bytes.rawSpan, targetCount: expected.targetCount,
                maskPosition: expected.maskPosition)
            #expect(out.count == size)
            let written = try #require(read(out.array, &reader))
            expected.frameNumber = 0xABCD
            if let mask { expected.activeTargets = mask }
            #expect(written == expected)
            #expect(out.count <= bytes.count + DependencyDescriptorWriter.maximumGrowth)
        }
    }

    @Test("bounds: endless templates, layers and references")
    func bounds() {
        var reader = DependencyDescriptorReader()
        let head = "1 1 000000 0000000000000000"
        for body in [
            String(repeating: "00", count: 900), String(repeating: "01", count: 900),
            String(repeating: "10", count: 900),
            "11" + "10" + String(repeating: "10001", count: 300),
        ] {
            let bytes = descriptor(head, "1 0 0 0 0", "000000 00000", body)
            #expect(reader.read(bytes.rawSpan).reading == .violation(.dependencyDescriptor))
        }
        _ = read(key, &reader)
        let endless = descriptor(
            "1 1 001010 0000000100000010", "0 0 0 1 0", String(repeating: "010001", count: 200))
        #expect(reader.read(endless.rawSpan).reading == .violation(.dependencyDescriptor))
        let long = [UInt8](repeating: 0, count: 256)
        #expect(reader.read(long.rawSpan).reading == .violation(.dependencyDescriptor))
    }
}

/// 4 x 30,000 mutations for each parser: whatever comes, they return or throw.
@Suite("Hostile layers")
struct LayerFuzzTests {
    private func mutated(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var copy = bytes
        for _ in 0..<Int.random(in: 1...6, using: &random) where !copy.isEmpty {
            copy[Int.random(in: 0..<copy.count, using: &random)] =
                Bool.random(using: &random)
                ? UInt8.random(in: 0...255, using: &random)
                : 1 << UInt8.random(in: 0...7, using: &random)
        }
        if Int.random(in: 0..<3, using: &random) == 0 {
            copy.removeLast(Int.random(in: 0...copy.count, using: &random))
        }
        return copy
    }

    @Test("dependency descriptors", arguments: 0..<4 as Range<UInt64>)
    func dependencies(seed: UInt64) {
        var random = SeededGenerator(seed: seed &+ 300)
        var reader = DependencyDescriptorReader()
        var known = 0
        for turn in 0..<30_000 {
            if turn % 50 == 0 { _ = reader.read(key.rawSpan) }
            let bytes = mutated(
                turn % 3 == 0
                    ? key
                    : descriptor(
                        "1 0 001100 0000000100000010", "0 1 1 1 1",
                        "011", "11 00 01", "01 0010 11 000100101011 00", "11001000"), &random)
            switch reader.read(bytes.rawSpan).reading {
            case .descriptor(let value):
                known += 1
                check(value, bytes)
            case .unknownStructure(let value): check(value, bytes)
            case .violation: break
            }
            if let structure = reader.structure {
                #expect(structure.templates.count <= 64 && structure.targets.count <= 32)
                #expect(structure.chainCount <= structure.targets.count)
            }
        }
        #expect(known > 3000)
    }

    private func check(_ value: DependencyDescriptor, _ bytes: [UInt8]) {
        var out = ByteWriter(capacity: 300)
        let writer = DependencyDescriptorWriter(frameNumber: 1, activeTargets: .max)
        writer.write(
            bytes.rawSpan, targetCount: value.targetCount, maskPosition: value.maskPosition,
            into: &out)
        let size = writer.size(
            of: bytes.rawSpan, targetCount: value.targetCount, maskPosition: value.maskPosition)
        #expect(out.count == size)
        #expect(out.count <= bytes.count + DependencyDescriptorWriter.maximumGrowth)
        #expect(value.spatialID < 4 && value.temporalID < 8 && value.targetCount <= 32)
    }

    @Test("VP9 and AV1 payloads", arguments: 0..<4 as Range<UInt64>)
    func payloads(seed: UInt64) {
        var random = SeededGenerator(seed: seed &+ 400)
        let vp9: [[UInt8]] = [
            [0xF8, 0x92, 0x34, 0x53, 0x07, 0x08, 0xAA],
            [
                0xAF, 0x7F, 0x10, 0x09, 0x38, 0x01, 0x40, 0x00, 0xB4, 0x02, 0x80, 0x01, 0x68, 0x02,
                0x14, 0x02, 0x30, 0x01, 0x82, 0x49, 0x83, 0x42, 0x40, 0x4F, 0xF0, 0x2C, 0xF0,
            ],
        ]
        for turn in 0..<30_000 {
            let payload = mutated(vp9[turn % 2], &random)
            _ = VP9Payload.resolution(payload.rawSpan)
            if let descriptor = try? VP9Descriptor(parsing: payload.rawSpan) {
                #expect(descriptor.size <= payload.count)
                if let range = descriptor.structure {
                    #expect(range.upperBound == descriptor.size)
                    // Where the quick look finds an end, the structure fits.
                    let structure = try? VP9ScalabilityStructure(
                        parsing: payload.rawSpan, in: range)
                    #expect(structure != nil)
                }
                var out = ByteWriter(capacity: 64)
                VP9DescriptorWriter(pictureID: 1, tl0PicIdx: 2).write(
                    descriptor, of: payload.rawSpan, into: &out)
                #expect((try? VP9Descriptor(parsing: out.bytes))?.size == out.count)
            }
            let av1 = mutated(
                [0x28, 10] + AV1Tests.sequence + [0x30, 1, 2, 3], &random)
            if let size = AV1Payload.resolution(av1.rawSpan) {
                #expect((1...65_536).contains(size.width) && (1...65_536).contains(size.height))
            }
            var elements = 0
            AV1Payload.forEachElement(in: av1.rawSpan) { element in
                elements += 1
                #expect(element.upperBound <= av1.count)
                return true
            }
            #expect(elements <= 16)
        }
    }
}
