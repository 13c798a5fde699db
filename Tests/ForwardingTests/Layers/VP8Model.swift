import Primitives
import RTP

@testable import Forwarding

/// A VP8 encoder with one to three temporal layers. Pictures of higher layers refer to the newest of
/// the lower ones, and, unless they are marked as synchronizing, to the newest of their own.
struct VP8Model: ModelEncoder {
    let format = LayerInfo.Format.vp8
    let temporalLayers: Int
    var isLong: Bool
    var pictureID: UInt16
    var tl0PicIdx: UInt8
    private(set) var frames: [ModelFrame] = []
    private var newest: [Int?] = [nil, nil, nil]
    private var position = 0

    init(temporalLayers: Int, isLong: Bool, using random: inout SeededGenerator) {
        self.temporalLayers = temporalLayers
        self.isLong = isLong
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
        let layer = pattern[position % pattern.count]
        position += 1
        let isSync = layer > 0 && (newest[1] == nil || Int.random(in: 0..<3, using: &random) == 0)
        let references = (isSync ? newest[..<1] : newest[...Int(layer)]).compactMap { $0 }
        let index = frames.count
        frames.append(
            ModelFrame(
                picture: index, spatialID: 0, temporalID: layer, isKeyframe: keyframe,
                references: keyframe ? [] : references))
        newest[Int(layer)] = index
        pictureID = (pictureID + 1) & 0x7FFF
        if layer == 0 { tl0PicIdx &+= 1 }
        return packets(of: index, isSync: isSync, using: &random)
    }

    private mutating func packets(
        of frame: Int, isSync: Bool, using random: inout SeededGenerator
    ) -> [ModelPacket] {
        let layer = frames[frame].temporalID
        let count =
            frames[frame].isKeyframe
            ? Int.random(in: 3...8, using: &random)
            : Int.random(in: 1...(4 - Int(layer)), using: &random)
        frames[frame].packetCount = count
        return (0..<count).map { part in
            var payload: [UInt8] = [0x80 | (part == 0 ? 0x10 : 0) | (layer == 2 ? 0x20 : 0)]
            payload.append(temporalLayers > 1 ? 0xE0 : 0x80)
            payload +=
                isLong
                ? [0x80 | UInt8(pictureID >> 8), UInt8(pictureID & 0xFF)]
                : [UInt8(pictureID & 0x7F)]
            if temporalLayers > 1 { payload += [tl0PicIdx, layer << 6 | (isSync ? 0x20 : 0)] }
            payload += [part == 0 && frames[frame].isKeyframe ? 0 : 1, UInt8(part), 0x55]
            return ModelPacket(
                frame: frame, sequence: 0, timestamp: RTPTimestamp(0), marker: part == count - 1,
                payload: payload)
        }
    }
}
