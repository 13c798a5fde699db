package import Primitives

/// The header of an RTP packet as a value, with offsets into the packet's bytes (RFC 3550 §5.1).
package struct RTPHeader: Equatable, Sendable {
    /// The fixed part: version to SSRC.
    package static let fixedSize = 12

    package var marker: Bool
    package var payloadType: PayloadType
    package var sequenceNumber: SequenceNumber
    package var timestamp: RTPTimestamp
    package var ssrc: SSRC
    /// Contributing sources, 0...15.
    package var csrcCount: Int
    /// The whole header, contributing sources and extension included: where the payload starts.
    package var size: Int
    /// True when the P bit is set.
    package var hasPadding: Bool
    /// Padding bytes at the end, their count included; 0 where the packet was not opened.
    package var paddingCount: Int
    /// Where the payload ends: the packet's size without padding.
    package var payloadEnd: Int
    /// The "defined by profile" bits of the header extension; 0 when there is none.
    package var extensionProfile: UInt16
    /// The bytes behind the four-byte extension header; empty when there is none.
    package var extensionElements: Range<Int>

    /// Where the payload lies in the packet. Empty for a packet that is only padding.
    @inlinable
    package var payload: Range<Int> { size..<payloadEnd }

    /// Reads the header of a whole packet in the clear, and checks its padding.
    ///
    /// - Throws: ``RTPViolation`` when the bytes are not one RTP packet.
    package init(parsing bytes: RawSpan) throws(RTPViolation) {
        try self.init(parsingHeaderOf: bytes)
        guard hasPadding else { return }
        guard payloadEnd > size else { throw .padding }
        let count = Int(bytes.byte(at: payloadEnd - 1))
        guard count > 0, count <= payloadEnd - size else { throw .padding }
        paddingCount = count
        payloadEnd -= count
    }

    /// Reads the header of a packet whose payload is still encrypted: only the header can be
    /// checked, and ``payloadEnd`` is the packet's size.
    ///
    /// - Throws: ``RTPViolation`` when the bytes do not start with an RTP header.
    package init(parsingHeaderOf bytes: RawSpan) throws(RTPViolation) {
        guard bytes.byteCount >= Self.fixedSize else { throw .tooShort }
        let flags = bytes.byte(at: 0)
        guard flags >> 6 == 2 else { throw .version }
        let second = bytes.byte(at: 1)
        marker = second & 0x80 != 0
        payloadType = second & 0x7F
        sequenceNumber = SequenceNumber(bytes.uint16(at: 2))
        timestamp = RTPTimestamp(bytes.uint32(at: 4))
        ssrc = SSRC(bytes.uint32(at: 8))
        csrcCount = Int(flags & 0x0F)
        hasPadding = flags & 0x20 != 0
        paddingCount = 0
        payloadEnd = bytes.byteCount
        size = Self.fixedSize + 4 * csrcCount
        extensionProfile = 0
        extensionElements = size..<size
        guard size <= bytes.byteCount else {
            throw .contributors
        }
        guard flags & 0x10 != 0 else { return }
        guard size + 4 <= bytes.byteCount else { throw .headerExtension }
        extensionProfile = bytes.uint16(at: size)
        let end = size + 4 + 4 * Int(bytes.uint16(at: size + 2))
        guard end <= bytes.byteCount else { throw .headerExtension }
        extensionElements = (size + 4)..<end
        size = end
    }

    /// The contributing source at `index`, in `0..<csrcCount`, of the packet that was parsed.
    package func contributor(at index: Int, in bytes: RawSpan) -> SSRC {
        precondition(index >= 0 && index < csrcCount)
        return SSRC(bytes.uint32(at: Self.fixedSize + 4 * index))
    }
}
