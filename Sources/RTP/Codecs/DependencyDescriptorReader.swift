import Primitives

/// Reads the dependency descriptors of one stream, and keeps the structures that they refer to.
///
/// Those before the newest one are kept too, for packets of their frames that come late. Which of them a
/// packet belongs to follows from its frame number: the ranges of template ids need to differ from one
/// structure to the next only (AV1 RTP specification §A.8.2, template_id_offset).
package struct DependencyDescriptorReader: Sendable {
    package enum Reading: Equatable, Sendable {
        case descriptor(DependencyDescriptor)
        /// The template belongs to a structure that has not come, or is forgotten: only the mandatory
        /// fields are known.
        case unknownStructure(DependencyDescriptor)
        case violation(RTPViolation)
    }

    private struct Kept: Sendable {
        var structure: DependencyStructure
        /// The first frame that it holds for; one further on, when that is long ago.
        var first: UInt16
    }

    /// Counts structures, wrapping: a number for each.
    package private(set) var generation: UInt8 = 0
    /// The newest structures, a generation's at its number modulo four, of which one place stays empty
    /// so that the count may wrap.
    private var kept = InlineArray<4, Kept?>(repeating: nil)

    package init() {}

    /// The newest structure; `nil` until one came.
    package var structure: DependencyStructure? { structure(of: generation) }

    /// - Parameter bytes: the value of the header extension element.
    /// - Returns: the descriptor, and the generation of the structure that it refers to; that of the
    ///   newest one where it refers to none that is known.
    package mutating func read(_ bytes: RawSpan) -> (reading: Reading, generation: UInt8) {
        do throws(RTPViolation) {
            var descriptor = try DependencyDescriptor(parsingMandatoryFieldsOf: bytes)
            keepUp(with: descriptor.frameNumber)
            guard bytes.byteCount > DependencyDescriptor.mandatorySize else {
                return finish(&descriptor, generation: generation(of: descriptor.frameNumber))
            }
            var reader = BitReader(bytes, from: DependencyDescriptor.mandatorySize * 8)
            return try readExtended(&descriptor, &reader)
        } catch {
            return (.violation(error), generation)
        }
    }

    /// Whether a frame is from before another, and not the first one of a sender that counts anew.
    private static func isBefore(_ frame: UInt16, _ other: UInt16) -> Bool {
        let age = Int16(bitPattern: other &- frame)
        return age > 0 && age < Limits.lateFrames
    }

    /// Which structure holds for a frame: the newest that does not begin behind it. `nil` when that is
    /// forgotten, or none has come.
    private func generation(of frame: UInt16) -> UInt8? {
        for age in 0..<UInt8(Limits.keptDependencyStructures) {
            guard let kept = kept[Int((generation &- age) & 3)] else { return nil }
            if !Self.isBefore(frame, kept.first) { return generation &- age }
        }
        return nil
    }

    /// The structure of a generation; `nil` when it is forgotten.
    package func structure(of generation: UInt8) -> DependencyStructure? {
        guard self.generation &- generation < Limits.keptDependencyStructures else { return nil }
        return kept[Int(generation & 3)]?.structure
    }

    /// Lets the newest structure's first frame follow behind the frames that come, before their numbers
    /// wrap around to it.
    private mutating func keepUp(with frame: UInt16) {
        let place = Int(generation & 3)
        guard let first = kept[place]?.first, frame &- first > 0x4000, frame &- first < 0x8000
        else { return }
        let newest = kept[place]
        kept = InlineArray(repeating: nil)
        kept[place] = newest
        kept[place]?.first = frame &- 0x2000
    }

    private func finish(
        _ descriptor: inout DependencyDescriptor, generation known: UInt8?
    ) -> (Reading, UInt8) {
        guard let known, let structure = structure(of: known),
            let template = structure.template(descriptor.templateID)
        else { return (.unknownStructure(descriptor), generation) }
        descriptor.apply(template, of: structure)
        return (.descriptor(descriptor), known)
    }

    /// extended_descriptor_fields() and frame_dependency_definition()
    private mutating func readExtended(
        _ descriptor: inout DependencyDescriptor, _ reader: inout BitReader
    ) throws(RTPViolation) -> (Reading, UInt8) {
        guard let flags = reader.bits(DependencyDescriptor.flagCount) else {
            throw .dependencyDescriptor
        }
        var known = self.generation(of: descriptor.frameNumber)
        if flags & 0x10 != 0 {
            guard let structure = DependencyStructure(&reader) else { throw .dependencyDescriptor }
            known = adopt(structure, frame: descriptor.frameNumber)
            descriptor.hasStructure = true
            descriptor.activeTargets = structure.allTargets
            descriptor.maskPosition = reader.position
            guard known != nil else { return (.unknownStructure(descriptor), generation) }
        }
        let (reading, generation) = finish(&descriptor, generation: known)
        guard case .descriptor = reading, let structure = structure(of: generation) else {
            return (reading, generation)
        }
        try Self.readDefinition(&descriptor, flags: flags, chains: structure.chainCount, &reader)
        return (.descriptor(descriptor), generation)
    }

    private static func readDefinition(
        _ descriptor: inout DependencyDescriptor, flags: UInt32, chains: Int,
        _ reader: inout BitReader
    ) throws(RTPViolation) {
        if flags & 0x08 != 0 {
            guard let mask = reader.bits(descriptor.targetCount) else {
                throw .dependencyDescriptor
            }
            descriptor.activeTargets = mask
        }
        if flags & 0x04 != 0 {
            guard let own = DecodeTargetIndications(descriptor.targetCount, &reader) else {
                throw .dependencyDescriptor
            }
            descriptor.indications = own
        }
        if flags & 0x02 != 0 { descriptor.references = try references(&reader) }
        if flags & 0x01 != 0 {
            for chain in 0..<chains {
                guard let difference = reader.bits(8) else { throw .dependencyDescriptor }
                descriptor.chainDifferences[chain] = UInt8(difference)
            }
        }
    }

    /// frame_fdiffs()
    private static func references(
        _ reader: inout BitReader
    ) throws(RTPViolation) -> FrameReferences {
        var references = FrameReferences()
        for _ in 0...Limits.maximumFrameReferences {
            guard let size = reader.bits(2) else { throw .dependencyDescriptor }
            guard size > 0 else { return references }
            guard let difference = reader.bits(4 * Int(size)) else { throw .dependencyDescriptor }
            references.insert(Int(difference) + 1)
        }
        throw .dependencyDescriptor
    }

    /// Keeps a structure, and returns its generation; `nil` for one from before the newest, whose packet
    /// came late, and which is forgotten.
    private mutating func adopt(_ new: DependencyStructure, frame: UInt16) -> UInt8? {
        guard let newest = kept[Int(generation & 3)] else {
            kept[Int(generation & 3)] = Kept(structure: new, first: frame)
            return generation
        }
        guard !Self.isBefore(frame, newest.first) else {
            guard let known = generation(of: frame), structure(of: known) == new else { return nil }
            return known
        }
        if newest.structure != new {
            generation &+= 1
            kept[Int(generation & 3)] = Kept(structure: new, first: frame)
            kept[Int((generation &+ 1) & 3)] = nil
        }
        return generation
    }
}
