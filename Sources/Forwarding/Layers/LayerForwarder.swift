package import RTP

/// One source of a viewer's track, reduced to the layers that the viewer wants: decides about each
/// packet, and gives those that are passed on numbers without gaps.
///
/// Starts with a keyframe's first packet, and is asked about the source's packets in the order of their
/// sequence numbers; those that come late are decided about like their neighbours were.
package struct LayerForwarder: Sendable {
    package enum Decision: Hashable, Sendable {
        case forward(LayerRewrite)
        /// The viewer does not get this packet, and will not miss it.
        case omit
        /// The viewer does not get this packet, but a number was kept for it while it was missing: an
        /// empty packet with that number keeps the viewer from asking for it.
        case blank(Int64)
        /// The source counts its pictures anew from this keyframe on: it is to be begun again with this
        /// packet, which was not decided about.
        case restart
    }

    /// The layers that are wanted; may be changed at any time.
    package var wanted: LayerTarget {
        didSet {
            temporal.wanted = wanted.temporal
            spatial.wanted = wanted.spatial
            targets.wanted = wanted
        }
    }
    private let first: Int64
    private let base: LayerInfo
    private let start: LayerContinuity
    private var mapper: SequenceMapper
    private var pictures: PictureMapper
    private var temporal: TemporalSelector
    private var spatial: SpatialSelector
    private var targets: DecodeTargetSelector
    private var epochs: LayerEpochs
    /// The newest packet with media.
    private var last: LayerInfo?
    private var lastTimestamp = RTPTimestamp(0)
    /// A packet of the newest picture was marked as its last.
    private var isMarked = false
    /// The source went back in its picture ids, without a keyframe.
    private var hasLostCount = false
    /// Nothing of the newest picture is missing yet.
    private var isPictureWhole = true
    /// The newest packet that was passed on is not the last of the newest picture: another source that
    /// begins now cuts that picture short.
    package private(set) var isMidPicture = false
    /// The newest numbers that went out, or that are kept for what is missing.
    package private(set) var continuity: LayerContinuity

    /// - Parameters:
    ///   - info: the first packet's; its numbers go on behind those of `continuity`.
    ///   - sequence: its number, unwrapped.
    ///   - outgoing: the number that it goes out with.
    package init(
        first info: LayerInfo, sequence: Int64, as outgoing: Int64, wanted: LayerTarget,
        after continuity: LayerContinuity
    ) {
        self.wanted = wanted
        first = sequence
        base = info
        start = continuity
        self.continuity = continuity
        mapper = SequenceMapper(first: sequence, as: outgoing)
        pictures = PictureMapper(first: info.number)
        temporal = TemporalSelector(wanted: wanted.temporal)
        spatial = SpatialSelector(wanted: wanted.spatial, highest: info.highestSpatialID)
        targets = DecodeTargetSelector(wanted: wanted, first: info.number)
        var epoch = LayerEpoch()
        epoch.from = sequence
        epoch.target = DecodeTargetSelector.everything
        epochs = LayerEpochs(epoch)
    }

    /// The source packet after the newest that was decided about: to come back to a source before it would
    /// send frames twice.
    package var end: Int64 { mapper.end }

    /// The outgoing number after the newest one.
    package var nextOutgoing: Int64 { mapper.nextOutgoing }

    /// Whether only a keyframe of the source brings what is wanted.
    /// Mutating, because what is only read through an optional is copied first.
    package var needsKeyframe: Bool {
        mutating get {
            if hasLostCount { return true }
            switch last?.format {
            case .vp9: return spatial.needsKeyframe
            case .dependencyDescriptor: return targets.needsKeyframe
            default: return false
            }
        }
    }

    /// The source packet that went out with a number; `nil` when that is not known, or never was.
    package func source(of outgoing: Int64) -> Int64? { mapper.source(of: outgoing) }

    /// Decides about a packet.
    /// - Parameter structure: the one that the packet refers to: see ``LayerReader/structure(for:)``.
    package mutating func decide(
        _ info: LayerInfo, sequence: Int64, timestamp: RTPTimestamp,
        structure: DependencyStructure?
    ) -> Decision {
        guard sequence >= first else { return .omit }
        guard sequence >= mapper.end else { return decideLate(info, sequence) }
        if countsAnew(info, timestamp) {
            if info.isKeyframe, info.beginsFrame { return .restart }
            return leaveOut(sequence)
        }
        let hole = mapper.end..<sequence
        if !hole.isEmpty { settle(hole, before: info) }
        guard !info.flags.contains(.padding) else {
            mapper.omit(sequence)
            return .omit
        }
        select(info, sequence, timestamp, structure, after: hole)
        let epoch = epochs.current
        let isOmitted = !epoch.contains(info)
        if info.format == .vp8 { pictures.note(info.number, isOmitted: isOmitted) }
        if info.format == .vp9 { spatial.note(info, isOmitted: isOmitted) }
        last = info
        lastTimestamp = timestamp
        // Whether it is passed on or not: the frame before it may be missing, and come.
        if let numbers = rewrite(info, as: 0, epoch) { note(numbers, info, isOmitted: isOmitted) }
        guard !isOmitted else {
            mapper.omit(sequence)
            return .omit
        }
        guard let outgoing = mapper.pass(sequence),
            let rewrite = rewrite(info, as: outgoing, epoch)
        else { return .omit }
        isMarked = rewrite.marker
        isMidPicture = !rewrite.marker
        return .forward(rewrite)
    }

    /// Whether a packet behind the newest has a picture id that is not: ids go up by one (RFC 7741 §4.2,
    /// RFC 9628 §4.2), and so do frame numbers (AV1 RTP specification §A.8.3).
    @inline(__always)
    private func countsAnew(_ info: LayerInfo, _ timestamp: RTPTimestamp) -> Bool {
        guard let last, timestamp != lastTimestamp else { return false }
        switch (last.format, info.format) {
        case (.vp8, .vp8), (.vp9, .vp9):
            guard info.flags.contains(.hasPictureID), last.flags.contains(.hasPictureID) else {
                return false
            }
        case (.dependencyDescriptor, .dependencyDescriptor),
            (.unknownStructure, .dependencyDescriptor), (.unknownStructure, .unknownStructure),
            (.dependencyDescriptor, .unknownStructure):
            break
        default: return false
        }
        return Int16(bitPattern: info.number &- last.number) <= 0
    }

    /// Pictures from there on refer to what the viewer does not have, under ids that it has seen.
    private mutating func leaveOut(_ sequence: Int64) -> Decision {
        hasLostCount = true
        mapper.omit(sequence)
        isMidPicture = false
        return .omit
    }

    /// The numbers that a packet went out with, to send it again; `nil` for one that did not.
    package func repair(_ info: LayerInfo, sequence: Int64) -> LayerRewrite? {
        guard let outgoing = mapper.outgoing(of: sequence),
            let epoch = epochs.epoch(at: sequence, for: info), epoch.contains(info)
        else { return nil }
        return rewrite(info, as: outgoing, epoch)
    }

    private mutating func decideLate(_ info: LayerInfo, _ sequence: Int64) -> Decision {
        guard let outgoing = mapper.outgoing(of: sequence) else { return .omit }
        let rewrite = repair(info, sequence: sequence)
        if info.format == .dependencyDescriptor || info.format == .unknownStructure {
            targets.noteLate(info, isOmitted: rewrite == nil)
        }
        return rewrite.map { .forward($0) } ?? .blank(outgoing)
    }

    @inline(__always)
    private func rewrite(
        _ info: LayerInfo, as outgoing: Int64, _ epoch: LayerEpoch
    ) -> LayerRewrite? {
        var rewrite = LayerRewrite(sequence: outgoing)
        rewrite.marker = epoch.marks(info)
        switch info.format {
        case .plain: break
        case .vp8, .vp9:
            // VP9's references are differences of picture ids: those are not closed up.
            guard let number = info.format == .vp8 ? pictures.mapped(info.number) : info.number
            else {
                return nil
            }
            rewrite.pictureID = (start.pictureID &+ 1 &+ number &- base.number) & 0x7FFF
            rewrite.tl0PicIdx = start.tl0PicIdx &+ 1 &+ info.tl0PicIdx &- base.tl0PicIdx
            rewrite.keyIndex = (start.keyIndex &+ 1 &+ info.keyIndex &- base.keyIndex) & 0x1F
        case .dependencyDescriptor, .unknownStructure:
            rewrite.frameNumber = start.frameNumber &+ 1 &+ info.number &- base.number
            rewrite.activeTargets = epoch.mask
        }
        return rewrite
    }

    private mutating func note(_ rewrite: LayerRewrite, _ info: LayerInfo, isOmitted: Bool) {
        switch info.format {
        case .plain: break
        case .vp8, .vp9:
            // A VP8 picture that is left out has the id that the next one gets.
            let unused: UInt16 = isOmitted && info.format == .vp8 ? 1 : 0
            if info.flags.contains(.hasPictureID) {
                continuity.pictureID = (rewrite.pictureID &- unused) & 0x7FFF
            }
            if info.flags.contains(.hasTL0PicIdx) { continuity.tl0PicIdx = rewrite.tl0PicIdx }
            continuity.keyIndex = rewrite.keyIndex
        case .dependencyDescriptor, .unknownStructure:
            continuity.frameNumber = rewrite.frameNumber
        }
    }
}

extension LayerForwarder {
    /// Looks whether what the viewer gets changes with this packet.
    private mutating func select(
        _ info: LayerInfo, _ sequence: Int64, _ timestamp: RTPTimestamp,
        _ structure: DependencyStructure?, after hole: Range<Int64>
    ) {
        let isNewPicture = last == nil || timestamp != lastTimestamp
        if isNewPicture {
            isMarked = false
            // What is missing of the picture before may come: nobody waits for it.
            isMidPicture = false
            isPictureWhole = hole.isEmpty || info.beginsFrame && info.spatialID == 0
        } else if !hole.isEmpty {
            isPictureWhole = false
        }
        var epoch = epochs.current
        epoch.from = sequence
        epoch.number = info.number
        switch info.format {
        case .plain: return
        case .vp8, .vp9:
            if info.beginsFrame, info.spatialID == 0 {
                temporal.pictureBegins(info)
                spatial.pictureBegins(info)
            }
            epoch.spatial = spatial.current
            epoch.temporal = temporal.current
        case .dependencyDescriptor, .unknownStructure:
            targets.select(
                info, structure: structure,
                mayChange: info.beginsFrame && isPictureWhole && !isMarked,
                isPictureStart: isNewPicture)
            epoch.target = targets.current
            epoch.structure = targets.generation
            epoch.mask = targets.mask
            epoch.spatial = spatialID(structure)
        }
        epochs.begin(epoch)
    }

    private func spatialID(_ structure: DependencyStructure?) -> UInt8 {
        guard let structure, Int(targets.current) < structure.targets.count else { return .max }
        return structure.targets[Int(targets.current)].spatialID
    }

    /// Decides what a hole before a packet is: lost packets that may belong to the viewer keep their
    /// numbers; where all that can be missing does not belong to it, nothing is kept.
    private mutating func settle(_ hole: Range<Int64>, before info: LayerInfo) {
        guard hole.count <= Limits.inferredOmissions, let last,
            LayerHole(from: last, to: info, in: epochs.current).isUnwanted
        else {
            spatial.noteHole()
            return
        }
        for sequence in hole { mapper.omit(sequence) }
        guard info.format == .vp8 else { return }
        var picture = last.number &+ 1
        while Int16(bitPattern: info.number &- picture) > 0 {
            pictures.note(picture, isOmitted: true)
            picture &+= 1
        }
    }
}
