import Primitives
import RTP
import Testing

@testable import Forwarding

/// What a host's stream makes of the packets that come.
@Suite struct ReceiveStreamTests {
    private let now = Instant(nanoseconds: 10_000_000_000)

    private func video() -> ReceiveStream {
        ReceiveStream(.init(ssrc: SSRC(5), codec: .vp8))
    }

    private func packet(_ sequence: UInt16, payload: [UInt8]) -> [UInt8] {
        [0x80, 96, UInt8(sequence >> 8), UInt8(sequence & 0xFF), 0, 0, 0, 9, 0, 0, 0, 5] + payload
    }

    private func arrive(
        _ stream: inout ReceiveStream, _ sequence: UInt16, payload: [UInt8] = [0x10, 1, 0, 7],
        repaired: Bool = false
    ) throws -> ReceiveStream.Arrival {
        let bytes = packet(sequence, payload: payload)
        let header = try RTPHeader(parsing: bytes.rawSpan)
        return repaired
            ? stream.receiveRetransmission(bytes.rawSpan, header: header, at: now)
            : stream.receive(bytes.rawSpan, header: header, at: now)
    }

    @Test func aDuplicateIsStale() throws {
        var stream = video()
        #expect(try arrive(&stream, 65_535) == .fresh)
        #expect(try arrive(&stream, 65_535) == .stale)
        #expect(try arrive(&stream, 0) == .fresh)
        #expect(stream.fresh == [131_071, 131_072])
        #expect(try arrive(&stream, 9, payload: .init(repeating: 1, count: 1537)) == .unusable)
    }

    @Test func aRetransmissionTakesItsOriginalsPlace() throws {
        var stream = video()
        #expect(try arrive(&stream, 3, payload: [0, 10, 1, 2], repaired: true) == .unusable)
        _ = try arrive(&stream, 10)
        _ = try arrive(&stream, 12)
        #expect(stream.nacks.missingCount == 1)
        #expect(try arrive(&stream, 900, payload: [0, 11, 0x10, 1, 42], repaired: true) == .fresh)
        #expect(stream.nacks.missingCount == 0)
        let entry = try must(stream.history.entry(65_536 + 11))
        #expect(stream.history.payload(of: entry).array == [0x10, 1, 42])
        #expect(try arrive(&stream, 901, payload: [0, 11, 0x10, 1, 42], repaired: true) == .stale)
        // Padding for bandwidth probes, and what would move the stream forward.
        #expect(try arrive(&stream, 902, payload: [0, 11], repaired: true) == .unusable)
        #expect(try arrive(&stream, 903, payload: [0, 99, 1], repaired: true) == .unusable)
    }

    @Test func viewersWaitForAKeyframe() throws {
        var stream = video()
        let viewer = Subscriber(peer: 1, track: 0)
        stream.subscribe(viewer)
        #expect(stream.subscribers.isEmpty)
        let asked = stream.takeKeyframeRequest(at: now)
        #expect(asked == .request)
        _ = try arrive(&stream, 1)
        #expect(stream.freshKeyframe == nil)
        let size: [UInt8] = [0x10, 0, 0, 0, 0x9D, 0x01, 0x2A, 0x40, 0x01, 0xB4, 0x00]
        _ = try arrive(&stream, 2, payload: size)
        #expect(stream.freshKeyframe?.sequence == 65_538)
        #expect(stream.resolution == PictureSize(width: 320, height: 180))
        #expect(stream.keyframes.wakeup == nil)
        stream.promoteWaiting()
        #expect(stream.subscribers == [viewer])
        stream.unsubscribe(viewer)
        #expect(stream.subscribers.isEmpty)
    }

    @Test func aHoleThatIsTooLargeAsksForAKeyframe() throws {
        var stream = video()
        _ = try arrive(&stream, 1)
        #expect(stream.keyframes.wakeup == nil)
        _ = try arrive(&stream, 1 + UInt16(Limits.missingPackets) + 2)
        #expect(stream.nacks.missingCount == 0)
        #expect(stream.keyframes.wakeup != nil)
    }

    @Test func extensionsAreWrittenUnderTheViewersIDs() throws {
        var stream = ReceiveStream(
            .init(
                ssrc: SSRC(5), codec: .opus,
                extensions: ForwardedExtensionIDs(audioLevel: 2, absCaptureTime: 4)))
        // Audio level 0x85 under id 2, something of no interest under 3, a capture time under 4.
        let elements: [UInt8] = [0x20, 0x85, 0x30, 1, 0x47, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0]
        let bytes: [UInt8] =
            [0x90, 111, 0, 1, 0, 0, 0, 9, 0, 0, 0, 5, 0xBE, 0xDE, 0, 4] + elements + [77]
        _ = stream.receive(bytes.rawSpan, header: try RTPHeader(parsing: bytes.rawSpan), at: now)
        let entry = try must(stream.history.entry(65_537))
        var random = SeededGenerator(seed: 1)
        var track = OutgoingTrack(
            OutgoingTrack.Configuration(
                mid: "0", isVideo: false, ssrc: SSRC(8), retransmissionSSRC: nil, formats: [],
                extensions: ForwardedExtensionIDs(audioLevel: 9, absCaptureTime: 1)),
            using: &random)
        var out = ByteWriter(capacity: 100)
        _ = track.writeHeader(
            OutgoingTrack.Fields(
                payloadType: 63, ssrc: SSRC(8), sequence: 7, timestamp: RTPTimestamp(3),
                transportSequence: nil), of: entry, in: stream.history, into: &out)
        #expect(
            out.array == [
                0x90, 63, 0, 7, 0, 0, 0, 3, 0, 0, 0, 8, 0xBE, 0xDE, 0, 3, 0x90, 0x85, 0x17, 1, 2, 3,
                4, 5, 6, 7, 8, 0,
            ])
    }

    @Test func theHistoryForgetsWhatItsRingOverwrites() throws {
        var stream = ReceiveStream(.init(ssrc: SSRC(5), codec: .opus))
        for sequence in 0..<UInt16(Limits.audioHistory + 10) {
            _ = try arrive(&stream, sequence, payload: [UInt8(sequence & 0xFF)])
        }
        let forgotten = stream.history.entry(65_536 + 9)
        let isWanted = stream.history.wants(65_536 + 9)
        #expect(forgotten == nil && !isWanted)
        let kept = try must(stream.history.entry(65_536 + 10))
        #expect(stream.history.payload(of: kept).array == [10])
    }
}
