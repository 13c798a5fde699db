internal import Primitives
internal import RTP

/// What must be remembered of a VP9 stream's pictures to know where a viewer can go up.
struct VP9Pictures: Sendable {
    /// The newest 128 pictures' numbers, and their temporal ids plus one; 0 where there was none. A
    /// reference reaches back 127 pictures (RFC 9628 §4.2).
    private var temporalIDs = [(number: UInt16, id: UInt8)](repeating: (0, 0), count: 128)
    /// The highest spatial layer of the newest whole picture.
    private var highest = UInt8.max

    mutating func note(_ descriptor: VP9Descriptor, of payload: RawSpan, _ info: inout LayerInfo) {
        if let range = descriptor.structure, range.lowerBound < payload.byteCount {
            highest = payload.byte(at: range.lowerBound) >> 5  // N_S
        }
        info.highestSpatialID = highest
        if info.endsPicture { highest = info.spatialID }
        temporalIDs[Int(info.number & 127)] = (info.number, info.temporalID + 1)
        if isLayerSync(descriptor, number: info.number) { info.flags.insert(.layerSync) }
    }

    /// Encoders set U, too, where a picture itself refers to lower temporal layers only. In the flexible
    /// mode its references tell; in the other one the group of pictures is fixed, and U is believed.
    private func isLayerSync(_ descriptor: VP9Descriptor, number: UInt16) -> Bool {
        guard descriptor.isSwitchingUpPoint else { return false }
        guard descriptor.isFlexible, descriptor.isInterPicturePredicted else { return true }
        for index in 0..<4 where descriptor.pictureDifferences[index] > 0 {
            let reference = number &- UInt16(descriptor.pictureDifferences[index])
            let known = temporalIDs[Int(reference & 127)]
            guard known.id > 0, known.number == reference, known.id <= descriptor.temporalID else {
                return false
            }
        }
        return true
    }
}
