package import Primitives

/// The retransmission payload format (RFC 4588).
package enum RTX {
    /// The size of the original sequence number in front of the original payload.
    package static let headerSize = 2

    /// The sequence number of the packet that is sent again: the first two bytes of the payload
    /// (RFC 4588 §4). `nil` for an empty payload, as probing packets have.
    @inlinable
    package static func originalSequenceNumber(_ payload: RawSpan) -> SequenceNumber? {
        guard payload.byteCount >= headerSize else { return nil }
        return SequenceNumber(payload.uint16(at: 0))
    }
}
