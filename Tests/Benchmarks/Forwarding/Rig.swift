import DatagramIO
import Forwarding
import ICE
import MediaPlane
import MediaSecurity
import Peering
import Primitives
import RTP
import SDP
import Signalling

/// Keys that both ends of a rig's connection know, made from a number.
func keys(_ number: UInt64, profile: SRTPProfile) -> SRTPKeyingMaterial {
    var random = SeededGenerator(seed: number)
    func bytes(_ count: Int) -> Redacted<[UInt8]> {
        Redacted((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
    }
    return SRTPKeyingMaterial(
        profile: profile, localKey: bytes(16), localSalt: bytes(profile.saltSize),
        remoteKey: bytes(16), remoteSalt: bytes(profile.saltSize))
}

/// A sink that counts and throws away: what is left is the cost of everything but the kernel.
struct CountingSink: ~Copyable, DatagramSink {
    var datagrams = 0
    var messages = 0
    var bytes = 0

    mutating func flush(_ queue: inout SendQueue) -> Instant {
        var next = 0
        while next < queue.entries.count {
            let run = queue.runLength(from: next)
            messages += 1
            datagrams += run
            next += run
        }
        bytes += queue.arena.count
        queue.removeAll()
        return .zero
    }
}

/// A sink that keeps what it gets.
struct CapturingSink: ~Copyable, DatagramSink {
    var datagrams: [[UInt8]] = []

    mutating func flush(_ queue: inout SendQueue) -> Instant {
        for entry in queue.entries {
            datagrams.append(
                queue.arena.bytes(in: entry.offset..<entry.offset + entry.size).array)
        }
        queue.removeAll()
        return .zero
    }
}

/// One worker with one publisher and many viewers, all connected, and the publisher's packets.
struct Rig: ~Copyable {
    var worker: MediaWorker
    var publisher: SRTPSealer
    var packet = ByteWriter(capacity: 2048)
    let publisherAddress: TransportAddress
    let payload: [UInt8]
    var index: UInt64 = 1000
    var timestamp: UInt32 = 0
    var now = Instant(nanoseconds: 1_000_000_000)

    /// A descriptor with S, then a key frame's tag and start code.
    static let keyframe: [UInt8] = [0x10, 0, 0, 0, 0x9D, 1, 0x2A, 0, 5, 0xD0, 2]

    /// - Parameters:
    ///   - publisherAddress: where the host's packets come from.
    ///   - viewerAddress: where viewer `n` is; for a real socket, a sink's address.
    init(
        viewers: Int, profile: SRTPProfile, payloadSize: Int,
        publisherAddress: TransportAddress = TransportAddress(ipv4: 0x0A00_0001, port: 1000),
        viewerAddress: (Int) -> TransportAddress
    ) throws {
        self.publisherAddress = publisherAddress
        let certificate = try Certificate.generate()
        worker = MediaWorker(
            MediaWorker.Configuration(
                dtls: try DTLSContext(certificate: certificate),
                anchor: ClockAnchor(monotonic: now, unixNanoseconds: 1_700_000_000_000_000_000),
                seed: 1))
        let hostKeys = keys(0, profile: profile)
        publisher = SRTPSealer(
            profile: profile, key: hostKeys.remoteKey, salt: hostKeys.remoteSalt)
        payload = [UInt8](repeating: 0x42, count: payloadSize)
        var sink = CountingSink()
        let track = PublishedTrack(
            mid: "0", isVideo: true,
            format: NegotiatedFormat(codec: .vp8, payloadType: 96, feedback: ["nack", "nack pli"]))
        connect(
            role: .publisher([track]), direction: .publish, number: 0, keys: hostKeys,
            at: publisherAddress)
        for number in 1...viewers {
            var slot = SubscribeNegotiation.Slot()
            slot.video = OutgoingTrack.Configuration(
                mid: "0", isVideo: true, ssrc: SSRC(UInt32(number)),
                retransmissionSSRC: nil,
                formats: [OutgoingTrack.Format(codec: .vp8, payloadType: 96)],
                extensions: ForwardedExtensionIDs())
            connect(
                role: .viewer([slot]), direction: .subscribeToStage, number: UInt64(number),
                keys: keys(UInt64(number), profile: profile), at: viewerAddress(number - 1))
        }
        sendFrame(packets: 1, isKeyframe: true, into: &sink)
        _ = worker.takeReports()
    }

    private mutating func connect(
        role: PeerSetup.Role, direction: MediaSession.Direction, number: UInt64,
        keys: SRTPKeyingMaterial, at address: TransportAddress
    ) {
        var random = SeededGenerator(seed: number &+ 77)
        var sink = CountingSink()
        let local = ICECredentials.random(using: &random)
        let remote = ICECredentials.random(using: &random)
        let session = MediaSession(
            resource: ResourceID.random(using: &random), stage: StageID("stage"),
            participant: ParticipantID("p\(number)"), direction: direction)
        worker.handle(
            .add(
                PeerSetup(
                    session: session, local: local, remote: remote,
                    security: .presharedKeys(keys), role: role)),
            at: now, into: &sink)
        var agent = ControllingAgent(
            local: remote, remote: local, tieBreaker: number, remoteCandidates: [address], at: now)
        // A check and its answer, and the nomination and its answer.
        for _ in 0..<2 {
            var replies = CapturingSink()
            var request = ByteWriter(capacity: 512)
            now = max(now, agent.wakeup ?? now)
            guard agent.advance(to: now, into: &request) != nil else { continue }
            worker.receive(request, from: address, at: now, into: &replies)
            worker.endTurn(at: now, into: &replies)
            for reply in replies.datagrams {
                _ = agent.receive(reply.rawSpan, from: address, at: now, reply: &request)
            }
        }
    }

    /// Feeds one frame of equal packets, as one receive batch would bring it.
    mutating func sendFrame(
        packets: Int, isKeyframe: Bool = false, into sink: inout some DatagramSink & ~Copyable
    ) {
        beginFrame()
        for number in 0..<packets {
            writePacket(endsFrame: number == packets - 1, isKeyframe: isKeyframe)
            worker.receive(packet, from: publisherAddress, at: now, into: &sink)
        }
        endTurn(into: &sink)
    }

    private mutating func beginFrame() {
        timestamp &+= 3000
        now = now + .milliseconds(33)
    }

    /// Forwards what came, to the last packet.
    mutating func endTurn(into sink: inout some DatagramSink & ~Copyable) {
        worker.endTurn(at: now, into: &sink)
        while let next = worker.sendsNext {
            now = max(now, next)
            worker.advance(to: now, into: &sink)
        }
    }

    /// Puts the host's next packet into ``packet``.
    private mutating func writePacket(endsFrame: Bool, isKeyframe: Bool) {
        packet.removeAll()
        let sequence = UInt16(truncatingIfNeeded: index)
        let rollover = UInt32(truncatingIfNeeded: index >> 16)
        packet.append(0x80 as UInt8)
        packet.append((endsFrame ? 0x80 : 0) | 96 as UInt8)
        packet.append(sequence)
        packet.append(timestamp)
        packet.append(0xABCD_0001 as UInt32)
        let text = isKeyframe ? Self.keyframe : payload
        publisher.seal(
            headerStart: 0, payload: text.rawSpan, ssrc: 0xABCD_0001, sequence: sequence,
            rollover: rollover, into: &packet)
        index += 1
    }

    /// Queues one frame of equal packets, as the host sends it over the network.
    mutating func queueFrame(
        packets: Int, to destination: TransportAddress, in queue: inout SendQueue
    ) {
        beginFrame()
        for number in 0..<packets {
            writePacket(endsFrame: number == packets - 1, isKeyframe: false)
            let start = queue.arena.count
            queue.arena.append(packet.bytes)
            queue.commit(from: start, to: destination)
        }
    }
}

extension MediaWorker {
    mutating func receive(
        _ packet: borrowing ByteWriter, from source: TransportAddress, at now: Instant,
        into sink: inout some DatagramSink & ~Copyable
    ) {
        receive(packet.bytes, from: source, at: now, into: &sink)
    }
}
