import Primitives
import RTP
import Testing

@testable import Forwarding

/// What a viewer's track makes of the packets of changing sources.
@Suite struct OutgoingTrackTests {
    private let now = Instant(nanoseconds: 10_000_000_000)
    private let format = OutgoingTrack.Format(codec: .vp8, payloadType: 96)

    private func track(seed: UInt64 = 1) -> OutgoingTrack {
        var random = SeededGenerator(seed: seed)
        return OutgoingTrack(
            OutgoingTrack.Configuration(
                mid: "0", isVideo: true, ssrc: SSRC(7), retransmissionSSRC: nil,
                formats: [format], extensions: ForwardedExtensionIDs()), using: &random)
    }

    private func packet(_ sequence: Int64, _ timestamp: UInt32 = 0) -> PacketHistory.Entry {
        var entry = PacketHistory.Entry()
        entry.sequence = sequence
        entry.timestamp = RTPTimestamp(timestamp)
        return entry
    }

    @Test func numbersGoOnOverAChangeOfSource() throws {
        var track = track()
        track.begin(stream: 1, generation: 1, format: format, with: packet(100, 5000), at: now)
        let first = try must(track.sent(packet(100, 5000), at: now))
        let second = try must(track.sent(packet(101, 8000), at: now))
        #expect(second.sequence == first.sequence + 1)
        #expect(second.timestamp.distance(from: first.timestamp) == 3000)
        let later = now + .milliseconds(100)
        track.begin(
            stream: 2, generation: 1, format: format, with: packet(70_000, 9), at: later)
        let third = try must(track.sent(packet(70_000, 9), at: later))
        #expect(third.sequence == second.sequence + 1)
        #expect(third.timestamp.distance(from: second.timestamp) == 9000)
    }

    @Test func aHoleStaysAHoleAndALatePacketFindsItsPlace() throws {
        var track = track()
        track.begin(stream: 1, generation: 1, format: format, with: packet(100), at: now)
        let first = try must(track.sent(packet(100), at: now))
        #expect(track.sent(packet(103), at: now)?.sequence == first.sequence + 3)
        #expect(track.sent(packet(101), at: now)?.sequence == first.sequence + 1)
        #expect(track.sent(packet(99), at: now) == nil)
    }

    @Test func aRepairIsReadFromTheSourceThatSentTheNumber() throws {
        var track = track()
        var sent: [(stream: Int, sequence: Int64, number: UInt16)] = []
        for stream in 1...3 {
            let start = Int64(stream) * 1000
            track.begin(
                stream: stream, generation: 9, format: format, with: packet(start), at: now)
            for sequence in start..<start + 5 {
                let outgoing = try must(track.sent(packet(sequence), at: now))
                sent.append((stream, sequence, outgoing.sequenceNumber))
            }
        }
        for item in sent {
            let repair = try must(track.repair(SequenceNumber(item.number)))
            #expect(repair.source.stream == item.stream)
            #expect(repair.sourceSequence == item.sequence)
        }
        let next = SequenceNumber(sent.last!.number &+ 1)
        #expect(track.repair(next) == nil)
        let before = SequenceNumber(sent.first!.number &- 1)
        #expect(track.repair(before) == nil)
    }

    @Test func aPacketIsNotRepeatedWithinTheRoundTrip() throws {
        var track = track()
        track.begin(stream: 1, generation: 1, format: format, with: packet(1), at: now)
        let number = try must(track.sent(packet(1), at: now)).sequenceNumber
        let found = try must(track.repair(SequenceNumber(number)))
        func repair(after delay: Duration, _ roundTrip: Duration?) -> Bool {
            track.admit(found, at: now + delay, roundTrip: roundTrip)
        }
        #expect(repair(after: .zero, nil))
        #expect(!repair(after: .milliseconds(19), nil))
        #expect(repair(after: .milliseconds(20), nil))
        #expect(!repair(after: .milliseconds(100), .milliseconds(120)))
        #expect(repair(after: .milliseconds(140), .milliseconds(120)))
    }

    @Test func theRolloverCounterFollowsTheSequence() throws {
        var track = track()
        track.begin(stream: 1, generation: 1, format: format, with: packet(0), at: now)
        var previous = try must(track.sent(packet(0), at: now))
        #expect(previous.sequenceNumber <= 32_768 && previous.rollover == 0)
        for sequence in Int64(1)...140_000 {
            let next = try must(track.sent(packet(sequence), at: now))
            let wraps = previous.sequenceNumber == 65_535
            #expect(next.sequenceNumber == previous.sequenceNumber &+ 1)
            #expect(next.rollover == previous.rollover + (wraps ? 1 : 0))
            previous = next
        }
        #expect(previous.rollover == 2)
        // A number from before the wrap is found, too.
        let old = SequenceNumber(previous.sequenceNumber &- 30_000)
        #expect(track.repair(old)?.sourceSequence == 110_000)
    }
}

/// Sound and picture of one host keep their relation (RFC 3550 §6.4.1).
@Suite struct LipSyncTests {
    private let now = Instant(nanoseconds: 50_000_000_000)
    private let hostUnix: Int64 = 1_600_000_000_000_000_000

    private func report(hostSeconds: Double, rtp: UInt32, at: Instant) -> ReceivedSenderReport {
        ReceivedSenderReport(
            ntp: NTPTime.encode(unixNanoseconds: hostUnix + Int64(hostSeconds * 1e9)),
            rtp: RTPTimestamp(rtp), receivedAt: at)
    }

    /// The moment of a track's timestamp as a receiver computes it from the report, in seconds
    /// relative to `now`.
    private func moment(_ timestamp: RTPTimestamp, _ report: SenderReport, clock: Double) -> Double
    {
        Double(timestamp.distance(from: report.rtp)) / clock
    }

    @Test func soundAndPictureStayWithinAMillisecond() throws {
        var random = SeededGenerator(seed: 5)
        func track(_ codec: Codec) -> OutgoingTrack {
            let format = OutgoingTrack.Format(codec: codec, payloadType: 96)
            return OutgoingTrack(
                OutgoingTrack.Configuration(
                    mid: "0", isVideo: codec.isVideo, ssrc: SSRC(7), retransmissionSSRC: nil,
                    formats: [format], extensions: ForwardedExtensionIDs()), using: &random)
        }
        func entry(_ timestamp: UInt32) -> PacketHistory.Entry {
            var entry = PacketHistory.Entry()
            entry.sequence = 70_000
            entry.timestamp = RTPTimestamp(timestamp)
            return entry
        }
        var sound = track(.opus)
        var picture = track(.vp8)
        // Captured together at host second 2: sound is 96,000 + 123, the picture 180,000 + 456.
        let (soundEntry, pictureEntry) = (entry(96_123), entry(180_456))
        sound.begin(
            stream: 1, generation: 1, format: sound.configuration.formats[0], with: soundEntry,
            at: now)
        // The picture starts later: it waited for a keyframe.
        let later = now + .milliseconds(730)
        picture.begin(
            stream: 2, generation: 1, format: picture.configuration.formats[0],
            with: pictureEntry, at: later)
        let soundOut = try must(sound.sent(soundEntry, at: now))
        let pictureOut = try must(picture.sent(pictureEntry, at: later))
        // The reports were written 1.3 s apart, and came with unequal delays.
        let first = report(hostSeconds: 3, rtp: 48_000 * 3 + 123, at: now + .milliseconds(1040))
        let second = report(
            hostSeconds: 4.3, rtp: UInt32(90_000 * 4.3) + 456, at: now + .milliseconds(2310))
        var clock = HostClock()
        clock.observe(first)
        clock.observe(second)
        let end = now + .seconds(3)
        func sent(_ track: OutgoingTrack, _ report: ReceivedSenderReport) throws -> SenderReport {
            let at = try must(clock.instant(of: report))
            return try must(
                track.senderReport(reference: (report.rtp, at), now: end, ntp: 1))
        }
        let soundAt = moment(soundOut.timestamp, try sent(sound, first), clock: 48_000)
        let pictureAt = moment(pictureOut.timestamp, try sent(picture, second), clock: 90_000)
        #expect(abs(soundAt - pictureAt) < 0.001)
    }

    /// A host without a wall clock writes zero; one whose clock is set under way jumps by decades.
    @Test func aClockThatIsZeroOrJumpsBreaksNothing() throws {
        var clock = HostClock()
        let none = ReceivedSenderReport(ntp: 0, rtp: RTPTimestamp(0), receivedAt: now)
        clock.observe(none)
        #expect(clock.instant(of: none) == nil)
        let early = ReceivedSenderReport(ntp: 1 << 32, rtp: RTPTimestamp(0), receivedAt: now)
        clock.observe(early)
        #expect(clock.instant(of: early) == now)
        let proper = report(hostSeconds: 0, rtp: 0, at: now + .seconds(1))
        clock.observe(proper)
        #expect(clock.instant(of: proper) == now + .seconds(1))
        #expect(clock.instant(of: early) == nil)
        let last = ReceivedSenderReport(ntp: .max, rtp: RTPTimestamp(0), receivedAt: now)
        clock.observe(last)
        #expect(clock.instant(of: last) != nil)
    }

    @Test func aReportIsAnsweredDaysLater() throws {
        var stream = ReceiveStream(.init(ssrc: SSRC(1), codec: .opus))
        let bytes: [UInt8] = [0x80, 111, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 9]
        let header = try RTPHeader(parsing: bytes.rawSpan)
        _ = stream.receive(bytes.rawSpan, header: header, at: now)
        stream.noteSenderReport(
            SenderReport(
                ssrc: SSRC(1), ntp: 1 << 32, rtp: RTPTimestamp(0), packetCount: 0, octetCount: 0),
            at: now)
        let soon = stream.reportBlock(at: now + .milliseconds(500))
        #expect(soon?.delaySinceLastSR == 32_768)
        let late = stream.reportBlock(at: now + .seconds(7 * 86_400))
        #expect(late?.delaySinceLastSR == .max)
    }
}
