import Primitives
import RTP
import Testing

/// Whatever comes, readers return or throw. A trap ends the test run.
@Suite("Hostile bytes")
struct FuzzTests {
    @Test("random and mutated packets", arguments: 0..<4 as Range<UInt64>)
    func packets(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<5000 {
            var bytes: [UInt8]
            if Bool.random(using: &generator) {
                bytes = RTPHeaderTests.packet
                for _ in 0..<Int.random(in: 1...6, using: &generator) {
                    bytes[Int.random(in: 0..<bytes.count, using: &generator)] =
                        UInt8.random(in: 0...255, using: &generator)
                }
                bytes.removeLast(Int.random(in: 0..<8, using: &generator))
            } else {
                bytes = (0..<Int.random(in: 0..<64, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
                if !bytes.isEmpty { bytes[0] = 0x80 | bytes[0] & 0x3F }
            }
            readAll(bytes)
        }
    }

    @Test("random compounds", arguments: 0..<4 as Range<UInt64>)
    func compounds(seed: UInt64) {
        var generator = SeededGenerator(seed: seed &+ 100)
        for _ in 0..<5000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let words = Int.random(in: 0...12, using: &generator)
                bytes += [
                    UInt8.random(in: 0x80...0xBF, using: &generator),
                    UInt8.random(in: 199...208, using: &generator), 0, UInt8(words),
                ]
                bytes += (0..<words * 4).map { _ in UInt8.random(in: 0...255, using: &generator) }
            }
            bytes.removeLast(Int.random(in: 0...3, using: &generator))
            readAll(bytes)
        }
    }

    @Test("random parameter sets", arguments: [0x42, 0x4D, 0x64, 0xF4] as [UInt8])
    func parameterSets(profile: UInt8) {
        var generator = SeededGenerator(seed: UInt64(profile))
        for _ in 0..<5000 {
            let bytes: [UInt8] =
                [0x67, profile, 0, 31]
                + (0..<Int.random(in: 0..<40, using: &generator)).map { _ in
                    // Many zeros: long codes, and emulation prevention.
                    Bool.random(using: &generator)
                        ? UInt8.random(in: 0...3, using: &generator)
                        : UInt8.random(in: 0...255, using: &generator)
                }
            if let set = H264SequenceParameterSet(parsing: bytes.rawSpan) {
                #expect((1...32_768).contains(set.width) && (1...32_768).contains(set.height))
            }
        }
    }

    private func readAll(_ bytes: [UInt8]) {
        _ = RTPClassifier.classify(bytes.rawSpan)
        if let header = try? RTPHeader(parsing: bytes.rawSpan) {
            #expect(header.payloadEnd + header.paddingCount == bytes.count)
            var cursor = HeaderExtensionCursor(header)
            while let element = cursor.next(in: bytes.rawSpan) {
                #expect(element.value.upperBound <= header.size)
            }
            let payload = Array(bytes[header.payload])
            for codec in Codec.allCases {
                _ = Keyframe.startsKeyframe(codec, payload: payload.rawSpan)
                _ = Keyframe.resolution(codec, payload: payload.rawSpan)
            }
        }
        readCompound(bytes)
    }

    private func readCompound(_ bytes: [UInt8]) {
        var cursor = RTCPCursor()
        while let packet = try? cursor.next(in: bytes.rawSpan) {
            switch packet {
            case .senderReport(_, let range), .receiverReport(_, let range):
                ReportBlock.forEach(in: bytes.rawSpan, blocks: range) { _ in }
            case .nack(_, let range):
                NACK.forEach(in: bytes.rawSpan, items: range) { _ in }
            case .fullIntraRequest(let range):
                FullIntraRequest.forEach(in: bytes.rawSpan, entries: range) { _, _ in }
            case .extendedReport(_, let range):
                readBlocks(bytes, range)
            default: break
            }
        }
    }

    private func readBlocks(_ bytes: [UInt8], _ range: Range<Int>) {
        var blocks = ExtendedReportCursor(range)
        var count = 0
        while let block = try? blocks.next(in: bytes.rawSpan) {
            count += 1
            guard case .referenceTimeEchoes(let echoes) = block else { continue }
            #expect(range.contains(echoes.lowerBound - 4) && echoes.upperBound <= range.upperBound)
            for start in stride(
                from: echoes.lowerBound, to: echoes.upperBound, by: ReferenceTimeEcho.size)
            {
                _ = ReferenceTimeEcho(at: start, in: bytes.rawSpan)
            }
        }
        #expect(count <= range.count / 4)
    }

    /// XR packets whose blocks are mutated, cut and made up.
    @Test("random extended reports", arguments: 0..<4 as Range<UInt64>)
    func extendedReports(seed: UInt64) {
        var generator = SeededGenerator(seed: seed &+ 200)
        for _ in 0..<5000 {
            var body: [UInt8] = [0, 0, 0, 1]
            for _ in 0..<Int.random(in: 0...4, using: &generator) {
                let words = Int.random(in: 0...7, using: &generator)
                let said = UInt8(max(0, words + Int.random(in: -1...1, using: &generator)))
                body += [UInt8.random(in: 3...6, using: &generator), 0, 0, said]
                body += (0..<words * 4).map { _ in UInt8.random(in: 0...255, using: &generator) }
            }
            readCompound([0x80, 207, 0, UInt8(body.count / 4)] + body)
        }
    }
}
