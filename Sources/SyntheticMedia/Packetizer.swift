package import RTP

/// Cuts frames into RTP payloads of at most ``Limits/maximumPayload`` bytes, or of fewer.
package struct Packetizer: Sendable {
    private let codec: Codec
    private let payloadSize: Int
    /// Of the next VP8 picture: 15 bits that wrap (RFC 7741 §4.2).
    private var pictureID: UInt16

    /// - Parameters:
    ///   - pictureID: of the first VP8 picture; its lower 15 bits count.
    ///   - payloadSize: the most bytes of one payload, 64 to ``Limits/maximumPayload``.
    package init(
        codec: Codec, pictureID: UInt16 = 0, payloadSize: Int = Limits.maximumPayload
    ) {
        precondition((64...Limits.maximumPayload).contains(payloadSize))
        self.codec = codec
        self.payloadSize = payloadSize
        self.pictureID = pictureID & 0x7FFF
    }

    /// The payloads of one frame in their order; the last of a picture's carries the marker.
    package mutating func payloads(of frame: Clip.Frame) -> [[UInt8]] {
        switch codec {
        case .opus: return [frame.bytes]
        case .vp9, .av1: preconditionFailure("there are no clips of \(codec.rawValue)")
        case .h264: return H264Packetizer(payloadSize: payloadSize).payloads(of: frame.bytes)
        case .vp8:
            defer { pictureID = (pictureID + 1) & 0x7FFF }
            return VP8Packetizer.payloads(
                of: frame.bytes, pictureID: pictureID, payloadSize: payloadSize)
        }
    }
}

/// RFC 7741 §4: a descriptor of four bytes with a picture id of 15 bits before each part.
enum VP8Packetizer {
    private static let descriptorSize = 4

    static func payloads(
        of frame: [UInt8], pictureID: UInt16, payloadSize: Int
    ) -> [[UInt8]] {
        let room = payloadSize - descriptorSize
        return stride(from: 0, to: frame.count, by: room).map { start in
            // X, and S in the first part: it starts partition 0. Then I, then M and the picture id.
            let descriptor: [UInt8] = [
                start == 0 ? 0x90 : 0x80, 0x80, 0x80 | UInt8(pictureID >> 8 & 0x7F),
                UInt8(truncatingIfNeeded: pictureID),
            ]
            return descriptor + frame[start..<min(frame.count, start + room)]
        }
    }
}

/// RFC 6184, packetization mode 1: single NAL units, parameter sets together in one STAP-A, and
/// what is too large in FU-A fragments.
struct H264Packetizer {
    let payloadSize: Int

    /// - Parameter accessUnit: in Annex B form.
    func payloads(of accessUnit: [UInt8]) -> [[UInt8]] {
        var payloads: [[UInt8]] = []
        var sets: [ArraySlice<UInt8>] = []
        for range in AnnexBReader.units(in: accessUnit) {
            let unit = accessUnit[range]
            switch H264NALUnit.type(unit[range.lowerBound]) {
            case 9: continue  // a delimiter says nothing that the marker does not
            case H264NALUnit.sequenceParameterSet, H264NALUnit.pictureParameterSet:
                sets.append(unit)
            default:
                payloads += aggregate(sets)
                sets = []
                payloads += split(unit)
            }
        }
        return payloads + aggregate(sets)
    }

    /// One STAP-A (RFC 6184 §5.7.1); units for themselves when they are alone or too large for one.
    private func aggregate(_ units: [ArraySlice<UInt8>]) -> [[UInt8]] {
        let size = 1 + units.reduce(0) { $0 + 2 + $1.count }
        guard units.count > 1, size <= payloadSize else { return units.flatMap(split) }
        // F and NRI are the highest of those inside.
        let importance = units.compactMap(\.first).map { $0 & 0x60 }.max() ?? 0
        var payload: [UInt8] = [importance | H264NALUnit.stapA]
        payload.reserveCapacity(size)
        for unit in units {
            payload += [UInt8(unit.count >> 8), UInt8(truncatingIfNeeded: unit.count)]
            payload += unit
        }
        return [payload]
    }

    /// The unit as it is, or FU-A fragments of it (RFC 6184 §5.8).
    private func split(_ unit: ArraySlice<UInt8>) -> [[UInt8]] {
        guard unit.count > payloadSize, let header = unit.first else {
            return [Array(unit)]
        }
        let room = payloadSize - 2
        let body = unit.dropFirst()
        return stride(from: body.startIndex, to: body.endIndex, by: room).map { start in
            let end = min(body.endIndex, start + room)
            let flags: UInt8 =
                (start == body.startIndex ? 0x80 : 0) | (end == body.endIndex ? 0x40 : 0)
            let head = [header & 0xE0 | H264NALUnit.fuA, flags | H264NALUnit.type(header)]
            return head + body[start..<end]
        }
    }
}
