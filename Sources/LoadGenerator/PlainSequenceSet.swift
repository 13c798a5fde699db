/// Writes the least H.264 sequence parameter set that says how large the pictures are
/// (ITU-T H.264 §7.3.2.1.1).
enum PlainSequenceSet {
    /// - Parameters: in pixels; whole macroblocks of 16 are counted.
    static func bytes(width: Int, height: Int) -> [UInt8] {
        var bits: [Bool] = []
        appendExpGolomb(0, to: &bits)  // seq_parameter_set_id
        appendExpGolomb(0, to: &bits)  // log2_max_frame_num_minus4
        appendExpGolomb(2, to: &bits)  // pic_order_cnt_type
        appendExpGolomb(1, to: &bits)  // max_num_ref_frames
        bits.append(false)  // gaps_in_frame_num_value_allowed_flag
        appendExpGolomb(width / 16 - 1, to: &bits)
        appendExpGolomb(height / 16 - 1, to: &bits)
        // frame_mbs_only_flag, direct_8x8_inference_flag, no cropping, no VUI, the stop bit.
        bits += [true, true, false, false, true]
        // NAL header, constrained baseline, level 3.1.
        return [0x67, 0x42, 0xC0, 0x1F] + packed(bits)
    }

    /// ue(v) of §9.1: as many zeros as bits follow the first one of value + 1.
    private static func appendExpGolomb(_ value: Int, to bits: inout [Bool]) {
        let code = value + 1
        let size = Int.bitWidth - code.leadingZeroBitCount
        bits += Array(repeating: false, count: size - 1)
        for place in (0..<size).reversed() { bits.append(code >> place & 1 == 1) }
    }

    private static func packed(_ bits: [Bool]) -> [UInt8] {
        stride(from: 0, to: bits.count, by: 8).map { start in
            (0..<8).reduce(0) { byte, place in
                let index = start + place
                return byte << 1 | (index < bits.count && bits[index] ? 1 : 0)
            }
        }
    }
}
