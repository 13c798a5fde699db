import Primitives

/// The VP9 payload descriptor (RFC 9628 §4.2), without the scalability structure's contents.
package struct VP9Descriptor: Equatable, Sendable {
    /// P: the layer frame refers to earlier pictures.
    package var isInterPicturePredicted: Bool
    /// F: references are named one by one.
    package var isFlexible: Bool
    /// B and E: the payload starts and ends a layer frame.
    package var startsFrame: Bool
    package var endsFrame: Bool
    /// Z: layers above, of this picture and later ones, do not refer to this layer frame.
    package var isNotReferredToByUpperLayers: Bool
    /// 7 or 15 bits.
    package var pictureID: UInt16?
    package var pictureIDIsLong = false
    /// L: the layer indices are present.
    package var hasLayers: Bool
    /// TID and SID, 0...7; 0 where layers are not told.
    package var temporalID: UInt8 = 0
    package var spatialID: UInt8 = 0
    /// U: later pictures of higher temporal layers refer to nothing before this one that has a higher
    /// TID than this one has.
    package var isSwitchingUpPoint = false
    /// D: the layer frame refers to the spatial layer below.
    package var isInterLayerDependent = false
    /// In the non-flexible mode with layers.
    package var tl0PicIdx: UInt8?
    /// P_DIFF: how many pictures back each reference is, 1...127; 0 behind the last one.
    package var pictureDifferences: SIMD4<UInt8> = .zero
    /// Where the scalability structure lies; `nil` without one (V).
    package var structure: Range<Int>?
    /// The descriptor's size: where VP9's own bytes start.
    package var size = 1

    /// True for the first packet of a picture that refers to nothing before it.
    package var startsKeyPicture: Bool {
        startsFrame && !isInterPicturePredicted && spatialID == 0
    }

    /// - Throws: ``RTPViolation/payloadDescriptor`` when the descriptor does not fit or breaks its rules.
    package init(parsing payload: RawSpan) throws(RTPViolation) {
        guard payload.byteCount > 0 else { throw .payloadDescriptor }
        let first = payload.byte(at: 0)
        isInterPicturePredicted = first & 0x40 != 0
        hasLayers = first & 0x20 != 0
        isFlexible = first & 0x10 != 0
        startsFrame = first & 0x08 != 0
        endsFrame = first & 0x04 != 0
        isNotReferredToByUpperLayers = first & 0x01 != 0
        if first & 0x80 != 0 { try parsePictureID(payload) }
        if hasLayers { try parseLayers(payload) }
        if isFlexible, isInterPicturePredicted { try parseDifferences(payload) }
        if first & 0x02 != 0 {
            let start = size
            size = try VP9ScalabilityStructure.end(in: payload, from: start)
            structure = start..<size
        }
        // The references of the flexible mode are differences of picture ids.
        guard !isFlexible || pictureID != nil else { throw .payloadDescriptor }
    }

    private mutating func parsePictureID(_ payload: RawSpan) throws(RTPViolation) {
        let high = try nextByte(payload)
        pictureIDIsLong = high & 0x80 != 0
        pictureID =
            pictureIDIsLong
            ? UInt16(high & 0x7F) << 8 | UInt16(try nextByte(payload)) : UInt16(high)
    }

    private mutating func parseLayers(_ payload: RawSpan) throws(RTPViolation) {
        let layer = try nextByte(payload)
        temporalID = layer >> 5
        isSwitchingUpPoint = layer & 0x10 != 0
        spatialID = layer >> 1 & 0x07
        isInterLayerDependent = layer & 0x01 != 0
        if !isFlexible { tl0PicIdx = try nextByte(payload) }
    }

    /// At most three, each with a bit N that says whether another follows.
    private mutating func parseDifferences(_ payload: RawSpan) throws(RTPViolation) {
        for index in 0..<Limits.maximumVP9References {
            let difference = try nextByte(payload)
            guard difference >> 1 > 0 else { throw .payloadDescriptor }
            pictureDifferences[index] = difference >> 1
            guard difference & 1 != 0 else { return }
        }
        throw .payloadDescriptor
    }

    private mutating func nextByte(_ payload: RawSpan) throws(RTPViolation) -> UInt8 {
        guard size < payload.byteCount else { throw .payloadDescriptor }
        defer { size += 1 }
        return payload.byte(at: size)
    }
}
