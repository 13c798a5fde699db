internal import Primitives

/// H.264 in RTP (RFC 6184): what is needed to forward without decoding.
package enum H264Payload {
    /// NAL unit types (ITU-T H.264 table 7-1, RFC 6184 §5.2).
    private enum Unit {
        static let idrSlice: UInt8 = 5
        static let sequenceParameters: UInt8 = 7
        static let aggregation: UInt8 = 24
        static let fragment: UInt8 = 28
    }

    /// The most NAL units looked at in an aggregation packet: as many as fit 1,500 bytes in any
    /// sensible stream.
    private static let aggregatedUnits = 64

    static func startsKeyframe(_ payload: RawSpan) -> Bool {
        find(in: payload) { type, _ in type == Unit.idrSlice || type == Unit.sequenceParameters }
            != nil
    }

    static func resolution(_ payload: RawSpan) -> (width: Int, height: Int)? {
        guard let unit = find(in: payload, where: { type, _ in type == Unit.sequenceParameters })
        else { return nil }
        return SequenceParameterSet.resolution(payload.extracting(unit))
    }

    /// The first whole NAL unit, or first fragment of one, that matches.
    private static func find(
        in payload: RawSpan, where matches: (_ type: UInt8, _ unit: Range<Int>) -> Bool
    ) -> Range<Int>? {
        guard payload.byteCount >= 2 else { return nil }
        let type = payload.byte(at: 0) & 0x1F
        switch type {
        case Unit.fragment:
            let header = payload.byte(at: 1)
            let unit = 1..<payload.byteCount
            return header & 0x80 != 0 && matches(header & 0x1F, unit) ? unit : nil
        case Unit.aggregation:
            var position = 1
            for _ in 0..<aggregatedUnits {
                guard position + 3 <= payload.byteCount else { return nil }
                let size = Int(payload.uint16(at: position))
                let unit = position + 2..<position + 2 + size
                guard size > 0, unit.upperBound <= payload.byteCount else { return nil }
                if matches(payload.byte(at: unit.lowerBound) & 0x1F, unit) { return unit }
                position = unit.upperBound
            }
            return nil
        default:
            let unit = 0..<payload.byteCount
            return matches(type, unit) ? unit : nil
        }
    }
}

/// The parts of a sequence parameter set that give the picture's size (ITU-T H.264 §7.3.2.1.1).
enum SequenceParameterSet {
    private static let highProfiles: Set<UInt32> = [
        100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135,
    ]

    /// - Parameter unit: the NAL unit with its header byte.
    static func resolution(_ unit: RawSpan) -> (width: Int, height: Int)? {
        var bits = BitReader(size: min(unit.byteCount, 256))
        bits.skip(8)
        let profile = bits.read(8, in: unit)
        bits.skip(16)
        _ = bits.readGolomb(in: unit)
        var chromaFormat: UInt32 = 1
        if highProfiles.contains(profile) {
            chromaFormat = bits.readGolomb(in: unit)
            guard skipHighProfileFields(chromaFormat, &bits, in: unit) else { return nil }
        }
        _ = bits.readGolomb(in: unit)  // log2_max_frame_num_minus4
        skipPictureOrder(&bits, in: unit)
        _ = bits.readGolomb(in: unit)  // max_num_ref_frames
        bits.skip(1)  // gaps_in_frame_num_value_allowed_flag
        let widthInMacroblocks = Int(bits.readGolomb(in: unit)) + 1
        let heightInMapUnits = Int(bits.readGolomb(in: unit)) + 1
        let isFrameOnly = bits.read(1, in: unit) == 1
        if !isFrameOnly { bits.skip(1) }
        bits.skip(1)  // direct_8x8_inference_flag
        guard widthInMacroblocks <= 1024, heightInMapUnits <= 1024, !bits.hasOverrun else {
            return nil
        }
        let crop = readCrop(&bits, in: unit)
        guard !bits.hasOverrun else { return nil }
        // Units of cropping for the chroma formats (equations 7-19 to 7-22).
        let cropX = chromaFormat == 1 || chromaFormat == 2 ? 2 : 1
        let cropY = (chromaFormat == 1 ? 2 : 1) * (isFrameOnly ? 1 : 2)
        let width = widthInMacroblocks * 16 - crop.horizontal * cropX
        let height = heightInMapUnits * 16 * (isFrameOnly ? 1 : 2) - crop.vertical * cropY
        return width > 0 && height > 0 ? (width, height) : nil
    }

    /// - Returns: false for sets with scaling matrices, whose sizes nobody asks for.
    private static func skipHighProfileFields(
        _ chromaFormat: UInt32, _ bits: inout BitReader, in unit: RawSpan
    ) -> Bool {
        if chromaFormat == 3 { bits.skip(1) }
        _ = bits.readGolomb(in: unit)  // bit_depth_luma_minus8
        _ = bits.readGolomb(in: unit)  // bit_depth_chroma_minus8
        bits.skip(1)  // qpprime_y_zero_transform_bypass_flag
        return bits.read(1, in: unit) == 0  // seq_scaling_matrix_present_flag
    }

    private static func skipPictureOrder(_ bits: inout BitReader, in unit: RawSpan) {
        switch bits.readGolomb(in: unit) {
        case 0: _ = bits.readGolomb(in: unit)
        case 1:
            bits.skip(1)
            _ = bits.readGolomb(in: unit)
            _ = bits.readGolomb(in: unit)
            let count = min(255, bits.readGolomb(in: unit))
            for _ in 0..<count { _ = bits.readGolomb(in: unit) }
        default: break
        }
    }

    private static func readCrop(
        _ bits: inout BitReader, in unit: RawSpan
    ) -> (horizontal: Int, vertical: Int) {
        guard bits.read(1, in: unit) == 1 else { return (0, 0) }
        let sides = (0..<4).map { _ in min(16_384, Int(bits.readGolomb(in: unit))) }
        return (sides[0] + sides[1], sides[2] + sides[3])
    }
}

/// Reads bits from the most significant on. Beyond the end it gives zeros and remembers that it did.
struct BitReader {
    private let size: Int
    private var position = 0
    private(set) var hasOverrun = false

    /// - Parameter size: bytes that may be read.
    init(size: Int) { self.size = size }

    mutating func skip(_ count: Int) { position += count }

    /// - Parameter count: 0...32.
    mutating func read(_ count: Int, in bytes: RawSpan) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            let index = position / 8
            guard index < size else {
                hasOverrun = true
                return 0
            }
            let bit = bytes.byte(at: index) >> UInt8(7 - position % 8) & 1
            value = value << 1 | UInt32(bit)
            position += 1
        }
        return value
    }

    /// An unsigned Exp-Golomb number (ITU-T H.264 §9.1); 0 for one of more than 31 bits.
    mutating func readGolomb(in bytes: RawSpan) -> UInt32 {
        var zeros = 0
        while read(1, in: bytes) == 0 {
            zeros += 1
            guard zeros < 32, !hasOverrun else {
                hasOverrun = true
                return 0
            }
        }
        return (1 << UInt32(zeros)) - 1 + read(zeros, in: bytes)
    }
}
