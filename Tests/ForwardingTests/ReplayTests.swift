import Forwarding
import Primitives
import RTP
import Testing

/// What a track that began with a keyframe from before remembers, and for how long.
@Suite struct ReplayTests {
    private func entry(_ sequence: Int64, milliseconds: Int) -> PacketHistory.Entry {
        var entry = PacketHistory.Entry()
        entry.sequence = sequence
        entry.timestamp = RTPTimestamp(UInt32(milliseconds * 90))
        entry.received = start + .milliseconds(milliseconds)
        return entry
    }

    private let start = Instant(nanoseconds: 9_000_000_000)

    /// A second of pictures, 30 ms apart, and a viewer who comes at its end.
    private func begin() -> OutgoingTrack {
        var random = SeededGenerator(seed: 4)
        var track = OutgoingTrack(
            OutgoingTrack.Configuration(
                mid: "0", isVideo: true, ssrc: SSRC(1), retransmissionSSRC: SSRC(2),
                formats: [OutgoingTrack.Format(codec: .vp8, payloadType: 96)],
                extensions: ForwardedExtensionIDs()), using: &random)
        track.replay(
            stream: 0, generation: 0, format: track.configuration.formats[0],
            from: entry(0, milliseconds: 0), to: entry(33, milliseconds: 990),
            at: start + .milliseconds(1000))
        return track
    }

    @Test func whoDoesNotCatchUpIsGivenUpOn() {
        var track = begin()
        #expect(track.isCatchingUp)
        let isLate = track.settleReplay(at: start + .seconds(5))
        #expect(!isLate)
        let isTooLate = track.settleReplay(at: start + .milliseconds(5010))
        #expect(isTooLate)
    }

    @Test func whoCaughtUpIsLikeEverybodyElse() throws {
        var track = begin()
        var now = start + .milliseconds(1000)
        var last: OutgoingTrack.Outgoing?
        for number in 0...33 {
            now = now + .milliseconds(2)
            let packet = entry(Int64(number), milliseconds: number * 30)
            let sent = track.sent(packet, at: now)
            let outgoing = try #require(sent)
            if let last {
                #expect(outgoing.sequence == last.sequence + 1)
                #expect(outgoing.timestamp.rawValue &- last.timestamp.rawValue == 180)
            }
            last = outgoing
        }
        #expect(track.isCatchingUp)
        // Sent as it comes.
        let live = entry(34, milliseconds: 1090)
        let liveSent = track.sent(live, at: start + .milliseconds(1092))
        let first = try #require(liveSent)
        #expect(!track.isCatchingUp)
        let nextSent = track.sent(
            entry(35, milliseconds: 1120), at: start + .milliseconds(1150))
        let next = try #require(nextSent)
        #expect(next.timestamp.rawValue &- first.timestamp.rawValue == 2700)
        // What was replayed can be asked for again for a second; what came after it for longer.
        let old = try #require(
            track.repair(SequenceNumber(UInt16(truncatingIfNeeded: first.sequence - 10))))
        let known = track.timestamp(of: old, for: entry(24, milliseconds: 720))
        #expect(known != nil)
        let isLate = track.settleReplay(at: start + .milliseconds(2200))
        #expect(!isLate)
        let forgotten = try #require(
            track.repair(SequenceNumber(UInt16(truncatingIfNeeded: first.sequence - 10))))
        let unknown = track.timestamp(of: forgotten, for: entry(24, milliseconds: 720))
        #expect(unknown == nil)
        let repair = try #require(track.repair(first.sequenceNumber.asNumber))
        let kept = track.timestamp(of: repair, for: live)
        #expect(kept == first.timestamp)
    }
}

extension UInt16 {
    fileprivate var asNumber: SequenceNumber { SequenceNumber(self) }
}
