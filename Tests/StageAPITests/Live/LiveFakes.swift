import ParticipantTokens
import Primitives
import Signalling
import StageAPI
import Storage
import Synchronization

/// Storage in memory, which can be made to fail, and says in what order it was written.
final class FakeStorage: Storage {
    struct Contents {
        var sessions: [SessionRecord] = []
        var participants: [ParticipantID: ParticipantRecord] = [:]
        var events: [ParticipantEventRecord] = []
        var batches: [[StorageChange]] = []
        var failures = 0
        /// Writes that still succeed before the failures.
        var spared = 0
    }

    let memory = InMemoryStorage()
    /// Nothing works.
    let isBroken: Bool
    let contents = Mutex(Contents())

    init(isBroken: Bool = false) { self.isBroken = isBroken }

    fileprivate func readable() throws(StorageError) -> InMemoryStorage {
        if isBroken { throw .engine("the disk is full") }
        return memory
    }

    var events: [String] {
        contents.withLock { contents in
            contents.events.map { event in
                [
                    event.name, event.participant.rawValue, event.remoteParticipant?.rawValue,
                    event.errorCode,
                ].compactMap(\.self).joined(separator: " ")
            }
        }
    }

    var sessions: [SessionRecord] { contents.withLock { $0.sessions } }

    func record(_ id: String) -> ParticipantRecord? {
        contents.withLock { $0.participants[ParticipantID(id)] }
    }

    /// The next so many writes fail, or those after the first few.
    func fail(after spared: Int = 0, times: Int) {
        contents.withLock { ($0.spared, $0.failures) = (spared, times) }
    }

    func apply(_ changes: [StorageChange]) async throws(StorageError) {
        let failed = contents.withLock { contents in
            if contents.failures > 0, contents.spared > 0 {
                contents.spared -= 1
                return false
            }
            guard contents.failures == 0, !isBroken else {
                contents.failures -= 1
                return true
            }
            return false
        }
        if failed { throw .engine("the disk is full") }
        try await memory.apply(changes)
        contents.withLock { contents in
            contents.batches.append(changes)
            for change in changes { contents.note(change) }
        }
    }
}

extension FakeStorage.Contents {
    fileprivate mutating func note(_ change: StorageChange) {
        switch change {
        case .putSession(let session):
            sessions.removeAll { $0.id == session.id }
            sessions.append(session)
        case .putParticipant(let record): participants[record.id] = record
        case .appendEvent(let event): events.append(event)
        default: break
        }
    }
}

// Reads are those of the memory.
extension FakeStorage {
    func stage(_ id: StageID) async throws(StorageError) -> StageRecord? {
        try await readable().stage(id)
    }

    func stages(after cursor: Int64?, limit: Int) async throws(StorageError) -> [StageRecord] {
        try await readable().stages(after: cursor, limit: limit)
    }

    func stageCount() async throws(StorageError) -> Int { try await readable().stageCount() }

    func session(
        _ id: StageSessionID, of stage: StageID
    ) async throws(StorageError) -> SessionRecord? { try await readable().session(id, of: stage) }

    func sessions(
        of stage: StageID, before cursor: Int64?, limit: Int
    ) async throws(StorageError) -> [SessionRecord] {
        try await readable().sessions(of: stage, before: cursor, limit: limit)
    }

    func openSessions(
        after cursor: Int64?, limit: Int
    ) async throws(StorageError) -> [SessionRecord] {
        try await readable().openSessions(after: cursor, limit: limit)
    }

    func participant(
        _ id: ParticipantID, of stage: StageID
    ) async throws(StorageError) -> ParticipantRecord? {
        try await readable().participant(id, of: stage)
    }

    func participant(
        _ id: ParticipantID, of stage: StageID, in session: StageSessionID
    ) async throws(StorageError) -> ParticipantRecord? {
        try await readable().participant(id, of: stage, in: session)
    }

    func participants(
        _ query: ParticipantQuery, after cursor: Int64?, limit: Int
    ) async throws(StorageError) -> [ParticipantRecord] {
        try await readable().participants(query, after: cursor, limit: limit)
    }

    func events(
        of participant: ParticipantID, stage: StageID, session: StageSessionID,
        before cursor: Int64?, limit: Int
    ) async throws(StorageError) -> [ParticipantEventRecord] {
        try await readable().events(
            of: participant, stage: stage, session: session, before: cursor, limit: limit)
    }

    func replications(
        _ query: ReplicationQuery, after cursor: Int64?, limit: Int
    ) async throws(StorageError) -> [ReplicationRecord] {
        try await readable().replications(query, after: cursor, limit: limit)
    }

    func resource(
        _ kind: ResourceRecord.Kind, _ id: String
    ) async throws(StorageError) -> ResourceRecord? { try await readable().resource(kind, id) }

    func resources(
        _ query: ResourceQuery, after cursor: Int64?, limit: Int
    ) async throws(StorageError) -> [ResourceRecord] {
        try await readable().resources(query, after: cursor, limit: limit)
    }

    func resourceCount(_ query: ResourceQuery) async throws(StorageError) -> Int {
        try await readable().resourceCount(query)
    }

    func webhooks() async throws(StorageError) -> [WebhookRecord] {
        try await readable().webhooks()
    }

    func notifications(
        after cursor: Int64, stage: StageID?, limit: Int
    ) async throws(StorageError) -> [NotificationRecord] {
        try await readable().notifications(after: cursor, stage: stage, limit: limit)
    }

    func lastNotification() async throws(StorageError) -> Int64 {
        try await readable().lastNotification()
    }

    func deliveries(
        _ state: DeliveryRecord.State, to webhook: String?, after cursor: Int64, limit: Int
    ) async throws(StorageError) -> [DeliveryRecord] {
        try await readable().deliveries(state, to: webhook, after: cursor, limit: limit)
    }

    func settings(prefix: String) async throws(StorageError) -> [String: String] {
        try await readable().settings(prefix: prefix)
    }
}

/// A media plane that says yes, or what it is told to say.
final class FakeMedia: MediaControl {
    struct Calls {
        var opened: [MediaSession] = []
        var closed: [ResourceID] = []
        var rejection: MediaRejection?
        var patch: MediaPatch = .accepted
        /// `host audio video`, with a minus before what is held back.
        var forwarding: [String] = []
        /// What was passed on of viewers' wishes.
        var wishes: [(resource: ResourceID, publisher: ParticipantID, wish: PictureWish)] = []
        /// `resource`, with a minus before one that is no longer told.
        var told: [String] = []
        /// `host a→b`, with a minus in front of one that ended.
        var replications: [String] = []
        /// Run inside `replicate`, before it returns.
        var whileReplicating: (@Sendable () async -> Void)?
        /// Run inside `open`, before it answers.
        var whileOpening: (@Sendable (MediaSession) async -> Void)?
    }

    let calls = Mutex(Calls())
    let reports: AsyncStream<[MediaReport]>
    let report: AsyncStream<[MediaReport]>.Continuation

    init() { (reports, report) = AsyncStream.makeStream(of: [MediaReport].self) }

    var closed: [ResourceID] { calls.withLock { $0.closed } }

    func open(
        _ session: MediaSession, offer: String
    ) async throws(MediaRejection) -> MediaAnswer {
        let (rejection, hook) = calls.withLock { ($0.rejection, $0.whileOpening) }
        await hook?(session)
        if let rejection { throw rejection }
        calls.withLock { $0.opened.append(session) }
        return MediaAnswer(sdp: "answer to \(offer)", entityTag: "\"1\"")
    }

    func patch(
        _ resource: ResourceID, fragment: String
    ) async throws(MediaRejection) -> MediaPatch {
        let (rejection, patch) = calls.withLock { ($0.rejection, $0.patch) }
        if let rejection { throw rejection }
        return patch
    }

    func setForwarding(
        of publisher: ParticipantID, on stage: StageID, audio: Bool, video: Bool
    ) async {
        let text = "\(publisher) \(audio ? "" : "-")audio \(video ? "" : "-")video"
        calls.withLock { $0.forwarding.append(text) }
    }

    func setWish(
        _ wish: PictureWish, of publisher: ParticipantID, for resource: ResourceID
    ) async {
        calls.withLock { $0.wishes.append((resource, publisher, wish)) }
    }

    func setTold(_ resource: ResourceID, ofWantedLayers isTold: Bool) async {
        calls.withLock { $0.told.append((isTold ? "" : "-") + resource.rawValue) }
    }

    func replicate(_ replication: MediaReplication) async {
        let hook = calls.withLock { calls in
            calls.replications.append(replication.text)
            return calls.whileReplicating
        }
        await hook?()
    }

    func stopReplicating(_ replication: MediaReplication) async {
        calls.withLock { $0.replications.append("-" + replication.text) }
    }

    func close(_ resource: ResourceID) async { calls.withLock { $0.closed.append(resource) } }
}

extension MediaReplication {
    fileprivate var text: String { "\(participant) \(source)→\(destination)" }
}

/// Tokens that say what they mean: `host@stage+publish+subscribe`, or `expired`. `+as=name` is for
/// another user, `+whip=url` and `+events=url` for another server.
struct FakeVerifier: TokenVerifier {
    func verify(
        _ token: String, at now: WallTime
    ) async throws(TokenViolation) -> ParticipantClaims {
        if token.hasPrefix("expired") { throw .expired(at: now) }
        let parts = token.split(separator: "+").map(String.init)
        let names = parts.first?.split(separator: "@").map(String.init) ?? []
        guard names.count == 2 else { throw .malformed("it has no participant") }
        func value(_ name: String) -> String? {
            parts.first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
        }
        let stage = StageID(names[1])
        let user = value("as")
        return ParticipantClaims(
            participant: ParticipantID(names[0]), stage: stage,
            stageARN: parts.contains("foreign") ? "arn:other" : "arn:stage/\(stage)",
            eventsURL: value("events") ?? "ws://x", whipURL: value("whip") ?? "http://x",
            userID: user ?? "user-\(names[0])", attributes: ["k": user ?? names[0]],
            capabilities: Set(
                parts.compactMap { ParticipantClaims.Capability(rawValue: $0.uppercased()) }),
            issuedAt: now, expiresAt: now + .seconds(60))
    }
}

/// The service with its fakes, a stage named `stage`, and a clock that is set by hand.
final class Theatre: Sendable {
    let storage: FakeStorage
    let media = FakeMedia()
    let live: LiveStages
    private let clock: FakeClock

    /// - Parameters:
    ///   - storage: what an earlier server left.
    ///   - seed: what ids are made of.
    init(
        _ storage: FakeStorage = FakeStorage(), seed: UInt64 = 1,
        _ configure: (inout LiveLimits) -> Void = { _ in }
    ) async {
        var limits = LiveLimits()
        limits.broadcastInterval = .milliseconds(1)
        limits.storageRetry = .milliseconds(1)
        limits.tick = .milliseconds(5)
        configure(&limits)
        let clock = FakeClock()
        self.clock = clock
        self.storage = storage
        // Into memory, which does not fail.
        try? await storage.memory.apply([
            .putStage(
                StageRecord(
                    id: StageID("stage"), arn: "arn:stage/stage", name: "", tags: [:],
                    createdAt: clock.now))
        ])
        let numbers = Mutex(SeededGenerator(seed: seed))
        live = LiveStages(
            storage: storage, media: media, tokens: FakeVerifier(), limits: limits,
            now: { clock.now }, random: { numbers.withLock { $0.next() } })
    }

    var now: WallTime { clock.now }

    func wait(_ duration: Duration) { clock.wait(duration) }

    static func host(_ name: String = "host") -> String { "\(name)@stage+publish+subscribe" }
    static func viewer(_ name: String = "viewer") -> String { "\(name)@stage+subscribe" }

    func publish(_ token: String?, path: String? = nil) async throws(SignallingError)
        -> MediaCreated
    {
        try await live.publish(
            MediaRequest(bearer: token, pathParticipant: path.map(ParticipantID.init), offer: "o"))
    }

    func subscribe(
        _ token: String?, to publisher: String? = nil
    ) async throws(SignallingError) -> MediaCreated {
        try await live.subscribe(
            MediaRequest(
                bearer: token, pathParticipant: publisher.map(ParticipantID.init), offer: "o"))
    }

    func connect(_ token: String?) async throws(SignallingError) -> TestSocket {
        TestSocket(
            try await live.connectEvents(
                topic: StageID("stage"), token: token, client: ClientFacts(browserName: "Test")))
    }

    /// Runs the service beside the body.
    func running(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup { group in
            group.addTask { await self.live.run() }
            try await body()
            group.cancelAll()
        }
    }
}

final class FakeClock: Sendable {
    private let time = Mutex(WallTime(unixSeconds: 1_700_000_000))
    var now: WallTime { time.withLock { $0 } }
    func wait(_ duration: Duration) { time.withLock { $0 = $0 + duration } }
}

/// The client's end of an events socket.
final class TestSocket {
    let connection: EventsConnection
    private var iterator: AsyncStream<EventsConnection.Frame>.AsyncIterator

    init(_ connection: EventsConnection) {
        self.connection = connection
        iterator = connection.frames.makeAsyncIterator()
    }

    func next() async -> EventsConnection.Frame? { await iterator.next(isolation: #isolation) }

    /// The next message's value; `nil` when the next frame is a close, or there is none.
    func message() async -> JSONValue? {
        guard case .text(let text) = await next() else { return nil }
        return try? JSONValue(parsing: text)
    }

    /// Passes over frames until a `STAGE_STATE` for which the condition holds.
    func state(where condition: ([JSONValue]) -> Bool) async -> [JSONValue]? {
        while let message = await message() {
            guard message["type"] == .string("STAGE_STATE"),
                case .array(let participants)? = message["payload"]?["participants"]
            else { continue }
            if condition(participants) { return participants }
        }
        return nil
    }

    func send(_ text: String) async { await connection.receive(text) }
}

/// Waits for what another task is about to make true; `false` after twenty seconds.
func eventually(_ condition: () async throws -> Bool) async rethrows -> Bool {
    for _ in 0..<4_000 {
        if try await condition() { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return try await condition()
}
