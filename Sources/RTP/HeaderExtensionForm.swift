/// The two forms of header extension elements (RFC 8285 §4.2, §4.3). One packet has one of them.
package enum HeaderExtensionForm: Hashable, Sendable {
    /// Ids 1...14, values of 1...16 bytes.
    case oneByte
    /// Ids 1...255, values of 0...255 bytes.
    case twoByte

    /// The "defined by profile" bits of the block.
    @inlinable
    package var profile: UInt16 {
        switch self {
        case .oneByte: HeaderExtensions.oneByteProfile
        case .twoByte: HeaderExtensions.twoByteProfile
        }
    }

    /// The bytes in front of each value.
    @inlinable
    package var elementHeaderSize: Int { self == .oneByte ? 1 : 2 }

    /// The bytes of the largest value.
    @inlinable
    package var largestValue: Int { self == .oneByte ? 16 : 255 }
}

/// The forms that the other side takes within one stream.
package enum HeaderExtensionForms: Hashable, Sendable {
    /// The one-byte form alone: nothing else was said (RFC 8285 §4.1.2).
    case oneByte
    /// Either, from packet to packet: both sides said `a=extmap-allow-mixed` (§6).
    case mixed
    /// The two-byte form alone, where one of the negotiated ids needs it (§4.3).
    case twoByte

    /// The form of a packet whose largest value has so many bytes: the shorter one where there is a
    /// choice. `nil` when such a value cannot be sent.
    @inlinable
    package func form(largest: Int) -> HeaderExtensionForm? {
        switch self {
        case .oneByte: largest <= HeaderExtensionForm.oneByte.largestValue ? .oneByte : nil
        case .mixed where largest <= HeaderExtensionForm.oneByte.largestValue: .oneByte
        case .mixed, .twoByte: largest <= HeaderExtensionForm.twoByte.largestValue ? .twoByte : nil
        }
    }
}
