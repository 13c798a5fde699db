/// A media codec, by its RTP encoding name (RFC 7587, RFC 6184, RFC 7741, RFC 9628, and the AV1 RTP
/// specification).
package enum Codec: String, CaseIterable, Hashable, Sendable {
    case opus = "opus"
    case vp8 = "VP8"
    case h264 = "H264"
    case vp9 = "VP9"
    case av1 = "AV1"

    /// Encoding names are compared without case (RFC 8866 §6.6); `nil` for one not known here.
    package init?(encodingName: String) {
        let wanted = encodingName.lowercased()
        guard let codec = Self.allCases.first(where: { $0.rawValue.lowercased() == wanted })
        else { return nil }
        self = codec
    }

    package var isVideo: Bool { self != .opus }

    /// RTP timestamp units per second.
    package var clockRate: Int {
        switch self {
        case .opus: 48_000
        case .vp8, .h264, .vp9, .av1: 90_000
        }
    }
}
