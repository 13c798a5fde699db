/// What a viewer gets from one source packet on, until the next.
struct LayerEpoch: Hashable, Sendable {
    var from: Int64 = 0
    /// The decode targets to tell the viewer of; 0 to leave what the source says.
    var mask: UInt32 = 0
    var spatial: UInt8 = 0
    var temporal: UInt8 = 0
    /// A decode target of the structure ``structure``, or ``DecodeTargetSelector/everything``.
    var target: UInt8 = 0
    var structure: UInt8 = 0
    /// The picture or frame number of the packet that it began with.
    var number: UInt16 = 0

    /// Whether a packet belongs to what the viewer gets.
    func contains(_ info: LayerInfo) -> Bool {
        switch info.format {
        case .plain: true
        // Of another time than this, where a target of a known structure was passed on.
        case .unknownStructure: target == DecodeTargetSelector.everything
        case .vp8: info.temporalID <= temporal
        case .vp9: info.temporalID <= temporal && containsSpatially(info)
        case .dependencyDescriptor:
            target == DecodeTargetSelector.everything
                || structure == info.structure && info.present >> UInt32(target) & 1 != 0
        }
    }

    private func containsSpatially(_ info: LayerInfo) -> Bool {
        info.spatialID == spatial
            || info.spatialID < spatial && !info.flags.contains(.notReferredToAbove)
    }

    /// Whether a packet is the last that the viewer gets of its picture.
    func marks(_ info: LayerInfo) -> Bool {
        info.endsPicture
            || info.endsFrame && info.spatialID == spatial && info.format != .vp8
                && info.format != .plain
    }
}
