/// The frame dependency structure of a coded video sequence: what its frames are like, so that each
/// needs to name a template only (AV1 RTP specification §A.8.2, template_dependency_structure()).
package struct DependencyStructure: Equatable, Sendable {
    package struct Template: Equatable, Sendable {
        package var spatialID: UInt8 = 0
        package var temporalID: UInt8 = 0
        package var indications = DecodeTargetIndications()
        package var references = FrameReferences()
        /// How far back the previous frame of each chain is; 0: the chain starts anew.
        package var chainDifferences: SIMD32<UInt8> = .zero
    }

    /// The layers that a decode target has: 0...3 and 0...7.
    package struct Target: Hashable, Sendable {
        package var spatialID: UInt8
        package var temporalID: UInt8
        /// The targets all of whose frames belong to this one too, itself among them.
        package var includes: UInt32
        /// The chain that protects it; `nil` when there are no chains.
        package var chain: UInt8?
    }

    /// Where the template ids start, 0...63.
    package var templateIDOffset: UInt8
    package var templates: [Template]
    package var targets: [Target]
    package var chainCount: Int
    /// The largest picture of each spatial layer in pixels; empty when it is not told.
    package var resolutions: [Resolution]

    package struct Resolution: Hashable, Sendable {
        package var width: Int
        package var height: Int
    }

    /// A mask with a bit for each decode target.
    package var allTargets: UInt32 {
        UInt32(truncatingIfNeeded: UInt64(1) << UInt64(targets.count) - 1)
    }

    /// The template with that id; `nil` when the id belongs to another structure.
    package func template(_ id: UInt8) -> Template? {
        let index = Int((id &+ 64 &- templateIDOffset) & 63)
        return index < templates.count ? templates[index] : nil
    }

    /// The target that comes nearest to the wanted layers among `active`: no higher, then the highest
    /// picture, then the most pictures. When all are higher, the lowest of them.
    package func target(spatial: UInt8, temporal: UInt8, among active: UInt32) -> Int? {
        var best: (index: Int, rank: Int)?
        for index in targets.indices where active >> UInt32(index) & 1 != 0 {
            let target = targets[index]
            let layers =
                Int(target.spatialID) * Limits.maximumTemporalLayers
                + Int(target.temporalID)
            let fits = target.spatialID <= spatial && target.temporalID <= temporal
            let rank = fits ? 1000 + layers : -layers
            if best.map({ rank > $0.rank }) ?? true { best = (index, rank) }
        }
        return best?.index
    }
}
