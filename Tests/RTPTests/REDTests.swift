import Primitives
import RTP
import Testing

/// Redundant audio data (RFC 2198).
@Suite struct REDTests {
    private struct Read: Equatable {
        var primaryType: PayloadType
        var primary: [UInt8]
        var blocks: [REDPayload.Block]
    }

    private func read(_ payload: [UInt8]) throws -> Read {
        let red = try REDPayload(parsing: payload.rawSpan)
        return Read(
            primaryType: red.primaryPayloadType, primary: Array(payload[red.primary]),
            blocks: (0..<red.blockCount).map { red.block(at: $0, in: payload.rawSpan) })
    }

    private func isRefused(_ payload: [UInt8]) -> Bool {
        (try? REDPayload(parsing: payload.rawSpan)) == nil
    }

    /// As Chromium sends it: opus 111, one block of the packet before.
    @Test func readsAPacketOfChromium() throws {
        // F=1, PT=111; offset 960, length 3: 0000_1111_0000_00|00_0000_0011.
        let payload: [UInt8] = [0xEF, 0x0F, 0x00, 0x03, 0x6F, 1, 2, 3, 9, 8]
        let found = try read(payload)
        #expect(found.primaryType == 111)
        #expect(found.primary == [9, 8])
        #expect(
            found.blocks == [
                REDPayload.Block(payloadType: 111, timestampOffset: 960, bytes: 5..<8)
            ])
    }

    /// The example of RFC 2198 §5: a DVI primary of 84 bytes, and one block of LPC of 14.
    @Test func readsTheExampleOfTheRFC() throws {
        var payload: [UInt8] = [0x80 | 7, 160 >> 6, (160 & 0x3F) << 2, 14, 5]
        payload += Array(repeating: 0xAA, count: 14) + Array(repeating: 0xBB, count: 84)
        let found = try read(payload)
        #expect(found.primaryType == 5)
        #expect(found.primary == Array(repeating: 0xBB, count: 84))
        #expect(
            found.blocks == [
                REDPayload.Block(payloadType: 7, timestampOffset: 160, bytes: 5..<19)
            ])
    }

    @Test func aPrimaryAloneIsBehindOneByte() throws {
        #expect(try read([0x6F, 1, 2]) == Read(primaryType: 111, primary: [1, 2], blocks: []))
        #expect(try read([0x6F]) == Read(primaryType: 111, primary: [], blocks: []))
    }

    @Test(
        arguments: [
            [], [0xEF], [0xEF, 0, 0], [0xEF, 0, 0, 0], [0xEF, 0, 0, 3, 0x6F, 1, 2],
            [0xEF, 0x0F, 0x03, 0xFF, 0x6F],
        ] as [[UInt8]])
    func whatDoesNotFitIsRefused(payload: [UInt8]) {
        #expect(isRefused(payload))
    }

    @Test func moreBlocksThanTheBoundAreRefused() throws {
        let block: [UInt8] = [0xEF, 0, 0, 0]
        let most = Array(repeating: block, count: Limits.maximumREDBlocks).flatMap { $0 }
        #expect(try read(most + [0x6F]).blocks.count == Limits.maximumREDBlocks)
        #expect(isRefused(block + most + [0x6F]))
    }

    @Test func saysWhichPacketsItStandsInFor() throws {
        var writer = ByteWriter(capacity: 64)
        for offset in [2880, 1920, 960] {
            // The packet 40 ms ago had nothing to say.
            let size = offset == 1920 ? 0 : 2
            #expect(
                REDWriter.beginBlock(
                    payloadType: 111, timestampOffset: offset, size: size, into: &writer))
        }
        REDWriter.beginPrimary(payloadType: 111, into: &writer)
        writer.append(contentsOf: [1, 1, 3, 3, 7])
        let payload = writer.array
        let red = try REDPayload(parsing: payload.rawSpan)
        func repair(_ before: UInt32) -> [UInt8]? {
            let own = RTPTimestamp(480)
            let lost = RTPTimestamp(480 &- before)
            return red.repair(of: lost, own: own, in: payload.rawSpan).map {
                Array(payload[$0.bytes])
            }
        }
        #expect(repair(960) == [3, 3])
        #expect(repair(1920) == nil)
        #expect(repair(2880) == [1, 1])
        #expect(repair(0) == nil)
        #expect(red.repairedRun(frame: 960, in: payload.rawSpan) == 1)
        #expect(red.repairedRun(frame: 480, in: payload.rawSpan) == 0)
        #expect(red.repairedRun(frame: 0, in: payload.rawSpan) == 0)
    }

    @Test func whatDoesNotFitItsFieldsIsNotWritten() {
        var writer = ByteWriter(capacity: 16)
        for (offset, size) in [(16_384, 1), (-1, 1), (960, 1024), (960, -1)] {
            let isWritten = REDWriter.beginBlock(
                payloadType: 111, timestampOffset: offset, size: size, into: &writer)
            #expect(!isWritten)
        }
        #expect(writer.count == 0)
    }

    @Test("what is written is read", arguments: 0..<4 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            var writer = ByteWriter(capacity: 8192)
            var blocks: [(type: UInt8, offset: Int, bytes: [UInt8])] = []
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                let bytes = randomBytes(in: 0...1023, using: &random)
                blocks.append(
                    (
                        .random(in: 0...127, using: &random),
                        .random(in: 0...16_383, using: &random),
                        bytes
                    ))
            }
            for block in blocks {
                #expect(
                    REDWriter.beginBlock(
                        payloadType: block.type, timestampOffset: block.offset,
                        size: block.bytes.count, into: &writer))
            }
            REDWriter.beginPrimary(payloadType: 111, into: &writer)
            for block in blocks { writer.append(contentsOf: block.bytes) }
            let primary = randomBytes(in: 0...200, using: &random)
            writer.append(contentsOf: primary)
            let payload = writer.array
            let found = try read(payload)
            #expect(found.primary == primary)
            #expect(found.blocks.map { Array(payload[$0.bytes]) } == blocks.map(\.bytes))
            #expect(found.blocks.map { Int($0.timestampOffset) } == blocks.map(\.offset))
            #expect(found.blocks.map(\.payloadType) == blocks.map(\.type))
        }
    }

    @Test("hostile bytes", arguments: 0..<4 as Range<UInt64>)
    func hostile(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed &+ 50)
        for _ in 0..<20_000 {
            var payload = randomBytes(in: 0...80, using: &random)
            for index in stride(from: 0, to: min(payload.count, 24), by: 4)
            where Bool.random(using: &random) {
                payload[index] |= 0x80
                if index + 3 < payload.count { payload[index + 2] &= 0xFC }
            }
            guard let red = try? REDPayload(parsing: payload.rawSpan) else { continue }
            var end = red.primaryStart
            for index in (0..<red.blockCount).reversed() {
                let block = red.block(at: index, in: payload.rawSpan)
                #expect(block.bytes.upperBound == end)
                end = block.bytes.lowerBound
            }
            #expect(end == red.blockCount * 4 + 1)
            #expect(red.primary.upperBound == payload.count)
            _ = red.repairedRun(frame: 960, in: payload.rawSpan)
        }
    }

    private func randomBytes(
        in sizes: ClosedRange<Int>, using random: inout SeededGenerator
    ) -> [UInt8] {
        (0..<Int.random(in: sizes, using: &random)).map { _ in .random(in: 0...255, using: &random)
        }
    }
}
