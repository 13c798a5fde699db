internal import RTP

/// Which decode target a viewer gets of a stream with dependency descriptors (AV1 RTP specification
/// §A.4, §A.7), up and down at frames from which the new target can be decoded.
///
/// A target is *complete* when the viewer got each of its frames since one that had a switch indication
/// for it and could be decoded: then it can be switched to at any picture.
package struct DecodeTargetSelector: Sendable {
    /// Instead of a target: everything, while the structure is not known.
    package static let everything = UInt8.max

    /// The layers that are wanted.
    package var wanted: LayerTarget
    /// The index of the target that is passed on, or ``everything``.
    package private(set) var current = DecodeTargetSelector.everything
    /// The generation of the structure that ``current`` belongs to.
    package private(set) var generation: UInt8 = 0
    package private(set) var needsKeyframe = false
    /// The targets that could be switched to.
    private var complete: UInt32 = 0
    /// Bit i: the frame i before ``newest`` was passed on.
    private var frames: UInt64 = 0
    private var newest: UInt16
    private var isNarrowed = false
    /// The mask of targets to tell the viewer of; 0 to leave what the source says.
    package private(set) var mask: UInt32 = 0

    /// - Parameter first: the number of the first frame.
    package init(wanted: LayerTarget, first: UInt16) {
        self.wanted = wanted
        newest = first &- 1
    }

    /// Looks whether the target changes with the frame that a packet, newer than any before it, belongs
    /// to; ``current`` then holds for the whole frame.
    ///
    /// - Parameters:
    ///   - mayChange: the packet begins its frame, and no packet of its picture was marked as the last.
    ///   - isPictureStart: the packet is the first of its picture.
    mutating func select(
        _ info: LayerInfo, structure: DependencyStructure?, mayChange: Bool, isPictureStart: Bool
    ) {
        let step = Int16(bitPattern: info.number &- newest)
        guard step > 0 else { return }
        guard info.format == .dependencyDescriptor, let structure else {
            current = Self.everything
            mask = 0
            return note(info, step: step, isOmitted: false, isDecodable: true)
        }
        if info.structure != generation {
            generation = info.structure
            complete = 0
            current = Self.everything
        }
        if step > 1, current != Self.everything, Int(current) < structure.targets.count {
            // Frames that are missing are passed on when they come only if they belong to this target.
            complete &= structure.targets[Int(current)].includes
        }
        let isDecodable = isDecodable(info, step: step)
        if mayChange {
            let candidates =
                (complete | (isDecodable ? info.switching : 0)) & info.activeTargets
            choose(among: candidates, info, structure, isPictureStart: isPictureStart)
        }
        note(info, step: step, isOmitted: !belongs(info), isDecodable: isDecodable)
        updateMask(info, structure)
    }

    private func belongs(_ info: LayerInfo) -> Bool {
        current == Self.everything || info.present >> UInt32(current) & 1 != 0
    }

    /// Whether all that the frame refers to was passed on.
    private func isDecodable(_ info: LayerInfo, step: Int16) -> Bool {
        guard !info.flags.contains(.refersFarther) else { return false }
        let passed = step <= 32 ? frames << UInt64(step - 1) : 0
        return UInt64(info.references) & ~passed == 0
    }

    private mutating func choose(
        among candidates: UInt32, _ info: LayerInfo, _ structure: DependencyStructure,
        isPictureStart: Bool
    ) {
        guard
            let best = structure.target(
                spatial: wanted.spatial, temporal: wanted.temporal, among: info.activeTargets)
        else { return }
        defer { noteWish(best, structure) }
        guard best != Int(current) else { return }
        guard
            let reachable = structure.target(
                spatial: wanted.spatial, temporal: wanted.temporal, among: candidates)
        else { return }
        let new = structure.targets[reachable]
        let old = Int(current) < structure.targets.count ? structure.targets[Int(current)] : nil
        // In the middle of a picture only up, and with this frame: what was passed on is not its end.
        guard
            isPictureStart
                || info.present >> UInt32(reachable) & 1 != 0
                    && old.map({ $0.spatialID < new.spatialID }) ?? true
        else { return }
        if reachable == best || old.map({ isBetter(new, than: $0) }) ?? true {
            current = UInt8(reachable)
        }
    }

    /// Whether a target is nearer to what is wanted, though not what is wanted.
    private func isBetter(
        _ new: DependencyStructure.Target, than old: DependencyStructure.Target
    ) -> Bool {
        func fits(_ target: DependencyStructure.Target) -> Bool {
            target.spatialID <= wanted.spatial && target.temporalID <= wanted.temporal
        }
        guard fits(new) else { return false }
        return !fits(old) || (new.spatialID, new.temporalID) > (old.spatialID, old.temporalID)
    }

    private mutating func noteWish(_ best: Int, _ structure: DependencyStructure) {
        // Temporal layers change soon without one.
        needsKeyframe =
            Int(current) < structure.targets.count
            && structure.targets[best].spatialID != structure.targets[Int(current)].spatialID
    }

    private mutating func note(
        _ info: LayerInfo, step: Int16, isOmitted: Bool, isDecodable: Bool
    ) {
        frames = step < 64 ? frames << UInt64(step) : 0
        newest = info.number
        if isOmitted {
            complete &= ~info.needed
        } else {
            frames |= 1
            if isDecodable { complete |= info.switching }
        }
    }

    /// Notes a frame that comes behind newer ones.
    mutating func noteLate(_ info: LayerInfo, isOmitted: Bool) {
        let age = Int16(bitPattern: newest &- info.number)
        guard age >= 0, age < 64 else { return }
        if isOmitted {
            if frames >> UInt64(age) & 1 == 0, info.structure == generation {
                complete &= ~info.needed
            }
        } else {
            frames |= 1 << UInt64(age)
        }
    }

    /// A change of the set must be signalled (§A.4); a structure that comes stands for all targets.
    private mutating func updateMask(_ info: LayerInfo, _ structure: DependencyStructure) {
        guard Int(current) < structure.targets.count else {
            mask = isNarrowed ? info.activeTargets : 0
            return
        }
        let included = structure.targets[Int(current)].includes & info.activeTargets
        if included != info.activeTargets {
            isNarrowed = true
        } else if info.flags.contains(.hasStructure) {
            isNarrowed = false
        }
        mask = isNarrowed ? included : 0
    }
}
