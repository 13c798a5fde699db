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

    /// P_DIFF entries of a VP9 picture: it has three references at most (RFC 9628 §4.2).
    package static let maximumVP9References = 3

    /// OBU elements of one AV1 packet that are looked at: a sequence header is the first or the second
    /// one (AV1 RTP specification §5). Each takes two bytes at least, so that 64 kB could hold 32,768.
    package static let maximumOBUElements = 16

    /// Bytes of a leb128 number (AV1 bitstream specification §4.10.5).
    package static let maximumLEB128Size = 8

    /// Leading zeros of a uvlc number (AV1 bitstream specification §4.10.3).
    package static let maximumVariableLengthPrefix = 32

    /// Templates of a frame dependency structure: template ids have six bits (AV1 RTP specification
    /// §A.8.2).
    package static let maximumDependencyTemplates = 64

    /// Decode targets: their count has five bits (§A.8.2). Chains are no more than these.
    package static let maximumDecodeTargets = 32

    /// Spatial and temporal layers: spatial_id has two bits and temporal_id three (AV1 bitstream
    /// specification §5.3.3).
    package static let maximumSpatialLayers = 4
    package static let maximumTemporalLayers = 8

    /// Frames that one frame refers to: AV1 has seven references, other codecs up to sixteen.
    package static let maximumFrameReferences = 16

    /// Frame dependency structures that a stream's packets may refer to: a packet comes up to a second
    /// late, and in that time an encoder is asked for two keyframes, each of which may bring another.
    package static let keptDependencyStructures = 3

    /// How many frames back one may be, by its number, to have come late: a second of four layers at 60
    /// pictures a second, four times over. One further back is the first of a sender that counts anew.
    package static let lateFrames: Int16 = 1024

    /// Bytes of a dependency descriptor: the size of a header extension element has eight bits
    /// (RFC 8285 §4.3).
    package static let maximumDependencyDescriptorSize = 255

    /// Redundant blocks of one RED payload: libwebrtc sends up to nine, and RFC 2198 sets no bound. More
    /// than that is more than the 340 ms that a timestamp offset reaches at 48 kHz.
    package static let maximumREDBlocks = 16
}
