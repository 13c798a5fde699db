internal import Primitives

/// What shares a media port, told apart by the first byte (RFC 7983 §7) and, for RTP and RTCP, by
/// the second (RFC 5761 §4).
package enum DatagramKind: Hashable, Sendable {
    case stun
    case dtls
    case rtp
    case rtcp
    case turnChannel
    case unknown
}

package func classify(_ bytes: RawSpan) -> DatagramKind {
    guard bytes.byteCount >= 2 else { return .unknown }
    switch bytes.byte(at: 0) {
    case 0...3: return .stun
    case 20...63: return .dtls
    case 64...79: return .turnChannel
    case 128...191:
        // RTCP packet types 192-223 look like RTP payload types 64-95 with the marker bit.
        return (192...223).contains(bytes.byte(at: 1)) ? .rtcp : .rtp
    default: return .unknown
    }
}
