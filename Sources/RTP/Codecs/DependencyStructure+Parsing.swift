extension DependencyStructure {
    /// Reads template_dependency_structure() (AV1 RTP specification §A.8.2); `nil` when it does not fit
    /// or breaks a bound. At most 64 templates with 32 targets, 16 references and 32 chains are read.
    init?(_ reader: inout BitReader) {
        guard let offset = reader.bits(6), let count = reader.bits(5),
            let templates = Self.layers(&reader)
        else { return nil }
        templateIDOffset = UInt8(offset)
        self.templates = templates
        targets = []
        chainCount = 0
        resolutions = []
        let targetCount = Int(count) + 1
        guard readIndications(targetCount, &reader), readReferences(&reader) else { return nil }
        for index in 0..<targetCount { targets.append(target(index)) }
        guard readChains(&reader), readResolutions(&reader) else { return nil }
    }

    /// template_layers()
    private static func layers(_ reader: inout BitReader) -> [Template]? {
        var templates: [Template] = []
        var next = Template()
        while templates.count < Limits.maximumDependencyTemplates {
            templates.append(next)
            guard let step = reader.bits(2) else { return nil }
            switch step {
            case 0: break
            case 1: next.temporalID += 1
            case 2:
                next.temporalID = 0
                next.spatialID += 1
            default: return templates
            }
            guard next.spatialID < Limits.maximumSpatialLayers,
                next.temporalID < Limits.maximumTemporalLayers
            else { return nil }
        }
        return nil
    }

    /// template_dtis()
    private mutating func readIndications(_ count: Int, _ reader: inout BitReader) -> Bool {
        for index in templates.indices {
            guard let indications = DecodeTargetIndications(count, &reader) else { return false }
            templates[index].indications = indications
        }
        return true
    }

    /// template_fdiffs()
    private mutating func readReferences(_ reader: inout BitReader) -> Bool {
        for index in templates.indices {
            var count = 0
            while true {
                guard let follows = reader.flag() else { return false }
                guard follows else { break }
                count += 1
                guard count <= Limits.maximumFrameReferences, let difference = reader.bits(4) else {
                    return false
                }
                templates[index].references.insert(Int(difference) + 1)
            }
        }
        return true
    }

    /// template_chains()
    private mutating func readChains(_ reader: inout BitReader) -> Bool {
        guard let count = reader.nonSymmetric(UInt32(targets.count) + 1) else { return false }
        chainCount = Int(count)
        guard count > 0 else { return true }
        for index in targets.indices {
            guard let chain = reader.nonSymmetric(count) else { return false }
            targets[index].chain = UInt8(chain)
        }
        for index in templates.indices {
            for chain in 0..<chainCount {
                guard let difference = reader.bits(4) else { return false }
                templates[index].chainDifferences[chain] = UInt8(difference)
            }
        }
        return true
    }

    /// decode_target_layers(), and which targets are parts of this one.
    private func target(_ index: Int) -> Target {
        var target = Target(spatialID: 0, temporalID: 0, includes: .max, chain: nil)
        for template in templates {
            let present = template.indications.present
            guard present >> UInt32(index) & 1 != 0 else {
                target.includes &= ~present
                continue
            }
            target.spatialID = max(target.spatialID, template.spatialID)
            target.temporalID = max(target.temporalID, template.temporalID)
        }
        return target
    }

    /// render_resolutions()
    private mutating func readResolutions(_ reader: inout BitReader) -> Bool {
        for index in targets.indices { targets[index].includes &= allTargets }
        guard let isPresent = reader.flag() else { return false }
        guard isPresent, let highest = templates.last?.spatialID else { return true }
        for _ in 0...highest {
            guard let width = reader.bits(16), let height = reader.bits(16) else { return false }
            resolutions.append(Resolution(width: Int(width) + 1, height: Int(height) + 1))
        }
        return true
    }
}

extension DecodeTargetIndications {
    /// Reads one indication of two bits for each target; `nil` when they do not fit.
    init?(_ count: Int, _ reader: inout BitReader) {
        self.init()
        for target in 0..<count {
            guard let indication = reader.bits(2) else { return nil }
            self[target] = UInt8(indication)
        }
    }
}
