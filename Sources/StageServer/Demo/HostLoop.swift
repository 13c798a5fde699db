import DatagramIO
import ICE
import MediaSecurity
import Peering
import Primitives
import RTP
import SyntheticMedia

/// What a synthetic host's thread does: connects, sends what is due, and repeats what was lost.
struct HostLoop: ~Copyable {
    enum End: Error, Hashable {
        case stopped
        case noPath
        case closedByServer
        case handshakeFailed(DTLSViolation)
    }

    /// How long the thread sleeps at most, to notice that it shall stop.
    private static let longestWait = Duration.milliseconds(50)
    private static let reportInterval = Duration.seconds(1)

    private let session: HostSession
    private let clock = SystemClock.anchor()
    private var socket: DatagramSocket
    private var poller: Poller
    private var batch = ReceiveBatch()
    private var queue = SendQueue()
    private var clear = ByteWriter(capacity: 4096)
    private var connection: ClientConnection
    /// Empty until media flows.
    private var tracks: [HostTrack] = []
    private var nextReportAt = Instant.zero
    /// The server's newest reference time, and when it came (RFC 3611 §4.4).
    private var reference: (sender: SSRC, middle: UInt32, at: Instant)?

    /// - Parameter poller: one that watches `socket`.
    init(
        _ session: HostSession, answer: ClientAnswer, socket: consuming DatagramSocket,
        poller: consuming Poller
    ) {
        self.session = session
        self.socket = socket
        self.poller = poller
        connection = session.connection(to: answer, at: SystemClock.now())
    }

    /// Runs until `isStopping` says so or the connection ends.
    /// - Parameter onLive: called once, when media starts to flow.
    mutating func run(isStopping: () -> Bool, onLive: () -> Void) -> End {
        do throws(End) {
            while !isStopping() {
                poller.wait(until: deadline(SystemClock.now()), now: SystemClock.now())
                let now = SystemClock.now()
                try receive(at: now)
                try advance(to: now)
                if tracks.isEmpty, connection.isConnected {
                    tracks = session.hostTracks(startingAt: now)
                    onLive()
                }
                if connection.isConnected { play(at: now) }
                socket.flush(&queue)
            }
            sayGoodbye()
            return .stopped
        } catch {
            socket.flush(&queue)
            return isStopping() ? .stopped : error
        }
    }

    private func deadline(_ now: Instant) -> Instant {
        var deadline = now + Self.longestWait
        if let wakeup = connection.wakeup { deadline = min(deadline, wakeup) }
        if let timeout = connection.transport.timeout { deadline = min(deadline, now + timeout) }
        for track in tracks { deadline = min(deadline, track.player.wakeup) }
        return deadline
    }

    private mutating func receive(at now: Instant) throws(End) {
        socket.receive(into: &batch)
        for index in 0..<batch.count {
            clear.removeAll()
            let source = batch.source(index)
            let start = queue.arena.count
            let datagram = batch.datagram(index).array
            let input = connection.receive(
                datagram.rawSpan, from: source, at: now, reply: &queue.arena, clear: &clear)
            queue.commit(from: start, to: source)
            switch input {
            case .handshake(let progress): try check(progress)
            case .rtcp: obey(at: now)
            case .ignored, .stun, .rtp: break
            }
            sendFlight()
            flushWhenFull()
        }
    }

    private mutating func advance(to now: Instant) throws(End) {
        guard !connection.ice.hasExpired(at: now) else { throw .noPath }
        for _ in 0..<8 {
            let start = queue.arena.count
            guard let target = connection.advance(to: now, into: &queue.arena) else { break }
            queue.commit(from: start, to: target)
        }
        if let timeout = connection.transport.timeout, timeout <= .zero {
            try check(connection.transport.handleTimeout())
        }
        sendFlight()
    }

    private func check(_ progress: SecureTransport.Progress) throws(End) {
        switch progress {
        case .none, .established: return
        case .closedByPeer: throw .closedByServer
        case .failed(let violation): throw .handshakeFailed(violation)
        }
    }

    private mutating func sendFlight() {
        guard !connection.transport.flight.datagrams.isEmpty,
            let target = connection.remoteAddress
        else { return }
        for datagram in connection.transport.flight.datagrams { send(datagram, to: target) }
        connection.transport.flight.removeAll()
    }

    private mutating func send(_ datagram: [UInt8], to target: TransportAddress) {
        flushWhenFull()
        let start = queue.arena.count
        queue.arena.append(contentsOf: datagram)
        queue.commit(from: start, to: target)
    }

    private mutating func flushWhenFull() {
        if !queue.hasRoom { socket.flush(&queue) }
    }

    // MARK: Media

    private mutating func play(at now: Instant) {
        guard let target = connection.remoteAddress else { return }
        for track in tracks.indices {
            while let frame = tracks[track].player.next(at: now) {
                for (index, payload) in frame.payloads.enumerated() {
                    let isLast = index == frame.payloads.count - 1
                    send(
                        payload, of: track, timestamp: frame.timestamp,
                        marker: isLast && frame.marksEnd, to: target)
                }
            }
        }
        if now >= nextReportAt {
            nextReportAt = now + Self.reportInterval
            report(at: now, to: target)
        }
    }

    private mutating func send(
        _ payload: [UInt8], of track: Int, timestamp: RTPTimestamp, marker: Bool,
        to target: TransportAddress
    ) {
        flushWhenFull()
        let start = queue.arena.count
        let sequence = tracks[track].sequence
        let ssrc = tracks[track].ssrc
        RTPHeaderWriter.write(
            marker: marker, payloadType: tracks[track].payloadType,
            sequenceNumber: SequenceNumber(sequence), timestamp: timestamp, ssrc: ssrc,
            into: &queue.arena)
        connection.transport.sealer?.seal(
            headerStart: start, payload: payload.rawSpan, ssrc: ssrc.rawValue,
            sequence: sequence, rollover: tracks[track].rollover, into: &queue.arena)
        let packet = queue.arena.bytes(in: start..<queue.arena.count).array
        tracks[track].sent(packet, payloadSize: payload.count)
        queue.commit(from: start, to: target)
    }

    /// One report for each track, all of the same moment: what receivers synchronise lips with.
    private mutating func report(at now: Instant, to target: TransportAddress) {
        flushWhenFull()
        let start = queue.arena.count
        let ntp = clock.ntp(at: now)
        for track in tracks {
            RTCPWriter.senderReport(track.report(at: now, ntp: ntp), into: &queue.arena)
            RTCPWriter.sdesCNAME(ssrc: track.ssrc, cname: "synthetic", into: &queue.arena)
        }
        if let reference, let first = tracks.first {
            let held = max(0, (now - reference.at).nanoseconds) / 1000
            let echo = ReferenceTimeEcho(
                receiver: reference.sender, lastReference: reference.middle,
                delaySinceLastReference: UInt32(clamping: held * 65_536 / 1_000_000))
            RTCPWriter.referenceTimeEchoes(sender: first.ssrc, [echo], into: &queue.arena)
        }
        connection.transport.sealer?.sealRTCP(start: start, in: &queue.arena)
        queue.commit(from: start, to: target)
    }

    /// Keeps the server's reference time, to be echoed with the next report.
    private mutating func noteReference(of sender: SSRC, _ blocks: Range<Int>, at now: Instant) {
        var cursor = ExtendedReportCursor(blocks)
        while let block = (try? cursor.next(in: clear.bytes)) ?? nil {
            guard case .receiverReferenceTime(let ntp) = block else { continue }
            reference = (sender, NTPTime.middle(ntp), now)
        }
    }

    /// Sends again what the server asks for. It need not ask for keyframes: one comes each second.
    private mutating func obey(at now: Instant) {
        guard let target = connection.remoteAddress else { return }
        var cursor = RTCPCursor()
        var wanted: [(media: SSRC, sequence: SequenceNumber)] = []
        while let packet = (try? cursor.next(in: clear.bytes)) ?? nil {
            switch packet {
            case .nack(let media, let items):
                NACK.forEach(in: clear.bytes, items: items) { wanted.append((media, $0)) }
            case .extendedReport(let sender, let blocks):
                noteReference(of: sender, blocks, at: now)
            default: break
            }
        }
        for (media, sequence) in wanted {
            let track = tracks.first { $0.ssrc == media }
            guard let packet = track?.packet(sequence) else { continue }
            send(packet, to: target)
        }
    }

    private mutating func sayGoodbye() {
        connection.transport.close()
        sendFlight()
        socket.flush(&queue)
    }
}
