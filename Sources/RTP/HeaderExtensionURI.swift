/// The header extensions that are known here, by the URI that SDP names them with (RFC 8285 §5).
package enum HeaderExtensionURI: String, CaseIterable, Sendable {
    /// The media description a packet belongs to (RFC 9143 §15.1).
    case mid = "urn:ietf:params:rtp-hdrext:sdes:mid"
    /// The simulcast stream a packet belongs to (RFC 8852 §4.1).
    case rid = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
    /// The simulcast stream that a retransmission repairs (RFC 8852 §4.2).
    case repairedRid = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
    /// The send time, 24 bits of 6.18 fixed-point seconds.
    case absSendTime = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
    /// The 16-bit sequence number that transport feedback speaks of.
    case transportWideCC01 =
        "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
    /// Client-to-mixer audio level (RFC 6464).
    case audioLevel = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
    /// Coordination of video orientation (3GPP TS 26.114 §7.4.5).
    case videoOrientation = "urn:3gpp:video-orientation"
    /// When the frame was captured: a 64-bit NTP timestamp, and optionally a clock offset.
    case absCaptureTime = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"
    /// What a frame is of its stream's layers, and what it refers to (AV1 RTP specification, appendix A).
    case dependencyDescriptor =
        "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
    /// The least and the most playout delay, 12 bits each, in 10 ms.
    case playoutDelay = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
}
