import Primitives
import RTP
import Testing

/// All packets of a compound.
private func packets(_ bytes: [UInt8]) throws -> [RTCPPacket] {
    var cursor = RTCPCursor()
    var found: [RTCPPacket] = []
    while let packet = try cursor.next(in: bytes.rawSpan) { found.append(packet) }
    return found
}

private func written(_ body: (inout ByteWriter) -> Void) -> [UInt8] {
    var writer = ByteWriter(capacity: 2000)
    body(&writer)
    return writer.array
}

private func reportBlocks(_ bytes: [UInt8], _ range: Range<Int>) -> [ReportBlock] {
    var found: [ReportBlock] = []
    ReportBlock.forEach(in: bytes.rawSpan, blocks: range) { found.append($0) }
    return found
}

private func numbers(_ bytes: [UInt8], _ items: Range<Int>) -> [UInt16] {
    var found: [UInt16] = []
    NACK.forEach(in: bytes.rawSpan, items: items) { found.append($0.rawValue) }
    return found
}

@Suite("RTCP reports")
struct RTCPReportTests {
    private let report = SenderReport(
        ssrc: SSRC(0xDEAD_BEEF), ntp: 0x0123_4567_89AB_CDEF, rtp: RTPTimestamp(90_000),
        packetCount: 7, octetCount: 4000)
    private let block = ReportBlock(
        ssrc: SSRC(5), fractionLost: 12, cumulativeLost: -3, extendedHighest: 0x1_0002, jitter: 99,
        lastSR: 0xAABB_CCDD, delaySinceLastSR: 65536)

    @Test("a compound is read as it was written")
    func compound() throws {
        let bytes = written {
            RTCPWriter.senderReport(report, block: block, into: &$0)
            RTCPWriter.sdesCNAME(ssrc: report.ssrc, cname: "rostrum", into: &$0)
            RTCPWriter.receiverReport(sender: SSRC(9), blocks: [block, block], into: &$0)
            RTCPWriter.bye(ssrc: SSRC(9), into: &$0)
        }
        let found = try packets(bytes)
        #expect(found.count == 4)
        #expect(found[0] == .senderReport(report, blocks: 28..<52))
        #expect(found[2] == .receiverReport(sender: SSRC(9), blocks: 80..<128))
        #expect(found[3] == .bye(ssrcs: 132..<136))
        #expect(reportBlocks(bytes, 28..<52) == [block])
        #expect(reportBlocks(bytes, 80..<128) == [block, block])
        guard case .sourceDescription(let chunks) = found[1] else {
            Issue.record("no SDES")
            return
        }
        #expect(
            Array(bytes[chunks])
                == [0xDE, 0xAD, 0xBE, 0xEF, 1, 7] + Array("rostrum".utf8) + [0, 0, 0])
    }

    @Test("a sender report as the RFC lays it out")
    func layout() {
        let bytes = written { RTCPWriter.senderReport(report, into: &$0) }
        #expect(
            bytes == [
                0x80, 200, 0, 6, 0xDE, 0xAD, 0xBE, 0xEF, 0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD,
                0xEF, 0, 1, 0x5F, 0x90, 0, 0, 0, 7, 0, 0, 0x0F, 0xA0,
            ])
        #expect(
            written { RTCPWriter.receiverReport(sender: SSRC(1), block: nil, into: &$0) }
                == [0x80, 201, 0, 1, 0, 0, 0, 1])
    }

    @Test("more blocks than five bits can count are left out")
    func manyBlocks() throws {
        let many = Array(repeating: block, count: 40)
        let bytes = written { RTCPWriter.receiverReport(sender: SSRC(1), blocks: many, into: &$0) }
        #expect(try packets(bytes) == [.receiverReport(sender: SSRC(1), blocks: 8..<8 + 31 * 24)])
    }

    @Test(
        "cumulative loss has 24 bits and a sign",
        arguments: [
            (0, 0), (-1, -1), (0x7F_FFFF, 0x7F_FFFF), (0x80_0000, 0x7F_FFFF),
            (-0x80_0000, -0x80_0000), (-0x80_0001, -0x80_0000), (.min, -0x80_0000),
        ] as [(Int32, Int32)])
    func cumulativeLoss(value: Int32, read: Int32) {
        var changed = block
        changed.cumulativeLost = value
        let bytes = written {
            RTCPWriter.receiverReport(sender: SSRC(1), block: changed, into: &$0)
        }
        #expect(reportBlocks(bytes, 8..<32).first?.cumulativeLost == read)
    }

    @Test("a CNAME fills whole words and ends with a zero", arguments: [0, 1, 2, 3, 4, 255, 300])
    func cname(size: Int) throws {
        let name = String(repeating: "x", count: size)
        let bytes = written { RTCPWriter.sdesCNAME(ssrc: SSRC(1), cname: name, into: &$0) }
        #expect(bytes.count % 4 == 0 && bytes.last == 0)
        #expect(Int(bytes[9]) == min(size, 255))
        #expect(try packets(bytes).count == 1)
    }

    @Test("padding is taken off, in whole words or, as libwebrtc has it, less")
    func padding() throws {
        #expect(
            try packets([0xA1, 203, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4]) == [.bye(ssrcs: 4..<8)])
        #expect(
            try packets([0xAF, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 7, 0, 0, 3])
                == [.transportFeedback(12..<13)])
        #expect(throws: RTCPViolation.padding) {
            _ = try packets([0xA1, 203, 0, 2, 0, 0, 0, 1, 0, 0, 0, 9])
        }
        #expect(throws: RTCPViolation.padding) { _ = try packets([0xA0, 203, 0, 0]) }
    }

    @Test(
        "malformed packets are refused",
        arguments: [
            ([0x80], .tooShort), ([0x80, 200, 0], .tooShort), ([0x80, 200, 0, 9], .tooShort),
            ([0x40, 200, 0, 0], .version), ([0x80, 200, 0, 0], .body(type: 200)),
            ([0x81, 201, 0, 1, 0, 0, 0, 1], .body(type: 201)),
            ([0x80, 201, 0, 0], .body(type: 201)),
            ([0x82, 203, 0, 1, 0, 0, 0, 1], .body(type: 203)),
            ([0x81, 205, 0, 1, 0, 0, 0, 1], .body(type: 205)),
            ([0x81, 205, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2], .body(type: 205)),
            ([0x84, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1], .body(type: 206)),
            ([0x80, 207, 0, 0], .body(type: 207)),
        ] as [([UInt8], RTCPViolation)])
    func refusing(bytes: [UInt8], violation: RTCPViolation) {
        #expect(throws: violation) { _ = try packets(bytes) }
    }

    @Test("the walk is over after a violation")
    func over() {
        let bytes: [UInt8] = [0x81, 203, 0, 0, 0x80, 203, 0, 0]
        var cursor = RTCPCursor()
        let first = try? cursor.next(in: bytes.rawSpan)
        let second = try? cursor.next(in: bytes.rawSpan)
        #expect(first == nil && second == .some(nil))
    }

    @Test("what is not known is passed by")
    func others() throws {
        let bytes: [UInt8] = [
            0x80, 204, 0, 2, 0, 0, 0, 1, 0x41, 0x42, 0x43, 0x44,  // APP
            0x83, 205, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2,  // TMMBR
            0x8F, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0x41, 0x42, 0x43, 0x44,  // not REMB
            0x80, 207, 0, 1, 0, 0, 0, 1,  // XR
            0x80, 203, 0, 0,  // BYE of nobody
        ]
        #expect(
            try packets(bytes) == [
                .other(type: 204), .other(type: 205), .other(type: 206),
                .extendedReport(sender: SSRC(1), blocks: 48..<48), .bye(ssrcs: 52..<52),
            ])
    }
}

@Suite("RTCP feedback")
struct RTCPFeedbackTests {
    @Test("keyframe requests")
    func keyframeRequests() throws {
        let bytes = written {
            RTCPWriter.pictureLoss(sender: SSRC(1), media: SSRC(2), into: &$0)
            RTCPWriter.fullIntraRequest(sender: SSRC(1), media: SSRC(3), command: 200, into: &$0)
        }
        #expect(
            try packets(bytes) == [
                .pictureLoss(media: SSRC(2)), .fullIntraRequest(entries: 24..<32),
            ])
        var entries: [SSRC: UInt8] = [:]
        FullIntraRequest.forEach(in: bytes.rawSpan, entries: 24..<32) { entries[$0] = $1 }
        #expect(entries == [SSRC(3): 200])
        #expect(Array(bytes[0..<12]) == [0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2])
    }

    @Test(
        "missing numbers share items of seventeen",
        arguments: [
            ([1], 1), ([1, 2, 17], 1), ([1, 18], 2), ([1, 17, 18, 34], 2),
            ([65530, 65535, 0, 10], 1), ([65535, 0, 16], 2), (Array(0...67), 4),
        ] as [([UInt16], Int)])
    func packing(missing: [UInt16], items: Int) throws {
        let bytes = written {
            let count = RTCPWriter.nack(
                sender: SSRC(1), media: SSRC(2), missing: missing.map { SequenceNumber($0) },
                into: &$0)
            #expect(count == missing.count)
        }
        let range = 12..<12 + 4 * items
        #expect(try packets(bytes) == [.nack(media: SSRC(2), items: range)])
        #expect(numbers(bytes, range) == missing)
    }

    @Test("numbers that are not sorted are still all named")
    func unsorted() throws {
        let missing: [UInt16] = [5, 3, 40, 40, 4]
        let bytes = written {
            RTCPWriter.nack(
                sender: SSRC(1), media: SSRC(2), missing: missing.map { SequenceNumber($0) },
                into: &$0)
        }
        #expect(Set(numbers(bytes, 12..<bytes.count)) == Set(missing))
    }

    @Test("nothing missing writes nothing, and far too much is cut")
    func bounds() throws {
        let far = (0..<100).map { SequenceNumber(UInt16($0 * 20)) }
        let none = written {
            RTCPWriter.nack(sender: SSRC(1), media: SSRC(2), missing: [], into: &$0)
        }
        #expect(none.isEmpty)
        let bytes = written {
            let count = RTCPWriter.nack(
                sender: SSRC(1), media: SSRC(2), missing: far, into: &$0)
            #expect(count == Limits.maximumNACKItems)
        }
        #expect(bytes.count == 12 + 4 * Limits.maximumNACKItems)
    }

    @Test(
        "REMB keeps 18 bits of the rate",
        arguments: [
            (0, 0), (1, 1), (262_143, 262_143), (262_145, 262_144), (2_500_000, 2_500_000),
            (8_500_001, 8_499_968), (-5, 0),
        ] as [(Int64, Int64)])
    func remb(rate: Int64, read: Int64) throws {
        let bytes = written {
            RTCPWriter.remb(
                sender: SSRC(1), bitrate: DataRate(bitsPerSecond: rate), ssrcs: [SSRC(2), SSRC(3)],
                into: &$0)
        }
        #expect(bytes.count == 28 && bytes[16] == 2)
        #expect(
            try packets(bytes)
                == [.receiverEstimatedMaximumBitrate(DataRate(bitsPerSecond: read))])
    }

    @Test("REMB saturates")
    func rembSaturates() throws {
        let bytes: [UInt8] = [
            0x8F, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0x52, 0x45, 0x4D, 0x42, 0, 0xFF, 0xFF, 0xFF,
        ]
        #expect(
            try packets(bytes)
                == [.receiverEstimatedMaximumBitrate(DataRate(bitsPerSecond: .max))])
    }
}
