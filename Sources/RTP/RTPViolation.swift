/// What is wrong with an RTP packet that a peer sent.
package enum RTPViolation: Error, Equatable, Sendable {
    /// Shorter than the fixed header of 12 bytes.
    case tooShort
    /// The version is not 2.
    case version
    /// The list of contributing sources does not fit.
    case contributors
    /// The header extension does not fit.
    case headerExtension
    /// The padding count is zero or larger than the payload (RFC 3550 §5.1).
    case padding
    /// The payload descriptor of a codec does not fit.
    case payloadDescriptor
    /// The scalability structure of a VP9 descriptor does not fit.
    case scalabilityStructure
    /// Not an AV1 sequence header, or one that does not fit.
    case sequenceHeader
    /// A dependency descriptor does not fit, or breaks a bound.
    case dependencyDescriptor
    /// The blocks of a redundant payload do not fit (RFC 2198).
    case redundancy
    /// A repair packet's header does not fit, or is of a form that is not used here.
    case repair
}
