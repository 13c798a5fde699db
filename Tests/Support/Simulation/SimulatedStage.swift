internal import DatagramIO
internal import Forwarding
internal import ICE
package import MediaPlane
internal import MediaSecurity
internal import Peering
internal import Primitives
internal import RTP
package import Signalling

/// A host, a server and a viewer in virtual time: a scripted camera, a real worker, and a receiver
/// that asks again for what it misses.
package struct SimulatedStage: ~Copyable {
    package struct Story: Hashable, Sendable {
        package var link: LinkModel
        package var seed: UInt64
        /// Video frames that the host sends, 30 a second.
        package var frames: Int
        package var packetsPerFrame: Int

        package init(link: LinkModel, seed: UInt64, frames: Int = 300, packetsPerFrame: Int = 6) {
            self.link = link
            self.seed = seed
            self.frames = frames
            self.packetsPerFrame = packetsPerFrame
        }
    }

    package struct Outcome: Hashable, Sendable {
        /// The numbers of the frames that the viewer had whole, in the order of their completion.
        package var completeFrames: [Int] = []
        package var trace = TraceHash()
        package var lostDatagrams = 0
        package var counters = ForwardingCounters()
        package var reports: [MediaReport] = []
    }

    private static let start = Instant(nanoseconds: 5_000_000_000)
    private static let serverAddress = TransportAddress(ipv4: 0x0A00_00FE, port: 7701)
    private static let hostSSRC = SSRC(0x1111)
    private static let viewerSSRC = SSRC(0x2222)

    private let story: Story
    private var now = start
    private var network: VirtualNetwork
    private var worker: MediaWorker
    private var sink: NetworkSink
    private var host: SimulatedClient
    private var viewer: SimulatedClient
    private var outcome = Outcome()
    /// The host's packets by index.
    private var sentPackets: [SimulatedPacket] = []
    private var nextFrame = 0
    private var nextFrameAt: Instant?
    private var wantsKeyframe = true
    private var received = ReceiveStream(
        ReceiveStream.Description(ssrc: viewerSSRC, codec: .vp8))
    private var packetsOfFrame: [Int: Int] = [:]
    private var seen: Set<Int64> = []
    private var unwrapper = SequenceUnwrapper()

    package init(_ story: Story) throws {
        self.story = story
        network = VirtualNetwork(story.link, seed: story.seed)
        worker = MediaWorker(
            MediaWorker.Configuration(
                dtls: try DTLSContext(certificate: try Certificate.generate()),
                anchor: ClockAnchor(
                    monotonic: Self.start, unixNanoseconds: 1_700_000_000_000_000_000),
                seed: story.seed))
        sink = NetworkSink(source: Self.serverAddress)
        let host = Introduction(number: 1, seed: story.seed)
        let viewer = Introduction(number: 2, seed: story.seed)
        self.host = host.client(of: Self.serverAddress, at: Self.start)
        self.viewer = viewer.client(of: Self.serverAddress, at: Self.start)
        worker.handle(
            .add(host.setup(.publisher([Self.publishedTrack]), direction: .publish)), at: now,
            into: &sink)
        worker.handle(
            .add(viewer.setup(.viewer([Self.slot]), direction: .subscribeToStage)), at: now,
            into: &sink)
    }

    private static var publishedTrack: PublishedTrack {
        PublishedTrack(
            mid: "0", isVideo: true,
            format: NegotiatedFormat(
                codec: .vp8, payloadType: 96, feedback: ["nack", "nack pli"]))
    }

    private static var slot: SubscribeNegotiation.Slot {
        SubscribeNegotiation.Slot(
            video: OutgoingTrack.Configuration(
                mid: "0", isVideo: true, ssrc: viewerSSRC, retransmissionSSRC: nil,
                formats: [OutgoingTrack.Format(codec: .vp8, payloadType: 100)],
                extensions: ForwardedExtensionIDs()))
    }

    /// Plays the story to its end and five seconds more, in steps of one millisecond of virtual time.
    package consuming func play() -> Outcome {
        let length = Duration.milliseconds(story.frames * 1000 / 30 + 7000)
        while now - Self.start < length { step() }
        outcome.lostDatagrams = network.lost
        outcome.counters = worker.counters
        return outcome
    }

    private mutating func step() {
        now = now + .milliseconds(1)
        sink.now = now
        host.advance(to: now, over: &network)
        viewer.advance(to: now, over: &network)
        sendDueFrame()
        for datagram in network.deliver(at: now) { deliver(datagram) }
        worker.endTurn(at: now, into: &sink)
        if let due = worker.wakeup, due <= now { worker.advance(to: now, into: &sink) }
        sink.send(at: now, over: &network)
        outcome.reports += worker.takeReports().filter {
            if case .latency = $0 { false } else if case .layers = $0 { false } else { true }
        }
        askAgain()
    }

    private mutating func deliver(_ datagram: VirtualNetwork.Datagram) {
        switch datagram.destination {
        case Self.serverAddress:
            worker.receive(
                datagram.bytes.rawSpan, from: datagram.source, at: now, into: &sink)
        case host.address:
            let result = host.receive(datagram, at: now, over: &network)
            if result.input == .rtcp { answer(result.clear) }
        default:
            let result = viewer.receive(datagram, at: now, over: &network)
            if result.input == .rtp { take(result.clear) }
        }
    }

    // MARK: - The host

    private mutating func sendDueFrame() {
        guard host.isConnected, viewer.isConnected, nextFrame < story.frames else { return }
        let due = nextFrameAt ?? now + .milliseconds(200)
        nextFrameAt = due
        guard due <= now else { return }
        nextFrameAt = due + .microseconds(33_333)
        for number in 0..<story.packetsPerFrame {
            // The descriptor: S on the first packet; behind it the frame tag, whose lowest bit is 0
            // in a keyframe. Then the frame's number, for the viewer to read.
            let isFirst = number == 0
            let tag: UInt8 = wantsKeyframe && isFirst ? 0 : 1
            let payload =
                [isFirst ? 0x10 : 0x00, tag, UInt8(nextFrame >> 8), UInt8(nextFrame & 0xFF)]
                + [UInt8](repeating: UInt8(number), count: 900)
            let packet = SimulatedPacket(
                index: Int64(sentPackets.count) + 65_000, timestamp: UInt32(nextFrame) &* 3000,
                marker: number == story.packetsPerFrame - 1, payload: payload)
            sentPackets.append(packet)
            host.sendRTP(
                packet, ssrc: Self.hostSSRC, payloadType: 96, at: now, over: &network)
        }
        wantsKeyframe = false
        nextFrame += 1
    }

    /// Retransmits what a NACK asks for, and makes a keyframe when one is wanted.
    private mutating func answer(_ rtcp: [UInt8]) {
        var cursor = RTCPCursor()
        var wanted: [SequenceNumber] = []
        while let packet = try? cursor.next(in: rtcp.rawSpan) {
            switch packet {
            case .nack(_, let items):
                NACK.forEach(in: rtcp.rawSpan, items: items) { wanted.append($0) }
            case .pictureLoss: wantsKeyframe = true
            default: break
            }
        }
        for number in wanted {
            guard
                let packet = sentPackets.last(where: {
                    UInt16(truncatingIfNeeded: $0.index) == number.rawValue
                })
            else { continue }
            host.sendRTP(
                packet, ssrc: Self.hostSSRC, payloadType: 96, at: now, over: &network)
        }
    }

    // MARK: - The viewer

    private mutating func take(_ packet: [UInt8]) {
        guard let header = try? RTPHeader(parsing: packet.rawSpan) else { return }
        _ = received.receive(packet.rawSpan, header: header, at: now)
        received.clearFresh()
        guard seen.insert(unwrapper.unwrap(header.sequenceNumber)).inserted else { return }
        let payload = Array(packet[header.payload])
        let frame = Int(payload[2]) << 8 | Int(payload[3])
        packetsOfFrame[frame, default: 0] += 1
        outcome.trace.add(now.nanoseconds)
        outcome.trace.add(UInt64(frame))
        if packetsOfFrame[frame] == story.packetsPerFrame { outcome.completeFrames.append(frame) }
    }

    private mutating func askAgain() {
        guard viewer.isConnected else { return }
        var missing: [SequenceNumber] = []
        received.collectNacks(at: now, roundTrip: story.link.delay * 2, into: &missing)
        guard !missing.isEmpty else { return }
        viewer.sendRTCP(at: now, over: &network) { packet in
            RTCPWriter.nack(
                sender: SSRC(1), media: Self.viewerSSRC, missing: missing, into: &packet)
        }
    }
}

/// What both ends of a connection must know of each other before they meet.
struct Introduction {
    let number: UInt64
    let keys: SRTPKeyingMaterial
    let server: ICECredentials
    let client: ICECredentials
    let resource: ResourceID
    let tieBreaker: UInt64

    /// - Parameter owner: the worker that has the peer.
    init(number: UInt64, seed: UInt64, owner: Int = 0) {
        var random = SeededGenerator(seed: seed &* 31 &+ number)
        self.number = number
        keys = SRTPKeyingMaterial.random(using: &random)
        server = ICECredentials.random(owner: owner, using: &random)
        client = ICECredentials.random(using: &random)
        resource = ResourceID.random(using: &random)
        tieBreaker = random.next()
    }

    /// - Parameter fingerprint: of a client that makes a handshake; `nil`: both ends have the keys already.
    func setup(
        _ role: PeerSetup.Role, direction: MediaSession.Direction,
        fingerprint: Fingerprint? = nil
    ) -> PeerSetup {
        PeerSetup(
            session: MediaSession(
                resource: resource, stage: StageID("stage"),
                participant: ParticipantID("participant\(number)"), direction: direction),
            local: server, remote: client,
            security: fingerprint.map(PeerSetup.Security.dtls) ?? .presharedKeys(keys),
            role: role)
    }

    /// - Parameters:
    ///   - own: where the client sends from; an address of its own unless given.
    ///   - transport: one that makes a handshake; `nil`: both ends have the keys already.
    func client(
        of address: TransportAddress, from own: TransportAddress? = nil,
        over transport: consuming SecureTransport? = nil, at now: Instant
    ) -> SimulatedClient {
        SimulatedClient(
            address: own ?? TransportAddress(ipv4: 0x0A00_0000 + UInt32(number), port: 4000),
            server: address, local: client, remote: server,
            transport: transport ?? SecureTransport(presharedKeys: keys.mirrored),
            tieBreaker: tieBreaker, at: now)
    }
}

/// Puts what the worker sends on the virtual network.
struct NetworkSink: ~Copyable, DatagramSink {
    let source: TransportAddress
    private var waiting: [(bytes: [UInt8], to: TransportAddress)] = []

    init(source: TransportAddress) { self.source = source }

    /// The moment at which everything is sent.
    var now = Instant.zero

    mutating func flush(_ queue: inout SendQueue) -> Instant {
        for entry in queue.entries {
            let bytes = queue.arena.bytes(in: entry.offset..<entry.offset + entry.size).array
            waiting.append((bytes, entry.destination))
        }
        queue.removeAll()
        return now
    }

    mutating func send(at now: Instant, over network: inout VirtualNetwork) {
        for datagram in waiting {
            network.send(datagram.bytes, from: source, to: datagram.to, at: now)
        }
        waiting.removeAll()
    }
}

extension SRTPKeyingMaterial {
    static func random(using generator: inout SeededGenerator) -> SRTPKeyingMaterial {
        func bytes(_ count: Int) -> Redacted<[UInt8]> {
            Redacted((0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
        }
        return SRTPKeyingMaterial(
            profile: .aeadAES128GCM, localKey: bytes(16), localSalt: bytes(12),
            remoteKey: bytes(16), remoteSalt: bytes(12))
    }

    /// The same keys as the other side sees them.
    var mirrored: SRTPKeyingMaterial {
        SRTPKeyingMaterial(
            profile: profile, localKey: remoteKey, localSalt: remoteSalt, remoteKey: localKey,
            remoteSalt: localSalt)
    }
}
