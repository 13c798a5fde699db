import Primitives
import Testing

@testable import MediaSecurity

@Suite("SRTP under attack")
struct SRTPAttackTests {
    @Test(
        "Every flipped bit is noticed, and leaves no state", arguments: SRTPProfile.allCases,
        SRTPEngine.available)
    func tampering(profile: SRTPProfile, engine: SRTPEngine) {
        let keys = Keys(profile, engine, seed: 20)
        var generator = SeededGenerator(seed: 21)
        var sealer = keys.sealer
        var opener = keys.opener
        let packet = TestPacket(
            ssrc: 5, sequence: 9, size: 40, extensionWords: 1, using: &generator)
        let sealed = packet.sealed(by: &sealer)
        for bit in 0..<(sealed.count * 8) {
            var forged = sealed
            forged[bit / 8] ^= 1 << (bit % 8)
            let (outcome, clear) = packet.opened(forged, by: &opener)
            #expect(outcome == .violation(.authentication) && clear.isEmpty)
        }
        #expect(packet.opened(sealed, by: &opener).outcome == .opened)
        #expect(packet.opened(sealed, by: &opener).outcome == .violation(.replay))
    }

    @Test(
        "Every flipped bit of RTCP is noticed", arguments: SRTPProfile.allCases,
        SRTPEngine.available)
    func tamperingRTCP(profile: SRTPProfile, engine: SRTPEngine) {
        let keys = Keys(profile, engine, seed: 22)
        var sealer = keys.sealer
        var opener = keys.opener
        let report = hex("81C90002 0000004D 01020304")
        let sealed = sealer.sealedRTCP(report)
        for bit in 0..<(sealed.count * 8) {
            var forged = sealed
            forged[bit / 8] ^= 1 << (bit % 8)
            let (outcome, clear) = opener.openedRTCP(forged)
            #expect(outcome != .opened && clear.isEmpty)
        }
        #expect(opener.openedRTCP(sealed).outcome == .opened)
        #expect(opener.openedRTCP(sealed).outcome == .violation(.replay))
        // The same index from another source is another packet.
        var other = keys.sealer
        let second = other.sealedRTCP(hex("81C90002 0000004E 01020304"))
        #expect(opener.openedRTCP(second).outcome == .opened)
    }

    @Test(
        "What is cut off is malformed or not authentic", arguments: SRTPProfile.allCases,
        SRTPEngine.available)
    func truncation(profile: SRTPProfile, engine: SRTPEngine) {
        let keys = Keys(profile, engine, seed: 23)
        var generator = SeededGenerator(seed: 24)
        var sealer = keys.sealer
        var opener = keys.opener
        let packet = TestPacket(ssrc: 5, sequence: 9, size: 20, using: &generator)
        let sealed = packet.sealed(by: &sealer)
        for count in 0..<sealed.count {
            let (outcome, clear) = packet.opened(Array(sealed.prefix(count)), by: &opener)
            let isShort = count < 12 + profile.tagSize
            #expect(outcome == .violation(isShort ? .malformed : .authentication))
            #expect(clear.isEmpty)
        }
        let report = sealer.sealedRTCP(hex("80C90001 0000004D"))
        for count in 0..<report.count {
            #expect(opener.openedRTCP(Array(report.prefix(count))).outcome != .opened)
        }
    }

    @Test("What lies behind the window is refused, what lies in it opens once")
    func window() {
        let keys = Keys(.aeadAES128GCM, seed: 25)
        var generator = SeededGenerator(seed: 26)
        var sealer = keys.sealer
        var opener = keys.opener
        func outcome(_ sequence: UInt16) -> SRTPOutcome {
            let packet = TestPacket(ssrc: 1, sequence: sequence, size: 8, using: &generator)
            return packet.opened(packet.sealed(by: &sealer), by: &opener).outcome
        }
        #expect(outcome(1000) == .opened)
        #expect(outcome(1200) == .opened)
        #expect(outcome(1200 - 127) == .opened)
        #expect(outcome(1200 - 127) == .violation(.replay))
        #expect(outcome(1200 - 128) == .violation(.replay))
        #expect(outcome(1000) == .violation(.replay))
        #expect(outcome(1201) == .opened)
        #expect(outcome(1199) == .opened)
        #expect(outcome(2000) == .opened)
        #expect(outcome(1999) == .opened)
    }

    @Test("Forged sources take no place in the table; real ones fill it to its limit")
    func sources() {
        let keys = Keys(.aeadAES128GCM, seed: 27)
        var generator = SeededGenerator(seed: 28)
        var sealer = keys.sealer
        var opener = keys.opener
        for ssrc in 1000..<UInt32(1200) {
            let packet = TestPacket(ssrc: ssrc, sequence: 1, size: 8, using: &generator)
            let garbage = packet.bytes + generator.bytes(16)
            #expect(packet.opened(garbage, by: &opener).outcome == .violation(.authentication))
        }
        for ssrc in 0..<UInt32(70) {
            let packet = TestPacket(ssrc: ssrc, sequence: 1, size: 8, using: &generator)
            let outcome = packet.opened(packet.sealed(by: &sealer), by: &opener).outcome
            #expect(outcome == (ssrc < 64 ? .opened : .violation(.tooManySources)))
            var other = keys.sealer
            let report = other.sealedRTCP(hex("80C90001 000000") + [UInt8(ssrc)])
            let reported = opener.openedRTCP(report).outcome
            #expect(reported == (ssrc < 64 ? .opened : .violation(.tooManySources)))
        }
        let known = TestPacket(ssrc: 63, sequence: 2, size: 8, using: &generator)
        #expect(known.opened(known.sealed(by: &sealer), by: &opener).outcome == .opened)
    }

    @Test("When the RTCP indices are used up nothing more is sent")
    func exhaustion() {
        var sealer = Keys(.aeadAES128GCM, seed: 32).sealer
        sealer.rtcpIndex = 1 << 31 - 1
        var packet = ByteWriter(capacity: 64)
        packet.append(contentsOf: hex("80C90001 0000004D"))
        #expect(sealer.sealRTCP(start: 0, in: &packet))
        #expect(packet.array.suffix(4) == [255, 255, 255, 255])
        packet.truncate(to: 8)
        #expect(!sealer.sealRTCP(start: 0, in: &packet))
        #expect(packet.count == 0)
    }

    @Test(
        "Random bytes open nothing", arguments: SRTPProfile.allCases,
        SRTPEngine.available)
    func garbage(profile: SRTPProfile, engine: SRTPEngine) {
        var generator = SeededGenerator(seed: 29)
        var opener = Keys(profile, engine, seed: 30).opener
        var clear = ByteWriter(capacity: 4096)
        for _ in 0..<4000 {
            let bytes = generator.bytes(Int(generator.next() % 120))
            let outcome = opener.open(
                bytes.rawSpan, headerSize: Int(generator.next() % 40), ssrc: 1,
                sequence: UInt16(truncatingIfNeeded: generator.next()), into: &clear)
            #expect(outcome != .opened)
            #expect(opener.openRTCP(bytes.rawSpan, into: &clear) != .opened)
        }
        #expect(clear.count == 0)
    }

    @Test("The index follows the sequence number over many wraps")
    func index() {
        var window = ReplayWindow(first: 0)
        var newest: UInt64 = 0
        var generator = SeededGenerator(seed: 31)
        for _ in 0..<5000 {
            let next = newest + generator.next() % 20_000
            #expect(window.index(of: UInt16(truncatingIfNeeded: next)) == next)
            if window.allows(next) { window.insert(next) }
            newest = max(newest, next)
        }
        #expect(newest > 1 << 20)
        #expect(ReplayWindow(first: 3).index(of: 65530) == nil)
        #expect(ReplayWindow(first: 1 << 48 - 1).index(of: 2) == nil)
    }
}
