import Primitives
import RTP
import Testing

/// The client-to-mixer audio level (RFC 6464).
@Suite struct AudioLevelTests {
    @Test(
        arguments: [
            (0x00, 0, false), (0x80, 0, true), (0x7F, 127, false), (0xFF, 127, true),
            (0xA3, 35, true), (0x23, 35, false),
        ] as [(UInt8, UInt8, Bool)])
    func isAByteOfWhichTheHighestBitSaysVoice(byte: UInt8, level: UInt8, isVoice: Bool) {
        let read = self.level(of: [byte])
        #expect(read == AudioLevel(level: level, isVoice: isVoice))
        #expect(read?.rawValue == byte)
    }

    /// The two-byte form of RFC 6464 §3 has a byte of padding behind the value.
    @Test func theFirstByteCounts() {
        #expect(self.level(of: [0x9E, 0]) == AudioLevel(level: 30, isVoice: true))
        #expect(self.level(of: []) == nil)
        #expect(AudioLevel(level: 200, isVoice: false).level == AudioLevel.silence)
    }

    @Test func isFoundInAPacket() throws {
        let packet: [UInt8] =
            [0x90, 111, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xBE, 0xDE, 0, 1, 0x10, 0xA3, 0, 0, 0x55]
        let header = try RTPHeader(parsing: packet.rawSpan)
        let range = HeaderExtensions.find(1, in: packet.rawSpan, header: header) ?? 0..<0
        #expect(level(of: Array(packet[range]))?.level == 35)
    }

    private func level(of value: [UInt8]) -> AudioLevel? { AudioLevel(parsing: value.rawSpan) }
}
