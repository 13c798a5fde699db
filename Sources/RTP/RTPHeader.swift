package import Primitives

/// Why bytes are not an RTP packet.
package enum RTPViolation: Error, Hashable, Sendable {
    /// Shorter than its header says.
    case truncated
    case version(UInt8)
    /// More padding than packet, or a padding count of zero (RFC 3550 §5.1).
    case padding
}

/// The header of an RTP packet (RFC 3550 §5.1), and where things lie in the packet.
package struct RTPHeader: Hashable, Sendable {
    package var marker: Bool
    package var payloadType: UInt8
    package var sequenceNumber: SequenceNumber
    package var timestamp: RTPTimestamp
    package var ssrc: SSRC
    package var csrcCount: Int
    /// Bytes of the header with CSRCs and extension: where the payload starts.
    package var size: Int
    package var paddingCount: Int
    /// Where the payload ends: the packet's size less the padding.
    package var payloadEnd: Int
    /// The `defined by profile` field of the extension; 0 when there is none.
    package var extensionProfile: UInt16
    /// The extension's elements, behind its four bytes of header; empty when there is none.
    package var extensionElements: Range<Int>

    package var payload: Range<Int> { size..<payloadEnd }

    /// Reads a whole, decrypted packet.
    package init(parsing bytes: RawSpan) throws(RTPViolation) {
        try self.init(parsingHeaderOf: bytes)
        guard bytes.byte(at: 0) & 0x20 != 0 else { return }
        let padding = bytes.byteCount > size ? Int(bytes.byte(at: bytes.byteCount - 1)) : 0
        guard padding > 0, size + padding <= bytes.byteCount else { throw .padding }
        paddingCount = padding
        payloadEnd = bytes.byteCount - padding
    }

    /// Reads the header of a packet whose rest is still encrypted: padding is not looked at.
    package init(parsingHeaderOf bytes: RawSpan) throws(RTPViolation) {
        guard bytes.byteCount >= 12 else { throw .truncated }
        let first = bytes.byte(at: 0)
        guard first >> 6 == 2 else { throw .version(first >> 6) }
        let second = bytes.byte(at: 1)
        marker = second & 0x80 != 0
        payloadType = second & 0x7F
        sequenceNumber = SequenceNumber(bytes.uint16(at: 2))
        timestamp = RTPTimestamp(rawValue: bytes.uint32(at: 4))
        ssrc = SSRC(rawValue: bytes.uint32(at: 8))
        csrcCount = Int(first & 0x0F)
        size = 12 + csrcCount * 4
        extensionProfile = 0
        extensionElements = size..<size
        paddingCount = 0
        payloadEnd = bytes.byteCount
        if first & 0x10 != 0 {
            guard bytes.byteCount >= size + 4 else { throw .truncated }
            extensionProfile = bytes.uint16(at: size)
            let start = size + 4
            size = start + Int(bytes.uint16(at: start - 2)) * 4
            guard bytes.byteCount >= size else { throw .truncated }
            extensionElements = start..<size
        }
        guard bytes.byteCount >= size else { throw .truncated }
    }
}
