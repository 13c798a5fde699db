/// What is wrong with a clip's file.
package enum ClipViolation: Error, Equatable, Sendable {
    /// Not the format at all: its signature is missing.
    case notThisFormat
    /// The format is right, but what it carries is something else than VP8 or Opus.
    case unsupportedCodec
    /// The file ends inside of something, or a length is nonsense.
    case malformed
    /// No frame was found, or no keyframe to start from.
    case empty
    /// More than ``Limits/maximumClipBytes`` or ``Limits/maximumFrames``.
    case tooLarge
    /// Audio packets that are not of 20 ms.
    case unsupportedFrameDuration
}

extension ClipViolation: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notThisFormat: "it is not in the format that its name says"
        case .unsupportedCodec: "its codec is not supported"
        case .malformed: "it is damaged"
        case .empty: "there are no frames to start from in it"
        case .tooLarge: "it is too large"
        case .unsupportedFrameDuration: "its audio packets are not of 20 ms"
        }
    }
}
