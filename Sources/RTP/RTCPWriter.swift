package import Primitives

/// Appends RTCP packets to a writer; several calls make a compound (RFC 3550 §6.1).
///
/// The caller has room: each function says how much it needs at most.
package enum RTCPWriter {
    /// The most report blocks that fit one packet (RFC 3550 §6.4.1).
    package static let maximumBlocks = 31

    /// 28 bytes and 24 for each block. Blocks beyond ``maximumBlocks`` are left out.
    package static func senderReport(
        _ report: SenderReport, blocks: [ReportBlock], into packet: inout ByteWriter
    ) {
        let count = min(blocks.count, maximumBlocks)
        header(count: count, type: 200, words: 6 + count * 6, into: &packet)
        packet.append(report.ssrc.rawValue)
        packet.append(report.ntp)
        packet.append(report.rtp.rawValue)
        packet.append(report.packetCount)
        packet.append(report.octetCount)
        for block in blocks.prefix(count) { append(block, into: &packet) }
    }

    /// 8 bytes and 24 for each block. Blocks beyond ``maximumBlocks`` are left out.
    package static func receiverReport(
        sender: SSRC, blocks: [ReportBlock], into packet: inout ByteWriter
    ) {
        let count = min(blocks.count, maximumBlocks)
        header(count: count, type: 201, words: 1 + count * 6, into: &packet)
        packet.append(sender.rawValue)
        for block in blocks.prefix(count) { append(block, into: &packet) }
    }

    /// A canonical name (RFC 3550 §6.5.1), cut at 255 bytes. 16 bytes more than the name, at most.
    package static func sdesCNAME(ssrc: SSRC, cname: String, into packet: inout ByteWriter) {
        let name = Array(cname.utf8.prefix(255))
        // An item of two bytes and the name, then at least one zero, up to the word's end.
        let itemWords = (2 + name.count) / 4 + 1
        header(count: 1, type: 202, words: 1 + itemWords, into: &packet)
        packet.append(ssrc.rawValue)
        packet.append(1 as UInt8)
        packet.append(UInt8(name.count))
        packet.append(contentsOf: name)
        packet.append(repeating: 0, count: itemWords * 4 - 2 - name.count)
    }

    /// 8 bytes (RFC 3550 §6.6).
    package static func bye(ssrc: SSRC, into packet: inout ByteWriter) {
        header(count: 1, type: 203, words: 1, into: &packet)
        packet.append(ssrc.rawValue)
    }

    /// 12 bytes (RFC 4585 §6.3.1).
    package static func pictureLoss(
        sender: SSRC, media: SSRC, into packet: inout ByteWriter
    ) {
        feedbackHeader(format: 1, type: 206, sender: sender, media: media, words: 0, into: &packet)
    }

    /// 20 bytes (RFC 5104 §4.3.1).
    package static func fullIntraRequest(
        sender: SSRC, media: SSRC, sequence: UInt8, into packet: inout ByteWriter
    ) {
        let none = SSRC(rawValue: 0)
        feedbackHeader(format: 4, type: 206, sender: sender, media: none, words: 2, into: &packet)
        packet.append(media.rawValue)
        packet.append(sequence)
        packet.append(uint24: 0)
    }

    /// Asks for packets again (RFC 4585 §6.2.1): 12 bytes and four for each run of up to 17.
    /// - Parameter missing: in the stream's order; at most 200 runs are written.
    package static func nack(
        sender: SSRC, media: SSRC, missing: [SequenceNumber], into packet: inout ByteWriter
    ) {
        guard let first = missing.first else { return }
        let start = packet.count
        feedbackHeader(format: 1, type: 205, sender: sender, media: media, words: 0, into: &packet)
        var (id, mask, runs) = (first, UInt16(0), 1)
        for number in missing.dropFirst() {
            let distance = number.distance(from: id)
            if (1...16).contains(distance) {
                mask |= 1 << UInt16(distance - 1)
                continue
            }
            guard distance != 0, runs < 200 else { continue }
            packet.append(id.rawValue)
            packet.append(mask)
            (id, mask, runs) = (number, 0, runs + 1)
        }
        packet.append(id.rawValue)
        packet.append(mask)
        packet.set(UInt16(2 + runs), at: start + 2)
    }

    /// 24 bytes for one SSRC (draft-alvestrand-rmcat-remb-03 §2.2).
    package static func remb(
        sender: SSRC, bitrate: DataRate, media: SSRC, into packet: inout ByteWriter
    ) {
        let none = SSRC(rawValue: 0)
        feedbackHeader(format: 15, type: 206, sender: sender, media: none, words: 3, into: &packet)
        packet.append(0x5245_4D42 as UInt32)
        packet.append(1 as UInt8)
        var (mantissa, exponent) = (UInt64(max(0, bitrate.bitsPerSecond)), UInt32(0))
        while mantissa > 0x3FFFF {
            mantissa >>= 1
            exponent += 1
        }
        packet.append(uint24: exponent << 18 | UInt32(mantissa))
        packet.append(media.rawValue)
    }

    private static func header(
        count: Int, type: UInt8, words: Int, into packet: inout ByteWriter
    ) {
        packet.append(0x80 | UInt8(count))
        packet.append(type)
        packet.append(UInt16(words))
    }

    private static func feedbackHeader(
        format: Int, type: UInt8, sender: SSRC, media: SSRC, words: Int,
        into packet: inout ByteWriter
    ) {
        header(count: format, type: type, words: 2 + words, into: &packet)
        packet.append(sender.rawValue)
        packet.append(media.rawValue)
    }

    private static func append(_ block: ReportBlock, into packet: inout ByteWriter) {
        packet.append(block.ssrc.rawValue)
        packet.append(block.fractionLost)
        packet.append(uint24: UInt32(bitPattern: block.cumulativeLost) & 0xFF_FFFF)
        packet.append(block.extendedHighest)
        packet.append(block.jitter)
        packet.append(block.lastSR)
        packet.append(block.delaySinceLastSR)
    }
}
