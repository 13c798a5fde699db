import Primitives

/// Reception statistics about one source (RFC 3550 §6.4.1).
package struct ReportBlock: Equatable, Sendable {
    /// The size on the wire.
    package static let size = 24

    /// The source that the block is about.
    package var ssrc: SSRC
    /// The share of packets lost since the last report, in 1/256.
    package var fractionLost: UInt8
    /// Packets lost since the start: 24 bits signed on the wire, negative with duplicates.
    package var cumulativeLost: Int32
    /// The highest sequence number received, with the count of its wraps in the upper 16 bits.
    package var extendedHighest: UInt32
    /// Interarrival jitter, in RTP timestamp units.
    package var jitter: UInt32
    /// The middle 32 bits of the last sender report's NTP time; 0 before the first.
    package var lastSR: UInt32
    /// From receiving that report to sending this block, in 1/65536 s.
    package var delaySinceLastSR: UInt32

    package init(
        ssrc: SSRC, fractionLost: UInt8, cumulativeLost: Int32, extendedHighest: UInt32,
        jitter: UInt32, lastSR: UInt32, delaySinceLastSR: UInt32
    ) {
        self.ssrc = ssrc
        self.fractionLost = fractionLost
        self.cumulativeLost = cumulativeLost
        self.extendedHighest = extendedHighest
        self.jitter = jitter
        self.lastSR = lastSR
        self.delaySinceLastSR = delaySinceLastSR
    }

    /// Reads the 24 bytes at `offset`, which must lie inside `bytes`: take it from the `blocks` of
    /// an ``RTCPPacket``, in steps of ``size``.
    package init(at offset: Int, in bytes: RawSpan) {
        ssrc = SSRC(bytes.uint32(at: offset))
        fractionLost = bytes.byte(at: offset + 4)
        cumulativeLost = Int32(bitPattern: bytes.uint24(at: offset + 5) << 8) >> 8
        extendedHighest = bytes.uint32(at: offset + 8)
        jitter = bytes.uint32(at: offset + 12)
        lastSR = bytes.uint32(at: offset + 16)
        delaySinceLastSR = bytes.uint32(at: offset + 20)
    }

    /// Calls `body` with each block in `blocks`.
    package static func forEach(
        in bytes: RawSpan, blocks: Range<Int>, _ body: (ReportBlock) -> Void
    ) {
        var offset = blocks.lowerBound
        while offset + size <= min(blocks.upperBound, bytes.byteCount) {
            body(ReportBlock(at: offset, in: bytes))
            offset += size
        }
    }
}
