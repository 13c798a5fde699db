import BitStrings
import Primitives
import RTP

@testable import Forwarding

/// An encoder with dependency descriptors: L1Tn, full SVC and K-SVC, with the structures of the AV1 RTP
/// specification §A.10.2: a decode target for each pair of layers, the best one first, and a chain for
/// each spatial layer.
struct DependencyModel: ModelEncoder {
    struct Template: Hashable, Comparable {
        var spatial: Int
        var temporal: Int
        var indications: [Int]
        var differences: [Int]
        var chains: [Int]

        static func < (left: Template, right: Template) -> Bool {
            (left.spatial, left.temporal) < (right.spatial, right.temporal)
        }
    }

    let format = LayerInfo.Format.dependencyDescriptor
    let spatialLayers: Int
    let temporalLayers: Int
    let isKeyOnly: Bool
    /// Some frames spell out what a template could say.
    let isCustom: Bool
    private(set) var frames: [ModelFrame] = []
    private(set) var templates: [Template] = []
    private var firstNumber: UInt16
    private var offset: Int
    private var picture = 0
    private var position = 0
    private var newest: [[Int]?] = [nil, nil, nil]
    private var chainFrames: [Int] = []

    init(
        _ spatialLayers: Int, _ temporalLayers: Int, isKeyOnly: Bool, isCustom: Bool,
        using random: inout SeededGenerator
    ) {
        self.spatialLayers = spatialLayers
        self.temporalLayers = temporalLayers
        self.isKeyOnly = isKeyOnly
        self.isCustom = isCustom
        firstNumber = UInt16.random(in: 0...UInt16.max, using: &random)
        offset = Int.random(in: 0..<64, using: &random)
        // A first run finds out which templates there are.
        var rehearsal = self
        for index in 0..<24 {
            for made in rehearsal.nextFrames(keyframe: index == 0) where !templates.contains(made) {
                templates.append(made)
            }
        }
        templates.sort()
    }

    mutating func nextPicture(
        keyframe: Bool, using random: inout SeededGenerator
    ) -> [ModelPacket] {
        // Now and then another structure: the same templates under other ids.
        if keyframe, Bool.random(using: &random) { offset = (offset + templates.count) % 64 }
        let start = frames.count
        let made = nextFrames(keyframe: keyframe)
        return made.enumerated().flatMap { index, template in
            packets(
                of: start + index, template, structure: keyframe && index == 0,
                isLast: index == made.count - 1, using: &random)
        }
    }

    private mutating func nextFrames(keyframe: Bool) -> [Template] {
        if keyframe {
            position = 0
            newest = [nil, nil, nil]
        }
        let pattern = TemporalPattern.layers(temporalLayers)
        let place = position % pattern.count
        let layer = Int(pattern[place])
        position += 1
        picture += 1
        // The second of the highest layer refers to the middle one, all others to the lowest.
        let used = keyframe ? nil : newest[place == 3 ? 1 : 0]
        let isReferred = layer < temporalLayers - 1 || temporalLayers == 1
        var made: [Int] = []
        let templates = (0..<spatialLayers).map { spatial in
            var references = used.map { [$0[spatial]] } ?? []
            let isDependent = spatial > 0 && (keyframe || !isKeyOnly)
            if isDependent { references.append(made[spatial - 1]) }
            frames.append(
                ModelFrame(
                    picture: picture, spatialID: UInt8(spatial), temporalID: UInt8(layer),
                    isKeyframe: keyframe && spatial == 0, references: references))
            made.append(frames.count - 1)
            return template(
                spatial, layer, keyframe: keyframe, isReferred: isReferred, references: references)
        }
        newest[layer] = made
        return templates
    }

    private mutating func template(
        _ spatial: Int, _ layer: Int, keyframe: Bool, isReferred: Bool, references: [Int]
    ) -> Template {
        let index = frames.count - 1
        var indications: [Int] = []
        for targetSpatial in (0..<spatialLayers).reversed() {
            for targetTemporal in (0..<temporalLayers).reversed() {
                let isInside =
                    keyframe || !isKeyOnly
                    ? spatial <= targetSpatial : spatial == targetSpatial
                let isReferredAbove = isInside && spatial < targetSpatial
                if !isInside || layer > targetTemporal {
                    indications.append(0)
                } else if layer > 0, layer == targetTemporal, !isReferredAbove {
                    indications.append(1)
                } else {
                    indications.append(keyframe || spatial == targetSpatial ? 2 : 3)
                }
            }
        }
        if keyframe, spatial == 0 { chainFrames = [] }
        let chains = (0..<spatialLayers).map { chain in
            chain < chainFrames.count ? index - chainFrames[chain] : 0
        }
        if layer == 0 {
            if keyframe, spatial == 0 {
                chainFrames = Array(repeating: index, count: spatialLayers)
            } else {
                for chain in 0..<spatialLayers
                where keyframe || !isKeyOnly ? spatial <= chain : spatial == chain {
                    chainFrames[chain] = index
                }
            }
        }
        return Template(
            spatial: spatial, temporal: layer, indications: indications,
            differences: references.map { index - $0 }, chains: chains)
    }

    private mutating func packets(
        of frame: Int, _ template: Template, structure: Bool, isLast: Bool,
        using random: inout SeededGenerator
    ) -> [ModelPacket] {
        let count = Int.random(in: 1...(frames[frame].isKeyframe ? 5 : 3), using: &random)
        frames[frame].packetCount = count
        let isSpelled = isCustom && Bool.random(using: &random)
        let index =
            isSpelled
            ? templates.firstIndex {
                $0.spatial == template.spatial && $0.temporal == template.temporal
            }
            : templates.firstIndex(of: template)
        return (0..<count).map { part in
            var bits = BitString()
            bits.append((part == 0 ? 2 : 0) | (part == count - 1 ? 1 : 0), 2)
            bits.append((offset + index!) % 64, 6)
            bits.append(Int(firstNumber &+ UInt16(truncatingIfNeeded: frame)), 16)
            let hasStructure = structure && part == 0
            if hasStructure || isSpelled {
                bits.append((hasStructure ? 0x10 : 0) | (isSpelled ? 0x07 : 0), 5)
                if hasStructure { appendStructure(to: &bits) }
                if isSpelled { appendCustom(template, to: &bits) }
            }
            return ModelPacket(
                frame: frame, sequence: 0, timestamp: RTPTimestamp(0),
                marker: isLast && part == count - 1, payload: [0x10, UInt8(part)],
                descriptor: bits.bytes)
        }
    }

    private func appendCustom(_ template: Template, to bits: inout BitString) {
        for indication in template.indications { bits.append(indication, 2) }
        for difference in template.differences {
            let size = difference <= 16 ? 1 : 2
            bits.append(size, 2)
            bits.append(difference - 1, 4 * size)
        }
        bits.append(0, 2)
        for chain in template.chains { bits.append(chain, 8) }
    }

    func appendStructure(to bits: inout BitString) {
        let targets = spatialLayers * temporalLayers
        bits.append(offset, 6)
        bits.append(targets - 1, 5)
        for (index, template) in templates.enumerated() {
            guard index + 1 < templates.count else {
                bits.append(3, 2)
                break
            }
            let next = templates[index + 1]
            bits.append(
                next.spatial > template.spatial ? 2 : next.temporal > template.temporal ? 1 : 0, 2)
        }
        for template in templates { for value in template.indications { bits.append(value, 2) } }
        for template in templates {
            for difference in template.differences { bits.append(0x10 | difference - 1, 5) }
            bits.append(0, 1)
        }
        bits.append(spatialLayers, nonSymmetric: targets + 1)
        for target in 0..<targets {
            bits.append(
                spatialLayers - 1 - target / temporalLayers, nonSymmetric: spatialLayers)
        }
        for template in templates { for chain in template.chains { bits.append(chain, 4) } }
        bits.append(1, 1)
        for spatial in 0..<spatialLayers {
            bits.append(320 << spatial - 1, 16)
            bits.append(180 << spatial - 1, 16)
        }
    }
}
