import Primitives
import RTP

@testable import Forwarding

/// A VP9 encoder with spatial and temporal layers: full SVC, or with references between spatial layers in
/// key pictures only (K-SVC); with references named one by one (flexible), or by a fixed group.
struct VP9Model: ModelEncoder {
    let format = LayerInfo.Format.vp9
    let spatialLayers: Int
    let temporalLayers: Int
    let isKeyOnly: Bool
    let isFlexible: Bool
    private(set) var frames: [ModelFrame] = []
    private var pictureID: UInt16
    private var tl0PicIdx: UInt8
    private var picture = 0
    private var position = 0
    /// The newest picture of each temporal layer, by its number and its frames.
    private var newest: [(picture: Int, frames: [Int])?] = [nil, nil, nil]

    init(
        _ spatialLayers: Int, _ temporalLayers: Int, isKeyOnly: Bool, isFlexible: Bool,
        using random: inout SeededGenerator
    ) {
        self.spatialLayers = spatialLayers
        self.temporalLayers = temporalLayers
        self.isKeyOnly = isKeyOnly
        self.isFlexible = isFlexible
        pictureID = UInt16.random(in: 0...0x7FFF, using: &random)
        tl0PicIdx = UInt8.random(in: 0...255, using: &random)
    }

    mutating func nextPicture(
        keyframe: Bool, using random: inout SeededGenerator
    ) -> [ModelPacket] {
        if keyframe {
            position = 0
            newest = [nil, nil, nil]
        }
        let pattern = TemporalPattern.layers(temporalLayers)
        let place = position % pattern.count
        let layer = pattern[place]
        position += 1
        picture += 1
        pictureID = (pictureID + 1) & 0x7FFF
        if layer == 0 { tl0PicIdx &+= 1 }
        let used = references(layer: layer, place: place, keyframe: keyframe, using: &random)
        let isUp = isFlexible ? used.allSatisfy { $0 < layer } : true
        var packets: [ModelPacket] = []
        var made: [Int] = []
        for spatial in 0..<spatialLayers {
            packets += frame(
                spatial, layer: layer, keyframe: keyframe, used: used, isUp: isUp, below: made.last,
                using: &random)
            made.append(frames.count - 1)
        }
        newest[Int(layer)] = (picture, made)
        return packets
    }

    /// The temporal layers whose newest pictures this one refers to.
    private func references(
        layer: UInt8, place: Int, keyframe: Bool, using random: inout SeededGenerator
    ) -> [UInt8] {
        if keyframe { return [] }
        if layer == 0 { return [0] }
        // The fixed group: the second of the highest layer refers to the middle one.
        guard isFlexible else { return place == 3 ? [1] : [0] }
        if newest[1] == nil || Int.random(in: 0..<3, using: &random) == 0 { return [0] }
        return (0...layer).filter { newest[Int($0)] != nil }
    }

    private mutating func frame(
        _ spatial: Int, layer: UInt8, keyframe: Bool, used: [UInt8], isUp: Bool, below: Int?,
        using random: inout SeededGenerator
    ) -> [ModelPacket] {
        let isDependent = spatial > 0 && (keyframe || !isKeyOnly)
        var references = used.map { newest[Int($0)]!.frames[spatial] }
        if isDependent, let below { references.append(below) }
        let count = Int.random(in: 1...(keyframe ? 4 : 3), using: &random)
        frames.append(
            ModelFrame(
                picture: picture, spatialID: UInt8(spatial), temporalID: layer,
                isKeyframe: keyframe && spatial == 0, references: references, packetCount: count))
        let isTop = spatial == spatialLayers - 1
        let isUnreferred = isTop || isKeyOnly && !keyframe
        let differences = used.map { UInt8(picture - newest[Int($0)]!.picture) }
        return (0..<count).map { part in
            let isFirst = part == 0
            let isLast = part == count - 1
            let hasStructure = keyframe && spatial == 0 && isFirst
            var payload: [UInt8] = [
                0xA0 | (keyframe ? 0 : 0x40) | (isFlexible ? 0x10 : 0) | (isFirst ? 0x08 : 0)
                    | (isLast ? 0x04 : 0) | (hasStructure ? 0x02 : 0) | (isUnreferred ? 0x01 : 0),
                0x80 | UInt8(pictureID >> 8), UInt8(pictureID & 0xFF),
                layer << 5 | (isUp ? 0x10 : 0) | UInt8(spatial) << 1 | (isDependent ? 1 : 0),
            ]
            if !isFlexible { payload.append(tl0PicIdx) }
            if isFlexible, !keyframe {
                for (index, difference) in differences.enumerated() {
                    payload.append(difference << 1 | (index < differences.count - 1 ? 1 : 0))
                }
            }
            if hasStructure { payload.append(UInt8(spatialLayers - 1) << 5) }
            return ModelPacket(
                frame: frames.count - 1, sequence: 0, timestamp: RTPTimestamp(0),
                marker: isTop && isLast, payload: payload + [UInt8(part), 0x99])
        }
    }
}
