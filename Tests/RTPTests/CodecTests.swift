import Primitives
import RTP
import Testing

private func startsKeyframe(_ codec: Codec, _ payload: [UInt8]) -> Bool {
    Keyframe.startsKeyframe(codec, payload: payload.rawSpan)
}

private func resolution(_ codec: Codec, _ payload: [UInt8]) -> [Int]? {
    Keyframe.resolution(codec, payload: payload.rawSpan).map { [$0.width, $0.height] }
}

private func descriptor(_ payload: [UInt8]) throws -> VP8Descriptor {
    try VP8Descriptor(parsing: payload.rawSpan)
}

private func parameterSet(_ unit: [UInt8]) -> H264SequenceParameterSet? {
    H264SequenceParameterSet(parsing: unit.rawSpan)
}

private func originalNumber(_ payload: [UInt8]) -> SequenceNumber? {
    RTX.originalSequenceNumber(payload.rawSpan)
}

@Suite("Codecs")
struct CodecTests {
    @Test("names are compared without case")
    func names() {
        #expect(Codec(encodingName: "OPUS") == .opus)
        #expect(Codec(encodingName: "vp8") == .vp8)
        #expect(Codec(encodingName: "h264") == .h264)
        #expect(Codec(encodingName: "rtx") == nil)
        #expect(Codec.opus.clockRate == 48_000 && Codec.vp8.clockRate == 90_000)
    }

    @Test("RTX payloads begin with the original number")
    func rtx() {
        #expect(originalNumber([0x12, 0x34, 5]) == SequenceNumber(0x1234))
        #expect(originalNumber([0x12]) == nil)
    }
}

@Suite("VP8 payloads")
struct VP8Tests {
    @Test("a descriptor with everything")
    func completeDescriptor() throws {
        let payload: [UInt8] = [0xB0, 0xF0, 0x92, 0x34, 0x56, 0xA3, 0]
        let descriptor = try VP8Descriptor(parsing: payload.rawSpan)
        #expect(descriptor.start && descriptor.partition == 0 && descriptor.isNonReference)
        #expect(descriptor.pictureID == 0x1234 && descriptor.pictureIDIsLong)
        #expect(descriptor.pictureIDOffset == 2)
        #expect(descriptor.tl0PicIdx == 0x56 && descriptor.tl0PicIdxOffset == 4)
        #expect(descriptor.tid == 2 && descriptor.isLayerSync && descriptor.keyIndex == 3)
        #expect(descriptor.size == 6)
    }

    @Test("short and partial descriptors")
    func shortDescriptors() throws {
        let plain = try descriptor([0x15])
        #expect(plain.size == 1 && plain.start && plain.partition == 5 && !plain.startsFrame)
        let seven = try descriptor([0x80, 0x80, 0x7F])
        #expect(seven.size == 3 && seven.pictureID == 0x7F && !seven.pictureIDIsLong)
        let keyed = try descriptor([0x80, 0x10, 0xFF])
        #expect(keyed.tid == nil && keyed.keyIndex == 31 && !keyed.isLayerSync)
    }

    @Test(
        "cut descriptors are refused",
        arguments: [[], [0x80], [0x80, 0x80], [0x80, 0x80, 0x80], [0x80, 0x40], [0x80, 0x20]]
            as [[UInt8]])
    func cut(payload: [UInt8]) {
        #expect(throws: RTPViolation.payloadDescriptor) {
            _ = try descriptor(payload)
        }
    }

    @Test("keyframes and their size")
    func keyframes() {
        // 1280x720, with scaling bits set above both.
        let key: [UInt8] = [
            0x90, 0x80, 0x01, 0x50, 0x02, 0x00, 0x9D, 0x01, 0x2A, 0x00, 0x45, 0xD0, 0x82,
        ]
        #expect(startsKeyframe(.vp8, key))
        #expect(resolution(.vp8, key) == [1280, 720])
        func changed(_ index: Int, _ byte: UInt8) -> [UInt8] {
            var copy = key
            copy[index] = byte
            return copy
        }
        #expect(!startsKeyframe(.vp8, changed(3, 0x51)))  // P
        #expect(!startsKeyframe(.vp8, changed(0, 0x80)))  // S
        #expect(!startsKeyframe(.vp8, changed(0, 0x91)))  // PID
        #expect(resolution(.vp8, changed(6, 0)) == nil)
        #expect(resolution(.vp8, Array(key.dropLast())) == nil)
        #expect(!startsKeyframe(.vp8, Array(key.prefix(3))))
    }
}

@Suite("H.264 payloads")
struct H264Tests {
    @Test(
        "keyframes",
        arguments: [
            ([0x65, 0x88], true), ([0x67, 0x42], true), ([0x68, 0xCE], false),
            ([0x41, 0x9A], false),
            ([0x78, 0, 2, 0x67, 1, 0, 1, 0x68], true), ([0x78, 0, 1, 0x68, 0, 2, 0x65, 1], true),
            ([0x78, 0, 1, 0x68, 0, 1, 0x41], false), ([0x78, 0, 9, 0x67, 1], false),
            ([0x78, 0, 0, 0x67, 1], false), ([0x78], false), ([0x78, 0, 1], false),
            ([0x7C, 0x85, 1], true), ([0x7C, 0x05, 1], false), ([0x7C, 0x45, 1], false),
            ([0x7C, 0x81, 1], false), ([0x7C], false), ([], false), ([0], false),
        ] as [([UInt8], Bool)])
    func keyframes(payload: [UInt8], isStart: Bool) {
        #expect(startsKeyframe(.h264, payload) == isStart)
    }

    /// Parameter sets that x264 wrote: baseline, high, 4:2:2, 4:4:4, interlaced, with scaling lists;
    /// with emulation prevention bytes, and with cropping where the size is no multiple of 16.
    @Test(
        "the picture's size is in the sequence parameter set",
        arguments: [
            ("6742c01fda014016e840000003004000000f23c60ca8", 0x42, 1280, 720),
            ("6742c00dda05067e7840000003004000000f23c50aa8", 0x42, 320, 180),
            ("6742c028da01e0089f9610000003001000000303c8f1832a", 0x42, 1920, 1080),
            ("6742c01eda0290bf889210000003001000000303c8f162ea", 0x42, 642, 362),
            ("677a001ebcb405017fc5c2000003000200000300791e2c5d40", 0x7A, 640, 358),
            ("67f4001e919680a02fee2610000003001000000303c8f162ea", 0xF4, 638, 360),
            ("674d4028f403c0227ee10000030001000003003c9f162ea0", 0x4D, 1920, 1080),
            ("6764001facb402802dd080000003008000001e478c1950", 0x64, 1280, 720),
            ("6742c033da00f0010fa10000030001000003003c8f1832a0", 0x42, 3840, 2160),
        ] as [(String, UInt8, Int, Int)])
    func size(hex: String, profile: UInt8, width: Int, height: Int) throws {
        let unit = bytes(hex: hex)
        let set = try #require(parameterSet(unit))
        #expect(set.profile == profile && set.width == width && set.height == height)
        #expect(resolution(.h264, unit) == [width, height])
        let aggregate = [0x78, 0, 2, 0x09, 0xF0, 0, UInt8(unit.count)] + unit + [0, 1, 0x68]
        #expect(resolution(.h264, aggregate) == [width, height])
        #expect(startsKeyframe(.h264, aggregate))
        // Cut short, it tells nothing, or the size where only what follows it is missing.
        for count in 0..<unit.count {
            let part = resolution(.h264, Array(unit.prefix(count)))
            #expect(part == nil || part == [width, height])
        }
    }

    @Test("other units tell no size")
    func noSize() {
        #expect(resolution(.h264, [0x65, 0x88, 0x84, 0x00]) == nil)
        #expect(resolution(.h264, [0x67, 0, 0, 0]) == nil)
        #expect(resolution(.h264, [0x67] + Array(repeating: 0, count: 60)) == nil)
        #expect(resolution(.h264, [0x67] + Array(repeating: 0xFF, count: 60)) == [16, 16])
    }

    @Test("sound can start anywhere")
    func sound() {
        let payload: [UInt8] = [0x78]
        #expect(startsKeyframe(.opus, payload))
        #expect(resolution(.opus, payload) == nil)
    }
}

private func bytes(hex: String) -> [UInt8] {
    let digits = Array(hex)
    return stride(from: 0, to: digits.count, by: 2).map {
        UInt8(String(digits[$0...$0 + 1]), radix: 16)!
    }
}
