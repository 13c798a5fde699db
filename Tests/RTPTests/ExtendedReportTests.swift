import Primitives
import RTP
import Testing

private func written(_ body: (inout ByteWriter) -> Void) -> [UInt8] {
    var writer = ByteWriter(capacity: 2000)
    body(&writer)
    return writer.array
}

/// The blocks of a compound that is one XR packet, and the violation that ended the walk.
private func blocks(
    _ bytes: [UInt8]
) throws -> (found: [ExtendedReportBlock], violation: RTCPViolation?) {
    var cursor = RTCPCursor()
    guard case .extendedReport(_, let range)? = try cursor.next(in: bytes.rawSpan) else {
        return ([], nil)
    }
    var walk = ExtendedReportCursor(range)
    var found: [ExtendedReportBlock] = []
    do {
        while let block = try walk.next(in: bytes.rawSpan) { found.append(block) }
    } catch {
        let afterwards = try? walk.next(in: bytes.rawSpan)
        #expect(afterwards == .some(nil), "the walk is over after a violation")
        return (found, error)
    }
    return (found, nil)
}

@Suite("RTCP extended reports (RFC 3611)")
struct ExtendedReportTests {
    @Test("a receiver's reference time as §4.4 lays it out")
    func referenceTime() throws {
        let bytes = written {
            RTCPWriter.receiverReferenceTime(
                sender: SSRC(0xDEAD_BEEF), ntp: 0x0123_4567_89AB_CDEF, into: &$0)
        }
        #expect(
            bytes == [
                0x80, 207, 0, 4, 0xDE, 0xAD, 0xBE, 0xEF, 4, 0, 0, 2, 0x01, 0x23, 0x45, 0x67, 0x89,
                0xAB, 0xCD, 0xEF,
            ])
        #expect(try blocks(bytes).found == [.receiverReferenceTime(ntp: 0x0123_4567_89AB_CDEF)])
    }

    @Test("what libwebrtc answers it with: DLRR with two receivers, as §4.5 lays it out")
    func echoes() throws {
        let echoes = [
            ReferenceTimeEcho(
                receiver: SSRC(7), lastReference: 0xAABB_CCDD, delaySinceLastReference: 65_536),
            ReferenceTimeEcho(receiver: SSRC(8), lastReference: 0, delaySinceLastReference: 0),
        ]
        let bytes = written {
            RTCPWriter.referenceTimeEchoes(sender: SSRC(9), echoes, into: &$0)
        }
        #expect(
            bytes == [
                0x80, 207, 0, 8, 0, 0, 0, 9, 5, 0, 0, 6, 0, 0, 0, 7, 0xAA, 0xBB, 0xCC, 0xDD, 0, 1,
                0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0,
            ])
        #expect(try blocks(bytes).found == [.referenceTimeEchoes(12..<36)])
        let read = [12, 24].map { ReferenceTimeEcho(at: $0, in: bytes.rawSpan) }
        #expect(read == echoes)
    }

    @Test("blocks of other types are passed by")
    func others() throws {
        let bytes: [UInt8] = [
            0x80, 207, 0, 8, 0, 0, 0, 1,
            42, 0, 0, 1, 1, 2, 3, 4,  // libwebrtc's target bitrate
            4, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2,
            1, 0, 0, 0,  // an empty loss run-length block
            5, 0, 0, 0,  // DLRR about nobody
        ]
        #expect(
            try blocks(bytes).found == [
                .other(type: 42), .receiverReferenceTime(ntp: 0x1_0000_0002), .other(type: 1),
                .referenceTimeEchoes(36..<36),
            ])
    }

    @Test(
        "what does not fit ends the walk",
        arguments: [
            [4, 0, 0, 1, 0, 0, 0, 1], [4, 0, 0, 3] + [UInt8](repeating: 0, count: 12),
            [4, 0, 0, 2, 0, 0, 0, 1], [5, 0, 0, 3, 0, 0, 0, 1],
            [5, 0, 0, 2] + [UInt8](repeating: 0, count: 8), [9, 0, 255, 255],
        ] as [[UInt8]])
    func malformed(block: [UInt8]) throws {
        let good: [UInt8] = [9, 0, 0, 0]
        let body = [0, 0, 0, 1] + good + block
        let result = try blocks([0x80, 207, 0, UInt8(body.count / 4)] + body)
        #expect(result.found == [.other(type: 9)])
        #expect(result.violation == .body(type: 207))
    }
}
