internal import Primitives
package import RTP

/// Finds out what a stream's packets are to its viewers, one by one as they arrive.
package struct LayerReader: Sendable {
    package let format: LayerInfo.Format
    /// Packets whose dependency structure had not come.
    package private(set) var unknownStructures: UInt64 = 0
    /// Packets whose descriptor was none: they go to nobody.
    package private(set) var violations: UInt64 = 0

    private var dependencies = DependencyDescriptorReader()
    private var activeTargets: UInt32 = 0
    private var newestNumber: UInt16?
    private var pictures: VP9Pictures?

    /// - Parameter format: where the stream tells its layers.
    package init(_ format: LayerInfo.Format) {
        self.format = format
        if format == .vp9 { pictures = VP9Pictures() }
    }

    /// - Parameters:
    ///   - payload: without padding; empty for a packet that is only padding.
    ///   - descriptor: the dependency descriptor's bytes; empty when the packet has none.
    ///   - marker: the RTP marker.
    /// - Returns: `nil` for a packet that nobody can be sent.
    package mutating func read(
        _ payload: RawSpan, descriptor: RawSpan, marker: Bool
    ) -> LayerInfo? {
        var info = LayerInfo()
        if marker { info.flags.insert(.endsPicture) }
        guard payload.byteCount > 0 else {
            info.flags.insert(.padding)
            return info
        }
        let isGood =
            switch format {
            case .plain: true
            case .vp8: readVP8(payload, &info)
            case .vp9: readVP9(payload, &info)
            case .dependencyDescriptor, .unknownStructure: readDependencies(descriptor, &info)
            }
        if !isGood { violations += 1 }
        return isGood ? info : nil
    }

    /// Reads again a packet whose dependency structure had not come when it came. To be asked about those
    /// behind a packet with a structure that came late, up to ``Limits/inferredOmissions`` of them: what
    /// a viewer was sent of them already stays what it was, and who begins with that structure is to know
    /// their layers.
    ///
    /// - Returns: whether its structure is known now.
    package mutating func readAgain(_ info: inout LayerInfo, descriptor: RawSpan) -> Bool {
        guard info.format == .unknownStructure else { return false }
        let (reading, generation) = dependencies.read(descriptor)
        guard case .descriptor(let descriptor) = reading else { return false }
        var known = LayerInfo()
        if info.endsPicture { known.flags.insert(.endsPicture) }
        known.format = .dependencyDescriptor
        known.structure = generation
        fill(&known, from: descriptor)
        info = known
        return true
    }

    /// The structure that a packet refers to, which a viewer's target is chosen from; `nil` for another
    /// format, and when it is forgotten.
    package func structure(for info: LayerInfo) -> DependencyStructure? {
        guard info.format == .dependencyDescriptor else { return nil }
        return dependencies.structure(of: info.structure)
    }

    private mutating func readVP8(_ payload: RawSpan, _ info: inout LayerInfo) -> Bool {
        guard let descriptor = try? VP8Descriptor(parsing: payload) else { return false }
        info.format = .vp8
        info.temporalID = descriptor.tid ?? 0
        info.tl0PicIdx = descriptor.tl0PicIdx ?? 0
        info.keyIndex = descriptor.keyIndex ?? 0
        if info.endsPicture { info.flags.insert(.endsFrame) }
        if descriptor.startsFrame { info.flags.insert(.beginsFrame) }
        if Keyframe.startsKeyframe(.vp8, payload: payload) { info.flags.insert(.keyframe) }
        if descriptor.isLayerSync { info.flags.insert(.layerSync) }
        if descriptor.tl0PicIdx != nil { info.flags.insert(.hasTL0PicIdx) }
        if let id = descriptor.pictureID {
            info.number = widen(id, bits: descriptor.pictureIDIsLong ? 15 : 7)
            info.flags.insert(.hasPictureID)
        }
        return true
    }

    private mutating func readVP9(_ payload: RawSpan, _ info: inout LayerInfo) -> Bool {
        guard let descriptor = try? VP9Descriptor(parsing: payload) else { return false }
        info.format = .vp9
        info.temporalID = descriptor.temporalID
        info.spatialID = descriptor.spatialID
        info.tl0PicIdx = descriptor.tl0PicIdx ?? 0
        if descriptor.startsFrame { info.flags.insert(.beginsFrame) }
        if descriptor.endsFrame { info.flags.insert(.endsFrame) }
        if !descriptor.isInterPicturePredicted, descriptor.spatialID == 0 {
            info.flags.insert(.keyframe)
        }
        // In the flexible mode encoders set U where a picture refers to lower layers only, which says
        // nothing of the pictures behind it: there it counts as `layerSync` alone.
        if descriptor.isSwitchingUpPoint, !descriptor.isFlexible { info.flags.insert(.switchingUp) }
        if descriptor.isNotReferredToByUpperLayers { info.flags.insert(.notReferredToAbove) }
        if descriptor.tl0PicIdx != nil { info.flags.insert(.hasTL0PicIdx) }
        if let id = descriptor.pictureID {
            info.number = widen(id, bits: descriptor.pictureIDIsLong ? 15 : 7)
            info.flags.insert(.hasPictureID)
        }
        pictures?.note(descriptor, of: payload, &info)
        return true
    }

    private mutating func readDependencies(_ bytes: RawSpan, _ info: inout LayerInfo) -> Bool {
        let (reading, generation) = dependencies.read(bytes)
        info.structure = generation
        switch reading {
        case .descriptor(let descriptor):
            info.format = .dependencyDescriptor
            fill(&info, from: descriptor)
        case .unknownStructure(let descriptor):
            unknownStructures += 1
            info.format = .unknownStructure
            fill(&info, from: descriptor)
        case .violation: return false
        }
        return true
    }

    private mutating func fill(_ info: inout LayerInfo, from descriptor: DependencyDescriptor) {
        info.number = descriptor.frameNumber
        info.spatialID = descriptor.spatialID
        info.temporalID = descriptor.temporalID
        info.indicationsLow = descriptor.indications.low
        info.indicationsHigh = descriptor.indications.high
        info.references = UInt32(truncatingIfNeeded: descriptor.references.near)
        info.maskPosition = UInt16(descriptor.maskPosition)
        info.targetCount = UInt8(descriptor.targetCount)
        if descriptor.references.fartherCount > 0 || descriptor.references.near >> 32 != 0 {
            info.flags.insert(.refersFarther)
        }
        if descriptor.startsFrame { info.flags.insert(.beginsFrame) }
        if descriptor.endsFrame { info.flags.insert(.endsFrame) }
        if descriptor.hasStructure { info.flags.formUnion([.hasStructure, .keyframe]) }
        if let active = descriptor.activeTargets { activeTargets = active }
        info.activeTargets = activeTargets
    }

    /// The number of 16 bits that ends in those of `id` and is nearest to the newest one.
    private mutating func widen(_ id: UInt16, bits: UInt16) -> UInt16 {
        guard let newestNumber else {
            newestNumber = id
            return id
        }
        let shift = 16 - bits
        let step = Int16(bitPattern: (id &- newestNumber) << shift) >> Int16(shift)
        let number = newestNumber &+ UInt16(bitPattern: step)
        if step > 0 || step < -Limits.latePictures { self.newestNumber = number }
        return number
    }
}
