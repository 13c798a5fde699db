import DatagramIO
import MediaSecurity
import Peering
import Primitives
import RTP
import SyntheticMedia

/// A client that publishes: sends what is due, and again what was lost.
struct Publisher: ~Copyable {
    var link: Link
    private let clips: [PublishedClip]
    /// Empty until media flows.
    private var tracks: [SendingTrack] = []
    /// When the next frame is due.
    private(set) var nextFrameAt = Instant.distantFuture
    private var nextReportAt = Instant.zero
    /// The server's newest reference time, and when it came (RFC 3611 §4.4).
    private var reference: (sender: SSRC, middle: UInt32, at: Instant)?

    init(_ link: consuming Link, clips: [PublishedClip]) {
        self.link = link
        self.clips = clips
    }

    mutating func receive(
        _ datagram: RawSpan, from source: TransportAddress, at now: Instant,
        on bench: inout Workbench
    ) {
        bench.clear.removeAll()
        if link.receive(datagram, from: source, at: now, on: &bench) { obey(at: now, on: &bench) }
    }

    /// Does what is due, but for frames.
    mutating func advance(to now: Instant, on bench: inout Workbench) {
        link.advance(to: now, on: &bench)
        guard link.isLive else { return }
        if tracks.isEmpty { start(at: now, on: &bench) }
        if now >= nextReportAt {
            nextReportAt = now + Limits.reportInterval
            report(at: now, on: &bench)
        }
    }

    private mutating func start(at now: Instant, on bench: inout Workbench) {
        var random = bench.random
        // Hosts do not begin at the same moment, even when they join together.
        let start = now + .nanoseconds(Int64.random(in: 0..<100_000_000, using: &random))
        tracks = clips.map { clip in
            SendingTrack(
                clip,
                player: ClipPlayer(
                    clip.clip, startingAt: start,
                    timestamp: RTPTimestamp(.random(in: .min ... .max, using: &random)),
                    pictureID: .random(in: .min ... .max, using: &random),
                    payloadSize: bench.settings.payloadSize),
                firstSequence: .random(in: .min ... .max, using: &random))
        }
        bench.random = random
        nextFrameAt = start
    }

    /// Sends the frames that are due.
    mutating func play(at now: Instant, on bench: inout Workbench) {
        nextFrameAt = .distantFuture
        guard let target = link.connection.remoteAddress, link.end == nil else { return }
        for track in tracks.indices {
            while let frame = tracks[track].player.next(at: now) {
                send(frame, of: track, to: target, on: &bench)
            }
            nextFrameAt = min(nextFrameAt, tracks[track].player.wakeup)
        }
    }

    private mutating func send(
        _ frame: PlayedFrame, of track: Int, to target: TransportAddress,
        on bench: inout Workbench
    ) {
        for (index, payload) in frame.payloads.enumerated() {
            if !bench.queue.hasRoom { link.flush(&bench) }
            bench.payload.removeAll()
            bench.payload.append(contentsOf: payload)
            if bench.settings.stamps {
                Stamp(sentAt: SystemClock.now(), counter: UInt64(tracks[track].packetCount))
                    .write(into: &bench.payload)
            }
            let isLast = index == frame.payloads.count - 1
            sendPayload(
                of: track, timestamp: frame.timestamp, marker: isLast && frame.marksEnd,
                to: target, on: &bench)
        }
    }

    private mutating func sendPayload(
        of track: Int, timestamp: RTPTimestamp, marker: Bool, to target: TransportAddress,
        on bench: inout Workbench
    ) {
        let start = bench.queue.arena.count
        tracks[track].writeHeader(marker: marker, timestamp: timestamp, into: &bench.queue.arena)
        seal(bench.payload, behind: start, of: track, into: &bench.queue.arena)
        let packet = bench.queue.arena.bytes(in: start..<bench.queue.arena.count).array
        tracks[track].sent(packet, payloadSize: bench.payload.count)
        bench.queue.commit(from: start, to: target)
        bench.figures.published += 1
        bench.figures.publishedBytes += UInt64(packet.count)
    }

    private mutating func seal(
        _ payload: borrowing ByteWriter, behind header: Int, of track: Int,
        into arena: inout ByteWriter
    ) {
        link.connection.transport.sealer?.seal(
            headerStart: header, payload: payload.bytes, ssrc: tracks[track].ssrc.rawValue,
            sequence: tracks[track].sequence, rollover: tracks[track].rollover, into: &arena)
    }

    /// One report for each track, all of the same moment: what receivers synchronise lips with.
    private mutating func report(at now: Instant, on bench: inout Workbench) {
        if !bench.queue.hasRoom { link.flush(&bench) }
        let start = bench.queue.arena.count
        let ntp = bench.clock.ntp(at: now)
        for track in tracks {
            RTCPWriter.senderReport(track.report(at: now, ntp: ntp), into: &bench.queue.arena)
            RTCPWriter.sdesCNAME(ssrc: track.ssrc, cname: "synthetic", into: &bench.queue.arena)
        }
        if let reference, let first = tracks.first {
            let held = max(0, (now - reference.at).nanoseconds) / 1000
            let echo = ReferenceTimeEcho(
                receiver: reference.sender, lastReference: reference.middle,
                delaySinceLastReference: UInt32(clamping: held * 65_536 / 1_000_000))
            RTCPWriter.referenceTimeEchoes(
                sender: first.ssrc, [echo], into: &bench.queue.arena)
        }
        link.sendRTCP(from: start, on: &bench)
    }

    /// Sends again what the server asks for, and a keyframe when it asks for one.
    private mutating func obey(at now: Instant, on bench: inout Workbench) {
        var cursor = RTCPCursor()
        var wanted: [(media: SSRC, sequence: SequenceNumber)] = []
        while let packet = (try? cursor.next(in: bench.clear.bytes)) ?? nil {
            switch packet {
            case .nack(let media, let items):
                NACK.forEach(in: bench.clear.bytes, items: items) { wanted.append((media, $0)) }
            case .pictureLoss(let media): restart(media)
            case .fullIntraRequest(let entries):
                var sources: [SSRC] = []
                FullIntraRequest.forEach(in: bench.clear.bytes, entries: entries) { media, _ in
                    sources.append(media)
                }
                for media in sources { restart(media) }
            case .extendedReport(let sender, let blocks):
                noteReference(of: sender, blocks, at: now, on: bench)
            default: break
            }
        }
        for (media, sequence) in wanted { repeatPacket(sequence, of: media, on: &bench) }
    }

    private mutating func restart(_ media: SSRC) {
        guard let track = tracks.firstIndex(where: { $0.ssrc == media }) else { return }
        tracks[track].player.restartAtKeyframe()
    }

    private mutating func repeatPacket(
        _ sequence: SequenceNumber, of media: SSRC, on bench: inout Workbench
    ) {
        guard let target = link.connection.remoteAddress,
            let packet = tracks.first(where: { $0.ssrc == media })?.packet(sequence)
        else { return }
        if !bench.queue.hasRoom { link.flush(&bench) }
        let start = bench.queue.arena.count
        bench.queue.arena.append(contentsOf: packet)
        bench.queue.commit(from: start, to: target)
        bench.figures.republished += 1
    }

    /// Keeps the server's reference time, to be echoed with the next report.
    private mutating func noteReference(
        of sender: SSRC, _ blocks: Range<Int>, at now: Instant, on bench: borrowing Workbench
    ) {
        var cursor = ExtendedReportCursor(blocks)
        while let block = (try? cursor.next(in: bench.clear.bytes)) ?? nil {
            guard case .receiverReferenceTime(let ntp) = block else { continue }
            reference = (sender, NTPTime.middle(ntp), now)
        }
    }
}
