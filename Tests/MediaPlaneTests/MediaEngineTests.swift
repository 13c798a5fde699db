import DatagramIO
import ICE
import MediaPlane
import MediaSecurity
import Peering
import Primitives
import RTP
import SDP
import Signalling
import Testing

/// The real thread and a real socket on the loopback network.
@Suite(.serialized) struct MediaEngineTests {
    private static let loopback = TransportAddress(ipv4: 0x7F00_0001, port: 0)

    private func engine(
        _ capacity: MediaCapacity = MediaCapacity(), bind: TransportAddress = loopback,
        announced: TransportAddress = loopback, workers: Int = 1
    ) throws -> MediaEngine {
        try MediaEngine(
            MediaEngine.Configuration(
                bindAddress: bind, announced: [announced], capacity: capacity, workers: workers))
    }

    /// Every client finds its worker, whichever socket the kernel gives its datagrams to, and is told
    /// goodbye by it.
    @Test func severalWorkersShareThePort() async throws {
        let engine = try engine(workers: 3)
        for number in 0..<9 {
            let offer = try LoopbackOffer()
            let answer = try await engine.open(session("p\(number)"), offer: offer.host)
            var host = try LoopbackClient(offer, answer: answer.sdp)
            let isLive = host.run { $0.isConnected }
            #expect(isLive)
            if number == 8 {
                await engine.shutdown()
                let isClosed = host.run { $0.isClosed }
                #expect(isClosed)
            }
        }
        let metrics = engine.metrics
        #expect(metrics.forwarding.handOversDropped == 0)
    }

    /// A session goes to the worker that has least to do, and a place that becomes free counts.
    @Test func sessionsGoWhereThereIsLeastToDo() async throws {
        let engine = try engine(workers: 3)
        func open(_ name: String) async throws -> Int? {
            let answer = try await engine.open(session(name), offer: LoopbackOffer().host)
            // The entity tag is the ufrag in quotes.
            return ICECredentials.owner(firstLetter: Array(answer.entityTag.utf8)[1])
        }
        var owners: [Int?] = []
        for number in 0..<9 { owners.append(try await open("p\(number)")) }
        #expect(owners == [0, 1, 2, 0, 1, 2, 0, 1, 2])
        for number in [1, 4] { await engine.close(ResourceID("p\(number)")) }
        let next = [try await open("q0"), try await open("q1"), try await open("q2")]
        #expect(next == [1, 1, 0])
        await engine.shutdown()
    }

    @Test func aPortThatAnotherEngineHasIsTaken() throws {
        let first = try engine(workers: 2)
        #expect(throws: SystemError.self) {
            _ = try MediaEngine(
                MediaEngine.Configuration(
                    bindAddress: TransportAddress(ipv4: 0x7F00_0001, port: first.port),
                    announced: [Self.loopback], workers: 2))
        }
    }

    /// ICE and DTLS over an address of the machine that its kernel would not choose.
    @Test func aClientIsAnsweredFromTheAddressThatItWasTold() async throws {
        let engine = try engine(
            bind: TransportAddress(ipv4: 0, port: 0),
            announced: TransportAddress(ipv4: 0x7F00_0003, port: 0))
        let offer = try LoopbackOffer()
        let answer = try await engine.open(session("ada"), offer: offer.host)
        var host = try LoopbackClient(offer, answer: answer.sdp)
        let isLive = host.run { $0.isConnected }
        #expect(isLive)
        await engine.shutdown()
        let isClosed = host.run { $0.isClosed }
        #expect(isClosed)
    }

    private func session(
        _ name: String, _ direction: MediaSession.Direction = .publish
    ) -> MediaSession {
        MediaSession(
            resource: ResourceID(name), stage: StageID("stage"), participant: ParticipantID(name),
            direction: direction)
    }

    @Test func shutdownTellsThePeersAndReturnsWhenTheThreadHasEnded() async throws {
        let engine = try engine()
        let offer = try LoopbackOffer()
        let answer = try await engine.open(session("ada"), offer: offer.host)
        var host = try LoopbackClient(offer, answer: answer.sdp)
        let isLive = host.run { $0.isConnected }
        #expect(isLive)
        var reports = engine.reports.makeAsyncIterator()
        #expect(await reports.next() == [.connected(ResourceID("ada"))])
        async let first: Void = engine.shutdown()
        async let second: Void = engine.shutdown()
        _ = await (first, second)
        await engine.shutdown()
        let isClosed = host.run { $0.isClosed }
        #expect(isClosed, "close_notify came")
        while await reports.next() != nil {}
        await #expect(throws: MediaRejection.self) {
            _ = try await engine.open(session("bob"), offer: offer.host)
        }
    }

    @Test func whatFindsNoPlaceIsRefusedAndPlacesComeBack() async throws {
        let engine = try engine(MediaCapacity(peers: 3, streams: 3))
        let (host, viewer) = (try LoopbackOffer().host, try LoopbackOffer().viewer)
        // A host of sound and picture takes two of three streams.
        _ = try await engine.open(session("ada"), offer: host)
        await #expect(throws: MediaRejection.self) {
            _ = try await engine.open(session("bob"), offer: host)
        }
        _ = try await engine.open(session("v1", .subscribeToStage), offer: viewer)
        _ = try await engine.open(session("v2", .subscribeToStage), offer: viewer)
        do {
            _ = try await engine.open(session("v3", .subscribeToStage), offer: viewer)
            Issue.record("the fourth session has no place")
        } catch {
            #expect(
                error == .unavailable("3 sessions or 3 streams are open, as many as may be"))
        }
        await engine.close(ResourceID("ada"))
        _ = try await engine.open(session("bob"), offer: host)
        await engine.close(ResourceID("v1"))
        _ = try await engine.open(session("v3", .subscribeToStage), offer: viewer)
        await engine.shutdown()
    }
}

/// What a client on the loopback network offers.
private struct LoopbackOffer {
    let local: LocalEndpoint
    let context: DTLSContext

    init() throws {
        let certificate = try Certificate.generate()
        var random = SystemRandomNumberGenerator()
        context = try DTLSContext(certificate: certificate)
        local = LocalEndpoint(
            credentials: .random(using: &random), fingerprint: certificate.fingerprint,
            candidates: [], sessionID: 7)
    }

    var host: String {
        ClientOffer.publishing(
            [
                ClientOffer.Track(codec: .opus, payloadType: 111, ssrc: SSRC(1)),
                ClientOffer.Track(codec: .vp8, payloadType: 96, ssrc: SSRC(2)),
            ], local: local
        ).print()
    }

    var viewer: String { ClientOffer.receiving(slots: 1, local: local).print() }
}

/// A client on the loopback network: ICE and DTLS, and no media.
private struct LoopbackClient: ~Copyable {
    private var socket: DatagramSocket
    private var batch = ReceiveBatch()
    private var queue = SendQueue()
    private var clear = ByteWriter(capacity: 4096)
    private var connection: ClientConnection
    private(set) var isClosed = false

    init(_ offer: LoopbackOffer, answer: String) throws {
        let answer = try ClientAnswer(parsing: SessionDescription(parsing: answer))
        let socket = try DatagramSocket(bindingTo: TransportAddress(ipv4: 0x7F00_0001, port: 0))
        self.socket = socket
        connection = ClientConnection(
            local: offer.local.credentials, remote: answer.credentials, tieBreaker: 1,
            remoteCandidates: answer.candidates,
            transport: SecureTransport(
                context: offer.context, role: .client, remoteFingerprint: answer.fingerprint),
            at: SystemClock.now())
    }

    var isConnected: Bool { connection.isConnected }

    /// Runs until it is as wanted, at most ten seconds. - Returns: whether it came so.
    mutating func run(until isDone: (borrowing LoopbackClient) -> Bool) -> Bool {
        let end = SystemClock.now() + .seconds(10)
        guard let poller = try? Poller() else { return false }
        while !isDone(self), SystemClock.now() < end {
            step()
            poller.wait(until: SystemClock.now() + .milliseconds(5), now: SystemClock.now())
        }
        return isDone(self)
    }

    private mutating func step() {
        let now = SystemClock.now()
        socket.receive(into: &batch)
        for index in 0..<batch.count {
            clear.removeAll()
            let source = batch.source(index)
            let start = queue.arena.count
            let datagram = batch.datagram(index).array
            let input = connection.receive(
                datagram.rawSpan, from: source, at: now, reply: &queue.arena, clear: &clear)
            queue.commit(from: start, to: source)
            if input == .handshake(.closedByPeer) { isClosed = true }
            sendFlight()
        }
        let start = queue.arena.count
        if let target = connection.advance(to: now, into: &queue.arena) {
            queue.commit(from: start, to: target)
        }
        sendFlight()
        socket.flush(&queue)
    }

    private mutating func sendFlight() {
        guard let target = connection.remoteAddress else { return }
        for datagram in connection.transport.flight.datagrams {
            let start = queue.arena.count
            queue.arena.append(contentsOf: datagram)
            queue.commit(from: start, to: target)
        }
        connection.transport.flight.removeAll()
    }
}
