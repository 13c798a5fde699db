import Primitives

/// Reads the dependency descriptors of one stream, and keeps the structure that they refer to.
///
/// The structure before the newest one is kept too, for packets of its frames that come late.
package struct DependencyDescriptorReader: Sendable {
    package enum Reading: Equatable, Sendable {
        case descriptor(DependencyDescriptor)
        /// The template belongs to a structure that has not come: only the mandatory fields are known.
        case unknownStructure(DependencyDescriptor)
        case violation(RTPViolation)
    }

    /// The newest structure; `nil` until one came.
    package private(set) var structure: DependencyStructure?
    /// Counts structures, wrapping: a number for each.
    package private(set) var generation: UInt8 = 0
    private var previous: DependencyStructure?
    private var structureFrame: UInt16 = 0

    package init() {}

    /// - Parameter bytes: the value of the header extension element.
    /// - Returns: the descriptor, and the generation of the structure that it refers to.
    package mutating func read(_ bytes: RawSpan) -> (reading: Reading, generation: UInt8) {
        do throws(RTPViolation) {
            var descriptor = try DependencyDescriptor(parsingMandatoryFieldsOf: bytes)
            guard bytes.byteCount > DependencyDescriptor.mandatorySize else {
                return finish(&descriptor, generation: known(descriptor.templateID))
            }
            var reader = BitReader(bytes, from: DependencyDescriptor.mandatorySize * 8)
            return try readExtended(&descriptor, &reader)
        } catch {
            return (.violation(error), generation)
        }
    }

    /// Which structure a template id belongs to: the newest one's generation, or the one's before it.
    private func known(_ templateID: UInt8) -> UInt8? {
        if structure?.template(templateID) != nil { return generation }
        if previous?.template(templateID) != nil { return generation &- 1 }
        return nil
    }

    /// The structure of a generation; `nil` when it is forgotten.
    package func structure(of generation: UInt8) -> DependencyStructure? {
        if generation == self.generation { return structure }
        return generation == self.generation &- 1 ? previous : nil
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
        var known = known(descriptor.templateID)
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
    /// came late.
    private mutating func adopt(_ new: DependencyStructure, frame: UInt16) -> UInt8? {
        guard let structure else {
            self.structure = new
            structureFrame = frame
            return generation
        }
        let isNewer = Int16(bitPattern: frame &- structureFrame) >= 0
        if structure == new {
            if isNewer { structureFrame = frame }
            return generation
        }
        guard isNewer else { return previous == new ? generation &- 1 : nil }
        previous = structure
        self.structure = new
        structureFrame = frame
        generation &+= 1
        return generation
    }
}
