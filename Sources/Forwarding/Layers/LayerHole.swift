/// Packets that are missing between two that came, and what can be told of them from these.
struct LayerHole {
    /// The packet before, and the one behind.
    var from: LayerInfo
    var to: LayerInfo
    /// What the viewer got when the hole came.
    var epoch: LayerEpoch

    init(from: LayerInfo, to: LayerInfo, in epoch: LayerEpoch) {
        self.from = from
        self.to = to
        self.epoch = epoch
    }

    /// True when nothing that is missing belongs to the viewer.
    var isUnwanted: Bool {
        guard from.format == to.format else { return false }
        switch to.format {
        case .plain, .unknownStructure: return false
        case .vp8: return hasNumbers && isUnwantedVP8
        case .vp9: return hasNumbers && isUnwantedVP9
        case .dependencyDescriptor: return isUnwantedFrames
        }
    }

    private var hasNumbers: Bool {
        from.flags.contains(.hasPictureID) && to.flags.contains(.hasPictureID)
    }

    private var step: Int16 { Int16(bitPattern: to.number &- from.number) }

    /// The rest of the frame before is not missing, or nobody misses it; and so with the frame behind.
    private var isTailUnwanted: Bool { from.endsFrame || !epoch.contains(from) }
    private var isHeadUnwanted: Bool { to.beginsFrame || !epoch.contains(to) }

    private var isUnwantedVP8: Bool {
        if step == 0 { return !epoch.contains(to) }
        guard isTailUnwanted, isHeadUnwanted else { return false }
        return step == 1 || step > 1 && areBetweenUnwanted
    }

    private var isUnwantedFrames: Bool {
        if step == 0 { return !epoch.contains(to) }
        return step == 1 && isTailUnwanted && isHeadUnwanted
    }

    private var isUnwantedVP9: Bool {
        // Above the viewer's layers nothing is wanted.
        let isRestUnwanted = from.temporalID > epoch.temporal || from.spatialID >= epoch.spatial
        if step == 0 {
            if from.spatialID == to.spatialID { return !epoch.contains(to) }
            let isNext = to.spatialID == from.spatialID + 1
            return isRestUnwanted && (isTailUnwanted || from.spatialID > epoch.spatial)
                || isNext && isTailUnwanted && isHeadUnwanted
        }
        let isTailGone = from.endsPicture || isRestUnwanted && isTailUnwanted
        let isHeadWhole =
            to.temporalID > epoch.temporal && !to.beginsFrame
            || to.spatialID == 0 && isHeadUnwanted
        guard isTailGone, isHeadWhole else { return false }
        return step == 1 || step > 1 && areBetweenUnwanted
    }

    /// Whole pictures are missing, and none of them is of the lowest temporal layer, which is all that
    /// the viewer gets: TL0PICIDX counts those (RFC 7741 §4.2, RFC 9628 §4.2).
    private var areBetweenUnwanted: Bool {
        guard epoch.temporal == 0, step <= 64, from.flags.contains(.hasTL0PicIdx),
            to.flags.contains(.hasTL0PicIdx)
        else { return false }
        return to.tl0PicIdx == from.tl0PicIdx &+ (to.temporalID == 0 ? 1 : 0)
    }
}
