import BitStrings
import Primitives
import RTP
import Testing

private func rewritten(_ payload: [UInt8], _ writer: VP8DescriptorWriter) throws -> [UInt8] {
    var bytes = ByteWriter(capacity: 64)
    writer.write(try VP8Descriptor(parsing: payload.rawSpan), of: payload.rawSpan, into: &bytes)
    return bytes.array
}

private func rewritten(_ payload: [UInt8], _ writer: VP9DescriptorWriter) throws -> [UInt8] {
    var bytes = ByteWriter(capacity: 1024)
    writer.write(try VP9Descriptor(parsing: payload.rawSpan), of: payload.rawSpan, into: &bytes)
    return bytes.array
}

private func vp9(_ payload: [UInt8]) throws -> VP9Descriptor {
    try VP9Descriptor(parsing: payload.rawSpan)
}

private func structure(_ payload: [UInt8]) throws -> VP9ScalabilityStructure {
    let range = try vp9(payload).structure ?? 0..<0
    return try VP9ScalabilityStructure(parsing: payload.rawSpan, in: range)
}

private func vp9Size(_ payload: [UInt8]) -> [Int]? {
    VP9Payload.resolution(payload.rawSpan).map { [$0.width, $0.height] }
}

private func av1Size(_ payload: [UInt8]) -> [Int]? {
    AV1Payload.resolution(payload.rawSpan).map { [$0.width, $0.height] }
}

private func isVP9Keyframe(_ payload: [UInt8]) -> Bool {
    VP9Payload.startsKeyframe(payload.rawSpan)
}

private func isAV1Keyframe(_ payload: [UInt8]) -> Bool {
    AV1Payload.startsKeyframe(payload.rawSpan)
}

private func aggregation(_ payload: [UInt8]) throws -> AV1AggregationHeader {
    try AV1AggregationHeader(parsing: payload.rawSpan)
}

/// The vectors are built by hand after the figures of RFC 7741 §4.2.
@Suite("VP8 descriptors, written anew")
struct VP8WriterTests {
    let writer = VP8DescriptorWriter(pictureID: 0x7ABC, tl0PicIdx: 0x11, keyIndex: 7)

    @Test("only what the source has is written, ids in the long form")
    func widths() throws {
        // X, I L T K with 15 bits: in place. With 7 bits: a byte more.
        #expect(
            try rewritten([0xB0, 0xF0, 0x92, 0x34, 0x56, 0xA3, 9], writer)
                == [0xB0, 0xF0, 0xFA, 0xBC, 0x11, 0xA7])
        #expect(
            try rewritten([0x90, 0xF0, 0x12, 0x56, 0xA3, 9], writer)
                == [0x90, 0xF0, 0xFA, 0xBC, 0x11, 0xA7])
        // T without K keeps its bits; K without T, too.
        #expect(try rewritten([0x80, 0x20, 0xBF, 9], writer) == [0x80, 0x20, 0xBF])
        #expect(try rewritten([0x80, 0x10, 0xFF, 9], writer) == [0x80, 0x10, 0xE7])
        #expect(try rewritten([0x80, 0x40, 0x22, 9], writer) == [0x80, 0x40, 0x11])
        #expect(try rewritten([0x10, 9], writer) == [0x10])
        #expect(try rewritten([0x80, 0x00, 9], writer) == [0x80, 0x00])
    }

    @Test("what is written is read, whatever the source had", arguments: 0..<4 as Range<UInt64>)
    func fuzz(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<30_000 {
            let payload = (0..<Int.random(in: 0...10, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            guard let source = try? VP8Descriptor(parsing: payload.rawSpan) else { continue }
            let bytes = try rewritten(payload, writer)
            let copy = try VP8Descriptor(parsing: bytes.rawSpan)
            #expect(copy.size == bytes.count && bytes.count <= VP8DescriptorWriter.maximumSize)
            #expect(copy.pictureID == source.pictureID.map { _ in 0x7ABC })
            #expect(copy.tl0PicIdx == source.tl0PicIdx.map { _ in 0x11 })
            #expect(copy.keyIndex == source.keyIndex.map { _ in 7 })
            #expect(copy.tid == source.tid && copy.isLayerSync == source.isLayerSync)
            #expect(copy.startsFrame == source.startsFrame)
        }
    }
}

/// The vectors are built by hand after the figures of RFC 9628 §4.2.
@Suite("VP9 payloads")
struct VP9Tests {
    @Test("a descriptor of the flexible mode")
    func flexible() throws {
        // I P L F B; id 0x1234; TID 2, U, SID 1, D; P_DIFF 3 and 4.
        let descriptor = try vp9([0xF8, 0x92, 0x34, 0x53, 0x07, 0x08, 0xAA])
        #expect(descriptor.pictureID == 0x1234 && descriptor.pictureIDIsLong)
        #expect(descriptor.temporalID == 2 && descriptor.spatialID == 1)
        #expect(descriptor.isSwitchingUpPoint && descriptor.isInterLayerDependent)
        #expect(descriptor.pictureDifferences == [3, 4, 0, 0] && descriptor.tl0PicIdx == nil)
        #expect(descriptor.startsFrame && !descriptor.endsFrame && descriptor.size == 6)
        #expect(!descriptor.startsKeyPicture && descriptor.structure == nil)
    }

    @Test("a descriptor of the other mode, with a structure")
    func structures() throws {
        // I L B E V Z; id 0x7F; TID 0, U, SID 0; TL0PICIDX 9; two layers with sizes, a group of two.
        let payload: [UInt8] = [
            0xAF, 0x7F, 0x10, 0x09, 0x38, 0x01, 0x40, 0x00, 0xB4, 0x02, 0x80, 0x01, 0x68, 0x02,
            0x14, 0x02, 0x30, 0xAA,
        ]
        let descriptor = try vp9(payload)
        #expect(descriptor.pictureID == 0x7F && !descriptor.pictureIDIsLong)
        #expect(descriptor.tl0PicIdx == 9 && descriptor.structure == 4..<17)
        #expect(descriptor.isNotReferredToByUpperLayers && descriptor.endsFrame)
        #expect(descriptor.startsKeyPicture && isVP9Keyframe(payload))
        let structure = try structure(payload)
        #expect(structure.spatialLayers == 2 && structure.sizes.map(\.width) == [320, 640])
        #expect(structure.group.map(\.temporalID) == [0, 1])
        #expect(structure.group.map(\.differences) == [[2], []])
        #expect(structure.group.map(\.isSwitchingUpPoint) == [true, true])
        #expect(vp9Size(payload) == [640, 360])
    }

    @Test(
        "what does not fit is refused",
        arguments: [
            [], [0x80], [0x80, 0x80], [0x20], [0x20, 0], [0xF0, 1, 0], [0xF0, 1, 0, 3],
            [0xD0, 1, 3, 3, 3, 2], [0xD0, 1, 0], [0x50, 2], [0x02], [0x02, 0x10, 0, 0, 0],
            [0x02, 0x08], [0x02, 0x08, 1], [0x02, 0x08, 1, 0x04],
        ] as [[UInt8]])
    func cut(payload: [UInt8]) {
        #expect(throws: RTPViolation.payloadDescriptor) { _ = try vp9(payload) }
    }

    @Test("the size in the uncompressed header")
    func uncompressedHeader() {
        // Profile 0: frame marker 2, keyframe, shown; sync code; color space 2, studio range;
        // 1279 and 719 in 16 bits each, from the fifth bit of a byte on.
        let header: [UInt8] = [0x82, 0x49, 0x83, 0x42, 0x40, 0x4F, 0xF0, 0x2C, 0xF0]
        #expect(vp9Size([0x0C] + header) == [1280, 720])
        #expect(vp9Size([0x4C] + header) == nil)  // P
        #expect(vp9Size([0x0C] + header.dropLast()) == nil)
        #expect(vp9Size([0x0C, 0x86] + header.dropFirst()) == nil)  // no keyframe
    }

    @Test("only the numbers are written anew")
    func rewriting() throws {
        let writer = VP9DescriptorWriter(pictureID: 0x0102, tl0PicIdx: 0xEE)
        #expect(
            try rewritten([0xF8, 0x92, 0x34, 0x53, 0x07, 0x08, 0xAA], writer)
                == [0xF8, 0x81, 0x02, 0x53, 0x07, 0x08])
        #expect(
            try rewritten([0xAE, 0x7F, 0x10, 0x09, 0x20, 0xAA], writer)
                == [0xAE, 0x81, 0x02, 0x10, 0xEE, 0x20])
        #expect(try rewritten([0x08, 0xAA], writer) == [0x08])
    }
}

/// The vectors are built by hand after the AV1 RTP specification §4.4 and the bitstream's §5.5.
@Suite("AV1 payloads")
struct AV1Tests {
    /// Profile 0, one operating point 0 of level 0, 16 and 16 bits of size: 1920x1080.
    static let sequence: [UInt8] = {
        var bits = BitString()
        bits.append(0, 29)  // seq_profile to seq_level_idx, all zero
        bits.append(15, 4)
        bits.append(15, 4)
        bits.append(1919, 16)
        bits.append(1079, 16)
        return [0x08] + bits.bytes
    }()

    @Test("the aggregation header")
    func aggregationHeader() throws {
        let all = try aggregation([0xE0])
        #expect(all.continues && all.isContinued && all.elementCount == 2 && !all.startsSequence)
        #expect(isAV1Keyframe([0x18, 0x08]) && !isAV1Keyframe([0x10, 0x08]))
        #expect(throws: RTPViolation.payloadDescriptor) { _ = try aggregation([]) }
        #expect(throws: RTPViolation.payloadDescriptor) { _ = try aggregation([0x88]) }
    }

    @Test("the size in the sequence header")
    func size() {
        let sized = [0x0A, UInt8(Self.sequence.count - 1)] + Self.sequence.dropFirst()
        let count = UInt8(Self.sequence.count)
        #expect(av1Size([0x18] + Self.sequence) == [1920, 1080])
        #expect(av1Size([0x18] + sized) == [1920, 1080])
        #expect(av1Size([0x28, count] + Self.sequence + [0x30, 1]) == [1920, 1080])
        #expect(av1Size([0x08, count] + Self.sequence + [2, 0x30, 1]) == [1920, 1080])
        #expect(av1Size([0x28, 2, 0x30, 1] + Self.sequence) == [1920, 1080])
        #expect(av1Size([0x98] + Self.sequence) == nil)
        #expect(av1Size([0x28, count + 9] + Self.sequence) == nil)
        #expect(av1Size([0x18] + Self.sequence.prefix(7)) == nil)
    }

    @Test("timing, a decoder model and many operating points are skipped")
    func operatingPoints() throws {
        var bits = BitString()
        bits.append(0, 5)  // seq_profile 0, still_picture 0, reduced 0
        bits.append(1, 1)
        bits.append(1, 32)
        bits.append(30, 32)
        bits.append(1, 1)  // equal_picture_interval, then uvlc 00101
        bits.append(5, 5)
        bits.append(1, 1)  // a decoder model: delays of 10 bits
        bits.append(9, 5)
        bits.append(77, 32)
        bits.append(0, 10)
        bits.append(1, 1)  // initial display delays
        bits.append(2, 5)
        for point in [0x307, 0x303, 0x101] {
            bits.append(point, 12)
            bits.append(9, 5)
            bits.append(1, 1)  // seq_tier
            bits.append(1, 1)
            bits.append(0xABCDE, 21)
            bits.append(1, 1)
            bits.append(3, 4)
        }
        bits.append(9, 4)
        bits.append(8, 4)
        bits.append(639, 10)
        bits.append(359, 9)
        let unit = [0x08] + bits.bytes
        let header = try AV1SequenceHeader(parsing: unit.rawSpan)
        #expect(header.width == 640 && header.height == 360)
        #expect(header.operatingPoints == [0x307, 0x303, 0x101])
        for count in 0..<unit.count {
            #expect(av1Size([0x18] + unit.prefix(count)) == nil)
        }
    }
}
