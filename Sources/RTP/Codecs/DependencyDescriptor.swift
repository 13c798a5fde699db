/// The dependency descriptor of a packet with its template filled in (AV1 RTP specification appendix A).
package struct DependencyDescriptor: Equatable, Sendable {
    /// What SDP names the header extension with (§A.9).
    package static let uri =
        "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
    /// The bytes of the mandatory fields.
    package static let mandatorySize = 3

    /// The packet starts, and ends, a frame; of one picture there may be several.
    package var startsFrame: Bool
    package var endsFrame: Bool
    package var templateID: UInt8
    package var frameNumber: UInt16
    package var spatialID: UInt8 = 0
    package var temporalID: UInt8 = 0
    package var indications = DecodeTargetIndications()
    package var references = FrameReferences()
    package var chainDifferences: SIMD32<UInt8> = .zero
    /// The largest picture of the frame's layer; `nil` when it is not told.
    package var resolution: DependencyStructure.Resolution?
    /// True when the packet carries the structure.
    package var hasStructure = false
    /// The decode targets that are sent from here on; `nil` when the packet does not say.
    package var activeTargets: UInt32?
    /// How many decode targets the structure has.
    package var targetCount = 0
    /// The bit, counted from the start, at which the mask of active targets stands, or would stand.
    package var maskPosition = 0

    /// Reads the mandatory fields (§A.8.2).
    /// - Throws: ``RTPViolation/dependencyDescriptor`` when they do not fit.
    package init(parsingMandatoryFieldsOf bytes: RawSpan) throws(RTPViolation) {
        guard bytes.byteCount >= Self.mandatorySize,
            bytes.byteCount <= Limits.maximumDependencyDescriptorSize
        else { throw .dependencyDescriptor }
        var reader = BitReader(bytes)
        let fields = reader.bits(24) ?? 0
        startsFrame = fields >> 23 & 1 != 0
        endsFrame = fields >> 22 & 1 != 0
        templateID = UInt8(fields >> 16 & 0x3F)
        frameNumber = UInt16(fields & 0xFFFF)
        maskPosition = Self.mandatorySize * 8 + Self.flagCount
    }

    /// The flags in front of the extended fields.
    static let flagCount = 5

    /// Fills in what a template says.
    mutating func apply(_ template: DependencyStructure.Template, of structure: DependencyStructure)
    {
        spatialID = template.spatialID
        temporalID = template.temporalID
        indications = template.indications
        references = template.references
        chainDifferences = template.chainDifferences
        targetCount = structure.targets.count
        if Int(spatialID) < structure.resolutions.count {
            resolution = structure.resolutions[Int(spatialID)]
        }
    }
}
