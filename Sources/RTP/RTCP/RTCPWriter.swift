package import Primitives

/// Writes RTCP packets. Each function appends one packet; several calls make a compound.
///
/// The writer must have room (its precondition): a report needs 28 bytes and 24 per block, the
/// others what their functions say.
package enum RTCPWriter {
    /// Appends an SR (RFC 3550 §6.4.1) with at most ``Limits/maximumReportBlocks`` blocks; more are
    /// left out.
    package static func senderReport(
        _ report: SenderReport, blocks: [ReportBlock] = [], into writer: inout ByteWriter
    ) {
        let blocks = blocks.prefix(Limits.maximumReportBlocks)
        let mark = begin(RTCPPacketType.senderReport, count: UInt8(blocks.count), into: &writer)
        append(report, into: &writer)
        for block in blocks { append(block, into: &writer) }
        end(mark, into: &writer)
    }

    /// The same with one block or none, without an array.
    package static func senderReport(
        _ report: SenderReport, block: ReportBlock?, into writer: inout ByteWriter
    ) {
        let mark = begin(
            RTCPPacketType.senderReport, count: block == nil ? 0 : 1, into: &writer)
        append(report, into: &writer)
        if let block { append(block, into: &writer) }
        end(mark, into: &writer)
    }

    /// Appends an RR (RFC 3550 §6.4.2) with at most ``Limits/maximumReportBlocks`` blocks; more are
    /// left out.
    package static func receiverReport(
        sender: SSRC, blocks: [ReportBlock] = [], into writer: inout ByteWriter
    ) {
        let blocks = blocks.prefix(Limits.maximumReportBlocks)
        let mark = begin(RTCPPacketType.receiverReport, count: UInt8(blocks.count), into: &writer)
        writer.append(sender.rawValue)
        for block in blocks { append(block, into: &writer) }
        end(mark, into: &writer)
    }

    /// The same with one block or none, without an array.
    package static func receiverReport(
        sender: SSRC, block: ReportBlock?, into writer: inout ByteWriter
    ) {
        let mark = begin(
            RTCPPacketType.receiverReport, count: block == nil ? 0 : 1, into: &writer)
        writer.append(sender.rawValue)
        if let block { append(block, into: &writer) }
        end(mark, into: &writer)
    }

    /// Appends an SDES packet with one chunk and one item (RFC 3550 §6.5.1). A CNAME of more than
    /// 255 bytes is cut. At most 268 bytes.
    package static func sdesCNAME(ssrc: SSRC, cname: String, into writer: inout ByteWriter) {
        let mark = begin(RTCPPacketType.sourceDescription, count: 1, into: &writer)
        let name = cname.utf8.prefix(Limits.maximumCNAMESize)
        writer.append(ssrc.rawValue)
        writer.append(1 as UInt8)
        writer.append(UInt8(name.count))
        for byte in name { writer.append(byte) }
        // At least one zero byte ends the chunk, and it fills whole words.
        writer.append(repeating: 0, count: 4 - (2 + name.count) % 4)
        end(mark, into: &writer)
    }

    /// Appends a BYE without a reason (RFC 3550 §6.6): 8 bytes.
    package static func bye(ssrc: SSRC, into writer: inout ByteWriter) {
        let mark = begin(RTCPPacketType.bye, count: 1, into: &writer)
        writer.append(ssrc.rawValue)
        end(mark, into: &writer)
    }

    /// Opens a packet: the common header with a length of zero.
    ///
    /// - Parameter count: the five bits beside the version: a count or a feedback format.
    /// - Returns: the mark that ``end(_:into:)`` needs.
    @inlinable
    package static func begin(_ type: UInt8, count: UInt8, into writer: inout ByteWriter) -> Int {
        let mark = writer.count
        writer.append(0x80 | (count & 0x1F))
        writer.append(type)
        writer.append(0 as UInt16)
        return mark
    }

    /// Fills a packet up to whole words, as libwebrtc does: with one to three bytes that say how many they are.
    @inlinable
    package static func pad(_ mark: Int, into writer: inout ByteWriter) {
        let padding = (4 - (writer.count - mark) % 4) % 4
        guard padding > 0 else { return }
        let flags = writer.bytes.byte(at: mark)
        writer.set(flags | 0x20, at: mark)
        writer.append(repeating: 0, count: padding - 1)
        writer.append(UInt8(padding))
    }

    /// Closes a packet whose size is a multiple of four: writes its length.
    @inlinable
    package static func end(_ mark: Int, into writer: inout ByteWriter) {
        let size = writer.count - mark
        precondition(size % 4 == 0)
        writer.set(UInt16(size / 4 - 1), at: mark + 2)
    }

    private static func append(_ report: SenderReport, into writer: inout ByteWriter) {
        writer.append(report.ssrc.rawValue)
        writer.append(report.ntp)
        writer.append(report.rtp.rawValue)
        writer.append(report.packetCount)
        writer.append(report.octetCount)
    }

    private static func append(_ block: ReportBlock, into writer: inout ByteWriter) {
        let lost = min(max(block.cumulativeLost, -0x80_0000), 0x7F_FFFF)
        writer.append(block.ssrc.rawValue)
        writer.append(block.fractionLost)
        writer.append(uint24: UInt32(bitPattern: lost) & 0xFF_FFFF)
        writer.append(block.extendedHighest)
        writer.append(block.jitter)
        writer.append(block.lastSR)
        writer.append(block.delaySinceLastSR)
    }
}
