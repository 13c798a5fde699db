import Primitives

/// How loud the sound of a packet is, as its client says: the value of the client-to-mixer audio level
/// extension (RFC 6464 §3).
package struct AudioLevel: Hashable, Sendable {
    /// What is not louder than this is digital silence.
    package static let silence: UInt8 = 127

    /// The level in -dBov: 0 is the loudest that there is, 127 silence.
    package var level: UInt8
    /// The client takes the sound for voice. Not every client looks: some always say so.
    package var isVoice: Bool

    package init(level: UInt8, isVoice: Bool) {
        self.level = min(level, Self.silence)
        self.isVoice = isVoice
    }

    /// Reads the extension element's value: its first byte. What may follow in the two-byte form is
    /// padding. `nil` when it is empty.
    package init?(parsing value: RawSpan) {
        guard value.byteCount > 0 else { return nil }
        self.init(rawValue: value.byte(at: 0))
    }

    package init(rawValue: UInt8) {
        self.init(level: rawValue & 0x7F, isVoice: rawValue & 0x80 != 0)
    }

    /// The byte as it stands in the element.
    package var rawValue: UInt8 { (isVoice ? 0x80 : 0) | level }
}
