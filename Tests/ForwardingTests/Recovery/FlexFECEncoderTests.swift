import Forwarding
import Primitives
import RTP
import Testing

/// Repair packets, made and used.
@Suite struct FlexFECEncoderTests {
    private static let ssrc: UInt32 = 0xDEAD_BEEF

    /// Two packets of different sizes, one with a header extension, by hand.
    @Test func combinesTwoPacketsAsTheDraftSays() {
        let first: [UInt8] = [0x80, 0x60, 0, 7, 0, 0, 0, 0x10, 0xDE, 0xAD, 0xBE, 0xEF, 1, 2, 3]
        let header: [UInt8] = [
            0x90, 0xE0, 0, 8, 0, 0, 0, 0x11, 0xDE, 0xAD, 0xBE, 0xEF, 0xBE, 0xDE, 0, 1, 0x51, 0xAA,
            0xBB, 0,
        ]
        var encoder = FlexFECEncoder(rows: 1)
        #expect(add(Array(first[..<12]), Array(first[12...]), to: &encoder))
        #expect(add(header, [9], changing: 17..<19, to: &encoder))
        #expect(encoder.repairCount == 1)
        // X and CC, M and PT, lengths 3 and 9, timestamps; one stream, which, from 7 on, the first two;
        // and what is behind the fixed headers, with zeros for the sequence number of the transport.
        let expected: [UInt8] = [
            0x10, 0x80, 0, 10, 0, 0, 0, 1, 1, 0, 0, 0, 0xDE, 0xAD, 0xBE, 0xEF, 0, 7, 0xE0, 0,
            0xBF, 0xDC, 0x03, 1, 0x51, 0, 0, 0, 9,
        ]
        #expect(repair(0, of: encoder) == expected)
        #expect(encoder.repairSize(0) == 29)
    }

    @Test func whatDoesNotFitTheGroupIsNotAdded() {
        var encoder = FlexFECEncoder(rows: 2)
        #expect(encoder.repairCount == 0 && repair(0, of: encoder) == nil)
        #expect(encoder.repairSize(0) == 0)
        #expect(add(packet(100), [1], to: &encoder))
        #expect(!add(packet(100), [1], to: &encoder))
        #expect(!add(packet(99), [1], to: &encoder))
        #expect(!add(packet(209), [1], to: &encoder))
        #expect(!add([1, 2, 3], [1], to: &encoder))
        let large = Array(repeating: UInt8(1), count: Limits.protectedBytes)
        #expect(!add(packet(101, extended: true), large, to: &encoder))
        #expect(encoder.count == 1)
        #expect(add(packet(101), large, to: &encoder))
        #expect(add(packet(208), [1], to: &encoder))
        #expect(encoder.repairCount == 2 && repair(1, of: encoder) != nil)
        encoder.reset(rows: 9)
        #expect(encoder.count == 0 && encoder.rowCount == Limits.repairRows)
        #expect(add(packet(7), [1], to: &encoder) && encoder.repairCount == 1)
    }

    /// As many in a row as there are rows; and any one of each row.
    @Test(arguments: 1...4)
    func lostInARow(rows: Int) {
        for lost in 0..<12 {
            var encoder = FlexFECEncoder(rows: rows)
            var decoder = FlexFECDecoder(ssrc: Self.ssrc)
            var expected: [UInt16: [UInt8]] = [:]
            for index in 0..<12 {
                let number = UInt16(truncatingIfNeeded: 65_530 + index)
                let payload = (0...index * 9).map { UInt8(truncatingIfNeeded: $0 * 7 + index) }
                #expect(add(packet(number), payload, to: &encoder))
                expected[number] = packet(number) + payload
                if !(lost..<lost + rows).contains(index) {
                    _ = decoder.receive(packet(number) + payload)
                }
            }
            for row in 0..<rows { _ = decoder.receive(repair: repair(row, of: encoder)!) }
            #expect(decoder.packets == expected)
        }
    }

    @Test("random groups, random losses", arguments: 0..<200 as Range<UInt64>)
    func repairsWhatHasOneHoleARow(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var encoder = FlexFECEncoder()
        for _ in 0..<30 {
            let rows = Int.random(in: 1...4, using: &random)
            encoder.reset(rows: rows)
            let base = UInt16.random(in: 0 ... .max, using: &random)
            var decoder = FlexFECDecoder(ssrc: Self.ssrc)
            var sent: [UInt16: [UInt8]] = [:]
            var holes = Array(repeating: 0, count: rows)
            for offset in 0..<Int.random(in: 1...108, using: &random)
            where offset == 0 || Int.random(in: 0..<8, using: &random) > 0 {
                let number = base &+ UInt16(offset)
                let isExtended = Bool.random(using: &random)
                let header = packet(
                    number, marker: .random(using: &random), extended: isExtended,
                    timestamp: .random(in: 0 ... .max, using: &random))
                let payload = (0..<Int.random(in: 0...300, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
                #expect(add(header, payload, changing: isExtended ? 17..<19 : 0..<0, to: &encoder))
                var known = header + payload
                if isExtended { (known[17], known[18]) = (0, 0) }
                sent[number] = known
                if Int.random(in: 0..<10, using: &random) == 0 {
                    holes[offset % rows] += 1
                } else {
                    _ = decoder.receive(known)
                }
            }
            for row in 0..<rows {
                guard let payload = repair(row, of: encoder) else { continue }
                #expect(payload.count == encoder.repairSize(row))
                _ = decoder.receive(repair: payload)
            }
            #expect(decoder.packets.allSatisfy { sent[$0.key] == $0.value })
            #expect(
                sent.count - decoder.packets.count == holes.reduce(0) { $0 + ($1 > 1 ? $1 : 0) })
        }
    }

    private func packet(
        _ number: UInt16, marker: Bool = false, extended: Bool = false, timestamp: UInt32 = 90
    ) -> [UInt8] {
        var writer = ByteWriter(capacity: 64)
        RTPHeaderWriter.write(
            marker: marker, payloadType: 96, sequenceNumber: SequenceNumber(number),
            timestamp: RTPTimestamp(timestamp), ssrc: SSRC(Self.ssrc), hasExtension: extended,
            into: &writer)
        if extended {
            let mark = RTPHeaderWriter.beginExtensions(into: &writer)
            RTPHeaderWriter.appendElement(id: 5, number ^ 0x5A5A, into: &writer)
            RTPHeaderWriter.endExtensions(begunAt: mark, into: &writer)
        }
        return writer.array
    }

    private func add(
        _ header: [UInt8], _ payload: [UInt8], changing: Range<Int> = 0..<0,
        to encoder: inout FlexFECEncoder
    ) -> Bool {
        encoder.protect(header: header.rawSpan, changing: changing, payload: payload.rawSpan)
    }

    private func repair(_ row: Int, of encoder: borrowing FlexFECEncoder) -> [UInt8]? {
        var writer = ByteWriter(capacity: 2048)
        return encoder.write(row, protecting: SSRC(Self.ssrc), into: &writer) ? writer.array : nil
    }
}
