package import Primitives

extension RTCPWriter {
    /// Appends a PLI (RFC 4585 §6.3.1): 12 bytes.
    package static func pictureLoss(sender: SSRC, media: SSRC, into writer: inout ByteWriter) {
        let mark = beginFeedback(
            RTCPPacketType.payloadFeedback, RTCPFeedbackFormat.pictureLoss, sender: sender,
            media: media, into: &writer)
        end(mark, into: &writer)
    }

    /// Appends a FIR with one entry (RFC 5104 §4.3.1): 20 bytes. The media source of the header is
    /// unused and zero there.
    ///
    /// - Parameter command: goes up by one with each new request, and stays with a repetition.
    package static func fullIntraRequest(
        sender: SSRC, media: SSRC, command: UInt8, into writer: inout ByteWriter
    ) {
        let mark = beginFeedback(
            RTCPPacketType.payloadFeedback, RTCPFeedbackFormat.fullIntraRequest, sender: sender,
            media: SSRC(0), into: &writer)
        writer.append(media.rawValue)
        writer.append(UInt32(command) << 24)
        end(mark, into: &writer)
    }

    /// Appends a generic NACK (RFC 4585 §6.2.1): 12 bytes and four per item, of which there are at
    /// most ``Limits/maximumNACKItems``. Nothing is appended when nothing is missing.
    ///
    /// - Parameter missing: sorted from old to new, so that near ones share an item.
    /// - Returns: how many of `missing` were named, from the front: all, unless the items ran out.
    @discardableResult
    package static func nack(
        sender: SSRC, media: SSRC, missing: [SequenceNumber], into writer: inout ByteWriter
    ) -> Int {
        nack(sender: sender, media: media, missing: missing.span, into: &writer)
    }

    /// The same from borrowed memory.
    @discardableResult
    package static func nack(
        sender: SSRC, media: SSRC, missing: Span<SequenceNumber>, into writer: inout ByteWriter
    ) -> Int {
        guard !missing.isEmpty else { return 0 }
        let mark = beginFeedback(
            RTCPPacketType.transportFeedback, RTCPFeedbackFormat.nack, sender: sender,
            media: media, into: &writer)
        var index = 0
        for _ in 0..<Limits.maximumNACKItems where index < missing.count {
            let first = missing[index]
            var following: UInt16 = 0
            index += 1
            while index < missing.count {
                let distance = missing[index].distance(from: first)
                guard (0...16).contains(distance) else { break }
                if distance > 0 { following |= 1 << UInt16(distance - 1) }
                index += 1
            }
            writer.append(first.rawValue)
            writer.append(following)
        }
        end(mark, into: &writer)
        return index
    }

    /// Appends a REMB (draft-alvestrand-rmcat-remb-03 §2.2): 20 bytes and four per SSRC, of which at
    /// most 255 are listed.
    package static func remb(
        sender: SSRC, bitrate: DataRate, ssrcs: [SSRC], into writer: inout ByteWriter
    ) {
        let mark = beginFeedback(
            RTCPPacketType.payloadFeedback, RTCPFeedbackFormat.application, sender: sender,
            media: SSRC(0), into: &writer)
        let ssrcs = ssrcs.prefix(Limits.maximumREMBSources)
        let (exponent, mantissa) = REMB.encode(bitrate)
        writer.append(REMB.identifier)
        writer.append(UInt8(ssrcs.count))
        writer.append(uint24: UInt32(exponent) << 18 | mantissa)
        for ssrc in ssrcs { writer.append(ssrc.rawValue) }
        end(mark, into: &writer)
    }

    /// Opens a feedback packet (RFC 4585 §6.1): header, sender and media source, 12 bytes.
    @inlinable
    package static func beginFeedback(
        _ type: UInt8, _ format: UInt8, sender: SSRC, media: SSRC, into writer: inout ByteWriter
    ) -> Int {
        let mark = begin(type, count: format, into: &writer)
        writer.append(sender.rawValue)
        writer.append(media.rawValue)
        return mark
    }
}
