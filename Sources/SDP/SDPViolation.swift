/// What is wrong with a session description or fragment that a peer sent. Lines count from 1.
package enum SDPViolation: Error, Equatable, Sendable {
    /// More than ``Limits/maximumSize`` bytes.
    case tooLarge
    case tooManyLines
    case lineTooLong(Int)
    case tooManyMediaSections
    /// The first line is not `v=0`.
    case version
    /// Not `type=value`, or with a bare carriage return or a zero byte inside.
    case malformedLine(Int)
    case malformedOrigin(Int)
    case malformedMedia(Int)
    /// There is no origin line.
    case missingOrigin
}
