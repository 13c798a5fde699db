internal import DatagramIO
internal import ICE
internal import MediaSecurity
internal import Peering
package import Primitives
internal import RTP
internal import SDP
package import Signalling
internal import Synchronization

/// The media plane: negotiates, and runs the workers that own the peers.
///
/// Negotiation happens on the caller's task; only its outcome crosses to a worker's thread, in a
/// bounded mailbox. Each session goes to the worker that has the least to do. Reports come back in
/// batches.
package final class MediaEngine: MediaControl {
    package struct Configuration: Sendable {
        /// Where the media socket is bound.
        package var bindAddress: TransportAddress
        /// The addresses that clients are told, best first; port 0 is that of the media socket.
        package var announced: [TransportAddress]

        package var capacity: MediaCapacity
        /// Threads that share the port, 1 to ``Limits/workers``.
        package var workers: Int
        /// See ``MediaWorker/Configuration/holdsUnwatched``.
        package var holdsUnwatched: Bool
        /// See ``MediaWorker/Configuration/loudest``.
        package var loudest: Int?

        package init(
            bindAddress: TransportAddress, announced: [TransportAddress],
            capacity: MediaCapacity = MediaCapacity(), workers: Int = 1,
            holdsUnwatched: Bool = true, loudest: Int? = nil
        ) {
            self.loudest = loudest
            self.holdsUnwatched = holdsUnwatched
            self.bindAddress = bindAddress
            self.announced = announced
            self.capacity = capacity
            self.workers = workers
        }
    }

    package let reports: AsyncStream<[MediaReport]>
    /// The UDP port that media arrives at.
    package let port: UInt16

    fileprivate struct State {
        var metrics: [MediaMetrics]
        /// What each worker has to do: tracks that it sends and receives.
        var loads: [Int]
        var publishers: [PublisherKey: Set<Codec>] = [:]
        /// Where the publishers that are replicated to a stage publish.
        var origins: [PublisherKey: StageID] = [:]
        var sessions: [ResourceID: Session] = [:]
        /// Streams that the sessions may bring.
        var streams = 0

        init(workers: Int) {
            metrics = Array(repeating: MediaMetrics(), count: workers)
            loads = Array(repeating: 0, count: workers)
        }
    }

    fileprivate struct PublisherKey: Hashable {
        var stage: StageID
        var participant: ParticipantID
    }

    fileprivate struct Session {
        var publisher: PublisherKey?
        var streams: Int
        var worker: Int
        var load: Int
        var remoteUfrag: String
        var local: LocalEndpoint
    }

    private let configuration: Configuration
    private let certificate: Certificate
    private let mailboxes: [Mailbox<MediaCommand>]
    private let farewell: Farewell
    private let continuation: AsyncStream<[MediaReport]>.Continuation
    private let state: SharedState

    private final class SharedState: Sendable {
        let mutex: Mutex<State>
        init(workers: Int) { mutex = Mutex(State(workers: workers)) }
    }

    /// Opens the sockets and starts the threads.
    /// - Throws: ``SystemError`` when the port is taken or not allowed, `SecurityError` when no
    ///   certificate can be made.
    package init(_ configuration: Configuration) throws {
        self.configuration = configuration
        certificate = try Certificate.generate()
        SRTPEngine.measure()
        let dtls = try DTLSContext(certificate: certificate)
        let count = configuration.workers
        let state = SharedState(workers: count)
        let (reports, continuation) = AsyncStream.makeStream(
            of: [MediaReport].self, bufferingPolicy: .bufferingOldest(Limits.reportBatches))
        self.reports = reports
        self.continuation = continuation
        self.state = state
        var ports = try WorkerPorts(bindingTo: configuration.bindAddress, count: count)
        port = ports.number
        let exchange = WorkerExchange(ports.doorbells.map { Mailbox($0, limit: Limits.mailbox) })
        mailboxes = exchange.mailboxes
        farewell = Farewell(threads: count)
        for index in 0..<count {
            let worker = MediaWorker(
                MediaWorker.Configuration(
                    dtls: dtls, anchor: SystemClock.anchor(),
                    seed: UInt64.random(in: 0...UInt64.max), capacity: configuration.capacity,
                    place: WorkerPlace(index: index, count: count),
                    holdsUnwatched: configuration.holdsUnwatched,
                    loudest: configuration.loudest))
            let loop = MediaLoop(
                worker: worker, port: ports.take(index), exchange: exchange
            ) { reports, metrics in
                state.mutex.withLock { state in
                    if let metrics { state.metrics[index] = metrics }
                    for case .ended(let resource, _) in reports { state.forget(resource) }
                }
                if !reports.isEmpty { continuation.yield(reports) }
            }
            // A packet must not wait for whoever else uses the CPU.
            LoopThread.start(
                loop, name: "media-\(index)", cpu: count > 1 ? index : nil, isPreferred: true
            ) { [farewell] loop in
                loop.run()
                farewell.leave { continuation.finish() }
            }
        }
    }

    /// Ends every peer and the threads. Returns when the threads have told their peers goodbye.
    package func shutdown() async {
        for mailbox in mailboxes { mailbox.close() }
        await farewell.wait()
    }

    /// How many threads there are, and what seals their packets, in words.
    package var summary: String {
        "\(mailboxes.count) \(mailboxes.count == 1 ? "worker" : "workers"), "
            + "AES-GCM by \(SRTPEngine.fastest) in \(SRTPEngine.fastest.sealingTime) ns a packet"
    }

    /// What the workers have done, at most ``Limits/metricsInterval`` ago.
    package var metrics: MediaMetrics {
        state.mutex.withLock { $0.metrics.reduce(into: MediaMetrics()) { $0 += $1 } }
    }

    // MARK: - MediaControl

    package func open(
        _ session: MediaSession, offer: String
    ) async throws(MediaRejection) -> MediaAnswer {
        let description: SessionDescription
        do throws(SDPViolation) {
            description = try SessionDescription(parsing: offer)
        } catch {
            throw .malformedOffer("the offer is not a session description: \(error)")
        }
        let worker = state.mutex.withLock { $0.leastLoaded }
        let local = makeEndpoint(of: worker)
        var random = SystemRandomNumberGenerator()
        let outcome: (answer: SessionDescription, remote: RemoteEndpoint, role: PeerSetup.Role)
        do throws(NegotiationError) {
            outcome = try negotiate(session, offer: description, local: local, using: &random)
        } catch {
            throw MediaRejection(error)
        }
        if case .subscribe(to: let publisher) = session.direction,
            codecs(of: publisher, on: session.stage) == nil
        {
            throw .noSuchPublisher(publisher)
        }
        let setup = PeerSetup(
            session: session, local: local.credentials, remote: outcome.remote.credentials,
            security: .dtls(outcome.remote.fingerprint), role: outcome.role)
        try remember(setup, local: local, at: worker)
        guard mailboxes[worker].post(.add(setup)) else {
            state.mutex.withLock { $0.forget(session.resource) }
            throw .unavailable("the media plane takes no more sessions now")
        }
        return MediaAnswer(
            sdp: outcome.answer.print(), entityTag: Self.entityTag(of: local.credentials))
    }

    private func negotiate(
        _ session: MediaSession, offer: SessionDescription, local: LocalEndpoint,
        using random: inout SystemRandomNumberGenerator
    ) throws(NegotiationError) -> (SessionDescription, RemoteEndpoint, PeerSetup.Role) {
        switch session.direction {
        case .publish:
            let outcome = try PublishNegotiation(
                answering: offer, local: local, takesRedundancy: true)
            return (outcome.answer, outcome.remote, .publisher(outcome.tracks))
        case .subscribe(to: let publisher):
            let required = codecs(of: publisher, on: session.stage) ?? []
            let outcome = try SubscribeNegotiation(
                answering: offer, local: local, slotLimit: 1, required: required, using: &random)
            return (outcome.answer, outcome.remote, .viewer(outcome.slots))
        case .subscribeToStage:
            let outcome = try SubscribeNegotiation(
                answering: offer, local: local, slotLimit: 12, required: [], using: &random)
            return (outcome.answer, outcome.remote, .viewer(outcome.slots))
        }
    }

    package func patch(
        _ resource: ResourceID, fragment: String
    ) async throws(MediaRejection) -> MediaPatch {
        let parsed: ICEFragment
        do throws(SDPViolation) {
            parsed = try ICEFragment(parsing: fragment)
        } catch {
            throw .malformedOffer("the body is not an SDP fragment: \(error)")
        }
        guard let session = state.mutex.withLock({ $0.sessions[resource] }) else {
            throw .noSuchResource
        }
        // Candidates of a client are not needed: ICE-lite learns addresses from checks. New
        // credentials are a restart (RFC 9725 §4.3.3).
        guard let ufrag = parsed.ufrag, let password = parsed.pwd,
            ufrag != session.remoteUfrag
        else { return .accepted }
        let local = makeEndpoint(of: session.worker)
        let remote = ICECredentials(ufrag: ufrag, password: Redacted(password))
        state.mutex.withLock {
            $0.sessions[resource]?.remoteUfrag = ufrag
            $0.sessions[resource]?.local = local
        }
        guard
            mailboxes[session.worker].post(
                .restartICE(resource, local: local.credentials, remote: remote))
        else { throw .unavailable("the media plane is shutting down") }
        let lines = ["a=ice-lite"] + local.iceAttributes.map { "a=\($0)" }
        return .restarted(
            fragment: lines.map { $0 + "\r\n" }.joined(),
            entityTag: Self.entityTag(of: local.credentials))
    }

    package func close(_ resource: ResourceID) async {
        let worker = state.mutex.withLock { state in
            defer { state.forget(resource) }
            return state.sessions[resource]?.worker
        }
        guard let worker else { return }
        _ = mailboxes[worker].post(.remove(resource))
    }

    package func replicate(_ replication: MediaReplication) async {
        state.mutex.withLock { $0.origins[replication.replica] = replication.source }
        postToAll(.replicate(replication))
    }

    private func postToAll(_ command: MediaCommand) {
        for mailbox in mailboxes { _ = mailbox.post(command) }
    }

    package func stopReplicating(_ replication: MediaReplication) async {
        state.mutex.withLock { state in
            guard state.origins[replication.replica] == replication.source else { return }
            state.origins[replication.replica] = nil
        }
        postToAll(.stopReplicating(replication))
    }

    package func setForwarding(
        of publisher: ParticipantID, on stage: StageID, audio: Bool, video: Bool
    ) async {
        postToAll(.setForwarding(publisher, stage, Forwarded(audio: audio, video: video)))
    }

    package func setWish(
        _ wish: PictureWish, of publisher: ParticipantID, for resource: ResourceID
    ) async {
        guard let worker = state.mutex.withLock({ $0.sessions[resource]?.worker }) else { return }
        _ = mailboxes[worker].post(.setWish(wish, of: publisher, for: resource))
    }

    package func setTold(_ resource: ResourceID, ofWantedLayers isTold: Bool) async {
        guard let worker = state.mutex.withLock({ $0.sessions[resource]?.worker }) else { return }
        _ = mailboxes[worker].post(.setTold(resource, isTold))
    }

    // MARK: - Bookkeeping

    private func makeEndpoint(of worker: Int) -> LocalEndpoint {
        var random = SystemRandomNumberGenerator()
        return LocalEndpoint(
            credentials: .random(owner: worker, using: &random),
            fingerprint: certificate.fingerprint,
            candidates: configuration.announced.map { address in
                var address = address
                if address.port == 0 { address.port = port }
                return address
            },
            sessionID: UInt64.random(in: 1...(UInt64.max >> 2), using: &random))
    }

    private static func entityTag(of credentials: ICECredentials) -> String {
        "\"\(credentials.ufrag)\""
    }

    private func codecs(of publisher: ParticipantID, on stage: StageID) -> Set<Codec>? {
        state.mutex.withLock { state in
            let own = PublisherKey(stage: stage, participant: publisher)
            return state.publishers[own]
                ?? state.origins[own].flatMap { origin in
                    state.publishers[PublisherKey(stage: origin, participant: publisher)]
                }
        }
    }

    /// Takes places in the workers' tables for a session.
    private func remember(
        _ setup: PeerSetup, local: LocalEndpoint, at worker: Int
    ) throws(MediaRejection) {
        var session = Session(
            publisher: nil, streams: setup.streams, worker: worker, load: setup.load,
            remoteUfrag: setup.remote.ufrag, local: local)
        let capacity = configuration.capacity
        let hasRoom = state.mutex.withLock { state in
            guard state.sessions.count < capacity.peers,
                state.streams + session.streams <= capacity.streams
            else { return false }
            state.streams += session.streams
            state.loads[worker] += session.load
            if case .publisher(let tracks) = setup.role {
                let key = PublisherKey(
                    stage: setup.session.stage, participant: setup.session.participant)
                session.publisher = key
                state.publishers[key] = Set(tracks.map(\.format.codec))
            }
            state.sessions[setup.session.resource] = session
            return true
        }
        guard hasRoom else {
            throw .unavailable(
                "\(capacity.peers) sessions or \(capacity.streams) streams are open, as many as may be"
            )
        }
    }
}

extension MediaReplication {
    fileprivate var replica: MediaEngine.PublisherKey {
        MediaEngine.PublisherKey(stage: destination, participant: participant)
    }
}

extension MediaEngine.State {
    fileprivate var leastLoaded: Int {
        loads.indices.min { loads[$0] < loads[$1] } ?? 0
    }

    fileprivate mutating func forget(_ resource: ResourceID) {
        guard let session = sessions.removeValue(forKey: resource) else { return }
        streams -= session.streams
        loads[session.worker] -= session.load
        guard let publisher = session.publisher else { return }
        // The participant may publish again already, under another resource.
        let hasAnother = sessions.values.contains { $0.publisher == publisher }
        if !hasAnother { publishers[publisher] = nil }
    }
}

extension MediaRejection {
    fileprivate init(_ error: NegotiationError) {
        switch error {
        case .unusable(let reason): self = .malformedOffer(reason)
        case .noCommonCodec(let offered, let supported):
            self = .noCommonCodec(offered: offered, supported: supported)
        }
    }
}
