import Primitives

/// Walks the packets of a compound RTCP packet (RFC 3550 §6.1) without allocating. Reduced-size
/// packets are accepted too (RFC 5506): nothing must come first.
package struct RTCPCursor: Sendable {
    private var offset = 0

    package init() {}

    /// The next packet, or `nil` behind the last one.
    ///
    /// - Parameter bytes: the whole compound, decrypted; the same at each call.
    /// - Throws: ``RTCPViolation``; the walk is then over.
    package mutating func next(in bytes: RawSpan) throws(RTCPViolation) -> RTCPPacket? {
        guard offset < bytes.byteCount else { return nil }
        do {
            let packet = try RTCPFrame(at: offset, in: bytes)
            offset = packet.next
            return try packet.read(bytes)
        } catch {
            offset = bytes.byteCount
            throw error
        }
    }
}

/// One packet's common header (RFC 3550 §6.4.1), and the reading of what is behind it.
private struct RTCPFrame {
    /// The five bits beside the version: a count or a format.
    let count: UInt8
    let type: UInt8
    /// What is behind the four-byte header, without padding.
    let body: Range<Int>
    /// Where the next packet starts.
    let next: Int

    init(at offset: Int, in bytes: RawSpan) throws(RTCPViolation) {
        guard offset + 4 <= bytes.byteCount else { throw .tooShort }
        let flags = bytes.byte(at: offset)
        guard flags >> 6 == 2 else { throw .version }
        count = flags & 0x1F
        type = bytes.byte(at: offset + 1)
        next = offset + 4 + 4 * Int(bytes.uint16(at: offset + 2))
        guard next <= bytes.byteCount else { throw .tooShort }
        var end = next
        if flags & 0x20 != 0 {
            // RFC 3550 §6.4.1 has it in whole words; libwebrtc fills up its transport-wide feedback with one to
            // three bytes, in three of four messages.
            let padding = Int(bytes.byte(at: next - 1))
            guard padding > 0, padding <= next - offset - 4 else { throw .padding }
            end -= padding
        }
        body = offset + 4..<end
    }

    /// The part of the body from `start` on, at least `size` bytes.
    private func part(from start: Int, atLeast size: Int = 0) throws(RTCPViolation) -> Range<Int> {
        guard body.lowerBound + start + size <= body.upperBound else { throw .body(type: type) }
        return body.lowerBound + start..<body.upperBound
    }

    /// `count` items of `size` bytes each, from `start` on.
    private func items(from start: Int, of size: Int) throws(RTCPViolation) -> Range<Int> {
        let lower = try part(from: start, atLeast: Int(count) * size).lowerBound
        return lower..<lower + Int(count) * size
    }

    func read(_ bytes: RawSpan) throws(RTCPViolation) -> RTCPPacket {
        switch type {
        case RTCPPacketType.senderReport:
            return .senderReport(
                try senderReport(bytes), blocks: try items(from: 24, of: ReportBlock.size))
        case RTCPPacketType.receiverReport:
            let blocks = try items(from: 4, of: ReportBlock.size)
            return .receiverReport(sender: SSRC(bytes.uint32(at: body.lowerBound)), blocks: blocks)
        case RTCPPacketType.sourceDescription: return .sourceDescription(body)
        case RTCPPacketType.bye: return .bye(ssrcs: try items(from: 0, of: 4))
        case RTCPPacketType.transportFeedback: return try transportFeedback(bytes)
        case RTCPPacketType.payloadFeedback: return try payloadFeedback(bytes)
        case RTCPPacketType.extendedReport:
            let blocks = try part(from: 4)
            return .extendedReport(sender: SSRC(bytes.uint32(at: body.lowerBound)), blocks: blocks)
        default: return .other(type: type)
        }
    }

    private func senderReport(_ bytes: RawSpan) throws(RTCPViolation) -> SenderReport {
        let start = try part(from: 0, atLeast: 24).lowerBound
        return SenderReport(
            ssrc: SSRC(bytes.uint32(at: start)), ntp: bytes.uint64(at: start + 4),
            rtp: RTPTimestamp(bytes.uint32(at: start + 12)),
            packetCount: bytes.uint32(at: start + 16), octetCount: bytes.uint32(at: start + 20))
    }

    private func transportFeedback(_ bytes: RawSpan) throws(RTCPViolation) -> RTCPPacket {
        let control = try part(from: 8)
        switch count {
        case RTCPFeedbackFormat.nack:
            guard !control.isEmpty, control.count % 4 == 0 else { throw .body(type: type) }
            return .nack(media: SSRC(bytes.uint32(at: body.lowerBound + 4)), items: control)
        case RTCPFeedbackFormat.transportWide: return .transportFeedback(control)
        default: return .other(type: type)
        }
    }

    private func payloadFeedback(_ bytes: RawSpan) throws(RTCPViolation) -> RTCPPacket {
        let control = try part(from: 8)
        switch count {
        case RTCPFeedbackFormat.pictureLoss:
            return .pictureLoss(media: SSRC(bytes.uint32(at: body.lowerBound + 4)))
        case RTCPFeedbackFormat.fullIntraRequest:
            guard !control.isEmpty, control.count % FullIntraRequest.entrySize == 0 else {
                throw .body(type: type)
            }
            return .fullIntraRequest(entries: control)
        case RTCPFeedbackFormat.application:
            guard let rate = REMB.bitrate(in: bytes, control: control) else {
                return .other(type: type)
            }
            return .receiverEstimatedMaximumBitrate(rate)
        default: return .other(type: type)
        }
    }
}
