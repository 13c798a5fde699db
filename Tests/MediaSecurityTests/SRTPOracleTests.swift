import Primitives
import Testing

@testable import MediaSecurity

@Suite("SRTP, byte for byte against libsrtp2", .serialized)
struct SRTPOracleTests {
    @Test(
        "RTP of many shapes, over a wrap of the sequence number", arguments: SRTPProfile.allCases,
        SRTPEngine.available)
    func rtp(profile: SRTPProfile, engine: SRTPEngine) throws {
        let keys = Keys(profile, engine, seed: 1)
        var generator = SeededGenerator(seed: 2)
        var sealer = keys.sealer
        var opener = keys.opener
        let sending = keys.oracle(sending: true)
        let receiving = keys.oracle(sending: false)
        for step in 0..<2000 {
            let index = 65536 - 1000 + step
            let packet = TestPacket(
                ssrc: 0x1234_5678, sequence: UInt16(truncatingIfNeeded: index),
                size: step % 7 == 0 ? step % 40 : Int(generator.next() % 1400),
                extensionWords: step % 3 == 0 ? nil : step % 5, csrcs: step % 4,
                using: &generator)
            let sealed = packet.sealed(by: &sealer, rollover: UInt32(index >> 16))
            try #require(sending.protect(packet.bytes) == sealed)
            try #require(receiving.unprotect(sealed) == packet.bytes)
            let (outcome, clear) = packet.opened(sealed, by: &opener)
            try #require(outcome == .opened && clear == packet.bytes)
        }
    }

    @Test(
        "Many sources with their own rollover counters", arguments: SRTPProfile.allCases,
        SRTPEngine.available)
    func sources(profile: SRTPProfile, engine: SRTPEngine) throws {
        let keys = Keys(profile, engine, seed: 3)
        var generator = SeededGenerator(seed: 4)
        var opener = keys.opener
        let sending = keys.oracle(sending: true)
        for step in 0..<600 {
            let source = UInt32(step % 30)
            let index = Int(source) * 2100 + step / 30 * 250
            let packet = TestPacket(
                ssrc: source &* 0x0101_0101, sequence: UInt16(truncatingIfNeeded: index),
                size: 100, using: &generator)
            let sealed = try #require(sending.protect(packet.bytes))
            let (outcome, clear) = packet.opened(sealed, by: &opener)
            try #require(outcome == .opened && clear == packet.bytes)
        }
    }

    @Test(
        "A retransmission is what its two parts are in one payload",
        arguments: SRTPProfile.allCases,
        SRTPEngine.available)
    func prefix(profile: SRTPProfile, engine: SRTPEngine) {
        let keys = Keys(profile, engine, seed: 5)
        var generator = SeededGenerator(seed: 6)
        var sealer = keys.sealer
        let sending = keys.oracle(sending: true)
        for size in [0, 1, 13, 14, 15, 16, 17, 200, 1180] {
            let packet = TestPacket(
                ssrc: 77, sequence: UInt16(size), size: size, extensionWords: 2,
                using: &generator)
            var writer = ByteWriter(capacity: 2048)
            writer.append(contentsOf: packet.header)
            let start = [UInt8](repeating: 0xAB, count: [2, 7, 16, 37][size % 4])
            writer.append(contentsOf: start)
            sealer.seal(
                headerStart: 0, bodyStart: packet.header.count, payload: packet.payload.rawSpan,
                ssrc: 77, sequence: UInt16(size), rollover: 0, into: &writer)
            #expect(sending.protect(packet.header + start + packet.payload) == writer.array)
        }
    }

    @Test(
        "RTCP of many sizes", arguments: SRTPProfile.allCases,
        SRTPEngine.available)
    func rtcp(profile: SRTPProfile, engine: SRTPEngine) throws {
        let keys = Keys(profile, engine, seed: 7)
        var generator = SeededGenerator(seed: 8)
        var sealer = keys.sealer
        var opener = keys.opener
        let sending = keys.oracle(sending: true)
        let receiving = keys.oracle(sending: false)
        // libsrtp's first index is 1, ours is 0 (RFC 3711 §3.4).
        _ = sealer.sealedRTCP(hex("80C90001 0000004D"))
        for step in 0..<500 {
            let words = step % 100
            let report =
                hex("80C9") + [0, UInt8(words + 1)] + hex("0000004D")
                + generator.bytes(4 * words)
            let sealed = sealer.sealedRTCP(report)
            try #require(sending.protectRTCP(report) == sealed)
            try #require(receiving.unprotectRTCP(sealed) == report)
            let (outcome, clear) = opener.openedRTCP(sealed)
            try #require(outcome == .opened && clear == report)
        }
    }

    @Test(
        "A packet out of order over the wrap opens here and there", arguments: SRTPProfile.allCases,
        SRTPEngine.available)
    func reordering(profile: SRTPProfile, engine: SRTPEngine) throws {
        let keys = Keys(profile, engine, seed: 9)
        var generator = SeededGenerator(seed: 10)
        var sealer = keys.sealer
        var opener = keys.opener
        let receiving = keys.oracle(sending: false)
        let order = [65530, 65533, 65537, 65535, 65531, 65540, 65534, 65536, 65532, 65538]
        for index in order {
            let packet = TestPacket(
                ssrc: 1, sequence: UInt16(truncatingIfNeeded: index), size: 50,
                using: &generator)
            let sealed = packet.sealed(by: &sealer, rollover: UInt32(index >> 16))
            let (outcome, clear) = packet.opened(sealed, by: &opener)
            try #require(outcome == .opened && clear == packet.bytes)
            try #require(receiving.unprotect(sealed) == packet.bytes)
            #expect(packet.opened(sealed, by: &opener).outcome == .violation(.replay))
        }
    }
}
