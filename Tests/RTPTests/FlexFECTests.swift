import Primitives
import RTP
import Testing

/// The header of repair packets (draft-ietf-payload-flexible-fec-scheme-03 §4.2.2.1).
@Suite struct FlexFECTests {
    private func mask(_ offsets: [Int]) -> FlexFECMask {
        var mask = FlexFECMask()
        for offset in offsets { mask[offset] = true }
        return mask
    }

    private func header(_ offsets: [Int]) -> FlexFECHeader {
        FlexFECHeader(
            flags: 0x0123, length: 0x0405, timestamp: 0x0607_0809, protected: SSRC(0x0A0B_0C0D),
            base: SequenceNumber(0xFFFE), mask: mask(offsets))
    }

    private func written(_ header: FlexFECHeader) -> [UInt8] {
        var writer = ByteWriter(capacity: FlexFECHeader.maximumSize)
        header.write(into: &writer)
        return writer.array
    }

    private func read(_ bytes: [UInt8]) throws -> FlexFECHeader {
        try FlexFECHeader(parsing: bytes.rawSpan)
    }

    private static let start: [UInt8] = [
        0x01, 0x23, 0x04, 0x05, 6, 7, 8, 9, 1, 0, 0, 0, 0x0A, 0x0B, 0x0C, 0x0D, 0xFF, 0xFE,
    ]

    @Test(
        arguments: [
            ([0], [0xC0, 0x00]), ([14], [0x80, 0x01]), ([0, 2, 4], [0xD4, 0x00]),
            ([15], [0x00, 0x00, 0xC0, 0, 0, 0]), ([0, 45], [0x40, 0x00, 0x80, 0, 0, 1]),
            ([46], [0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0]),
            ([1, 16, 108], [0x20, 0x00, 0x20, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 1]),
        ] as [([Int], [UInt8])])
    func masksAreOf15And46And109Bits(offsets: [Int], bytes: [UInt8]) throws {
        let header = header(offsets)
        #expect(written(header) == Self.start + bytes)
        #expect(try read(Self.start + bytes) == header)
        #expect(header.size == 18 + bytes.count)
    }

    /// A sender may write a longer mask than it needs.
    @Test func aLongerMaskWithZerosIsRead() throws {
        let found = try read(Self.start + [0x40, 0, 0x80, 0, 0, 0, 0xAA])
        #expect(found.mask == mask([0]) && found.size == 24)
    }

    @Test(
        arguments: [
            { $0[0] |= 0x80 }, { $0[0] |= 0x40 }, { $0[8] = 2 }, { $0[8] = 0 }, { $0[18] = 0x80 },
            { $0[18] = 0x40 }, { $0.removeLast() }, { $0 = [] },
        ] as [@Sendable (inout [UInt8]) -> Void])
    func otherFormsAreRefused(change: @Sendable (inout [UInt8]) -> Void) {
        var bytes = Self.start + [0xC0, 0x00]
        change(&bytes)
        let header = try? read(bytes)
        #expect(header == nil)
    }

    @Test func masksKnowTheirEnds() {
        #expect(mask([]).isEmpty && mask([]).last == -1 && mask([]).count == 0)
        for offset in 0..<FlexFECMask.width {
            let one = mask([offset])
            #expect(one.first == offset && one.last == offset && one.count == 1)
            #expect(one.advanced(by: offset) == mask([0]))
            let two = mask([offset, 108])
            #expect(two.advanced(by: offset) == mask([0, 108 - offset]))
        }
    }

    @Test("what is written is read", arguments: 0..<4 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<5000 {
            let width = [15, 46, 109].randomElement(using: &random)!
            let offsets = (0..<Int.random(in: 1...20, using: &random)).map { _ in
                Int.random(in: 0..<width, using: &random)
            }
            let header = FlexFECHeader(
                flags: .random(in: 0...0x3FFF, using: &random),
                length: .random(in: 0...65_535, using: &random),
                timestamp: .random(in: 0 ... .max, using: &random),
                protected: SSRC(.random(in: 0 ... .max, using: &random)),
                base: SequenceNumber(.random(in: 0...65_535, using: &random)),
                mask: mask(offsets))
            #expect(try read(written(header)) == header)
        }
    }

    @Test("hostile bytes", arguments: 0..<4 as Range<UInt64>)
    func hostile(seed: UInt64) {
        var random = SeededGenerator(seed: seed &+ 9)
        for _ in 0..<20_000 {
            var bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            if bytes.count > 8 {
                bytes[0] &= 0x3F
                bytes[8] = 1
            }
            guard let header = try? read(bytes) else { continue }
            #expect([20, 24, 32].contains(header.size) && header.size <= bytes.count)
            #expect(header.mask.last < (header.size == 20 ? 15 : header.size == 24 ? 46 : 109))
        }
    }
}
