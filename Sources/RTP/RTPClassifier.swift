import Primitives

/// What a datagram on a WebRTC port is.
package enum DatagramKind: Equatable, Sendable {
    case stun
    case dtls
    case rtp
    case rtcp
    case turnChannel
    case unknown
}

/// Tells the protocols apart that share one port.
package enum RTPClassifier {
    /// Looks at the first byte (RFC 7983 §7) and, between RTP and RTCP, at the second: payload types
    /// 64...95 are RTCP's packet types 192...223 (RFC 5761 §4). A kind is no promise that the rest
    /// of the datagram is well-formed.
    package static func classify(_ bytes: RawSpan) -> DatagramKind {
        guard bytes.byteCount >= 2 else { return .unknown }
        switch bytes.byte(at: 0) {
        case 0...3: return .stun
        case 20...63: return .dtls
        case 64...79: return .turnChannel
        case 128...191:
            let payloadType = bytes.byte(at: 1) & 0x7F
            return (64...95).contains(payloadType) ? .rtcp : .rtp
        default: return .unknown
        }
    }
}
