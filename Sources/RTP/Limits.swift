/// The bounds of this module.
package enum Limits {
    /// Report blocks in one sender or receiver report: the count field has five bits
    /// (RFC 3550 §6.4.1).
    package static let maximumReportBlocks = 31

    /// PID/BLP items that one generic NACK carries: 256 bytes, which name up to 1,088 packets. More
    /// missing packets than that are no longer worth resending.
    package static let maximumNACKItems = 64

    /// SSRCs that one REMB message lists: the count field has eight bits.
    package static let maximumREMBSources = 255

    /// Bytes of a CNAME: the length field has eight bits (RFC 3550 §6.5).
    package static let maximumCNAMESize = 255

    /// Leading zeros of an exp-Golomb code (ITU-T H.264 §9.1): a value has at most 32 bits.
    package static let maximumExpGolombPrefix = 32

    /// Macroblocks along one side of an H.264 picture: 16,384 pixels, four times what level 6.2 is
    /// used for. Larger values are not pictures but noise.
    package static let maximumMacroblocksPerSide: UInt32 = 1024

    /// `offset_for_ref_frame` entries of an H.264 sequence parameter set (ITU-T H.264 §7.4.2.1.1).
    package static let maximumReferenceFramesInCycle: UInt32 = 255
}
