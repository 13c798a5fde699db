import Primitives
import Testing

@testable import MediaSecurity

@Suite("SRTP tags that are computed together", .serialized)
struct SRTPBatchTests {
    /// Packets of one to several keys, sealed one behind the other as a worker does.
    @Test(
        "are those of libsrtp2, whatever the number and the sizes",
        arguments: SRTPProfile.allCases, [true, false])
    func oracle(profile: SRTPProfile, isUsed: Bool) throws {
        var generator = SeededGenerator(seed: 21)
        let keys = (0..<5).map { Keys(profile, seed: 100 + $0) }
        let oracles = keys.map { $0.oracle(sending: true) }
        // Packets beyond the capacity get their tags at once.
        var batch = SRTPBatch(capacity: 90, isUsed: isUsed)
        var index = 0
        for round in 0..<70 {
            var arena = ByteWriter(capacity: 256 * 1024)
            var sent: [(packet: TestPacket, owner: Int, range: Range<Int>)] = []
            for number in 0..<(round < 8 ? round : round * 2) {
                let packet = TestPacket(
                    ssrc: 7, sequence: UInt16(truncatingIfNeeded: index),
                    size: number % 5 == 0 ? number % 70 : Int(generator.next() % 1400),
                    extensionWords: number % 3 == 0 ? nil : number % 4, using: &generator)
                let owner = number % keys.count
                let start = arena.count
                arena.append(contentsOf: packet.header)
                // Some of them with the payload's beginning in place.
                let inPlace = [0, 0, 1, 3, 8, 15, 16, 17, 40][index % 9]
                let beginning = Array(packet.payload.prefix(inPlace))
                arena.append(contentsOf: beginning)
                // A sealer that is gone before the tags are computed is no harm.
                var sealer = keys[owner].sealer
                sealer.seal(
                    headerStart: start, bodyStart: start + packet.header.count,
                    payload: Array(packet.payload.dropFirst(inPlace)).rawSpan, ssrc: packet.ssrc,
                    sequence: packet.sequence, rollover: UInt32(index >> 16), into: &arena,
                    batch: &batch)
                sent.append((packet, owner, start..<arena.count))
                index += 1
            }
            batch.finish(in: &arena)
            for (packet, owner, range) in sent {
                let expected = try #require(oracles[owner].protect(packet.bytes))
                try #require(arena.bytes(in: range).array == expected)
            }
        }
    }
}
