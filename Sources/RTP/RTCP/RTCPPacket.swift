package import Primitives

/// What is wrong with a compound RTCP packet that a peer sent.
package enum RTCPViolation: Error, Equatable, Sendable {
    /// Fewer bytes than the header, or than the length field says.
    case tooShort
    /// The version is not 2.
    case version
    /// The padding count is zero, or larger than the packet (RFC 3550 §6.4.1).
    case padding
    /// A packet of the type is too small for what it says it holds.
    case body(type: UInt8)
}

/// One packet of a compound RTCP packet. Ranges are offsets into the whole compound, so that
/// nothing is copied.
package enum RTCPPacket: Equatable, Sendable {
    /// SR (RFC 3550 §6.4.1). `blocks` holds whole report blocks of 24 bytes.
    case senderReport(SenderReport, blocks: Range<Int>)
    /// RR (RFC 3550 §6.4.2). `blocks` holds whole report blocks of 24 bytes.
    case receiverReport(sender: SSRC, blocks: Range<Int>)
    /// Generic NACK (RFC 4585 §6.2.1): read `items` with ``NACK``.
    case nack(media: SSRC, items: Range<Int>)
    /// PLI (RFC 4585 §6.3.1).
    case pictureLoss(media: SSRC)
    /// FIR (RFC 5104 §4.3.1): read `entries` with ``FullIntraRequest``.
    case fullIntraRequest(entries: Range<Int>)
    /// REMB (draft-alvestrand-rmcat-remb-03).
    case receiverEstimatedMaximumBitrate(DataRate)
    /// Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1): the bytes
    /// behind the media source's SSRC, from the base sequence number on.
    case transportFeedback(Range<Int>)
    /// BYE (RFC 3550 §6.6): the SSRCs, four bytes each.
    case bye(ssrcs: Range<Int>)
    /// SDES (RFC 3550 §6.5): the chunks.
    case sourceDescription(Range<Int>)
    /// XR (RFC 3611 §2): read `blocks` with ``ExtendedReportCursor``.
    case extendedReport(sender: SSRC, blocks: Range<Int>)
    /// A packet of a type, or a feedback message of a format, that is not read here.
    case other(type: UInt8)
}

/// RTCP packet types (RFC 3550 §12.1, RFC 4585 §6.1, RFC 3611 §2).
package enum RTCPPacketType {
    package static let senderReport: UInt8 = 200
    package static let receiverReport: UInt8 = 201
    package static let sourceDescription: UInt8 = 202
    package static let bye: UInt8 = 203
    /// RTPFB, transport-layer feedback.
    package static let transportFeedback: UInt8 = 205
    /// PSFB, payload-specific feedback.
    package static let payloadFeedback: UInt8 = 206
    package static let extendedReport: UInt8 = 207
}

/// Feedback message types: the five bits beside the packet type.
package enum RTCPFeedbackFormat {
    package static let nack: UInt8 = 1
    package static let pictureLoss: UInt8 = 1
    package static let fullIntraRequest: UInt8 = 4
    /// Transport-wide feedback.
    package static let transportWide: UInt8 = 15
    /// Application layer feedback, of which REMB is one.
    package static let application: UInt8 = 15
}

/// The sender information of a sender report (RFC 3550 §6.4.1).
package struct SenderReport: Equatable, Sendable {
    package var ssrc: SSRC
    /// When the report was sent: NTP's 64-bit format.
    package var ntp: UInt64
    /// The same moment in the stream's RTP time.
    package var rtp: RTPTimestamp
    /// RTP packets sent since the stream started; wraps.
    package var packetCount: UInt32
    /// Payload bytes sent since the stream started; wraps.
    package var octetCount: UInt32

    package init(
        ssrc: SSRC, ntp: UInt64, rtp: RTPTimestamp, packetCount: UInt32, octetCount: UInt32
    ) {
        self.ssrc = ssrc
        self.ntp = ntp
        self.rtp = rtp
        self.packetCount = packetCount
        self.octetCount = octetCount
    }
}
