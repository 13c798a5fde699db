import ParticipantTokens
import Primitives
import Signalling
import StageAPI
import Storage
import Synchronization

/// Storage in a dictionary, which can be made to fail, and says in what order it was written.
final class FakeStorage: Storage {
    struct Contents {
        var stages: [StageID: StageRecord] = [:]
        var sessions: [SessionRecord] = []
        var participants: [ParticipantID: ParticipantRecord] = [:]
        var events: [ParticipantEventRecord] = []
        var batches: [[StorageChange]] = []
        var failures = 0
    }

    let contents = Mutex(Contents())

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

    /// The next so many writes fail.
    func fail(times: Int) { contents.withLock { $0.failures = times } }

    func apply(_ changes: [StorageChange]) async throws(StorageError) {
        let failed = contents.withLock { contents in
            guard contents.failures == 0 else {
                contents.failures -= 1
                return true
            }
            contents.batches.append(changes)
            for change in changes { contents.apply(change) }
            return false
        }
        if failed { throw .engine("the disk is full") }
    }

    func stage(_ id: StageID) async throws(StorageError) -> StageRecord? {
        contents.withLock { $0.stages[id] }
    }

    func stages(after cursor: Int64?, limit: Int) async throws(StorageError) -> [StageRecord] {
        contents.withLock { contents in
            Array(
                contents.stages.values.filter { $0.position > cursor ?? -1 }
                    .sorted { $0.position < $1.position }.prefix(limit))
        }
    }

    func participant(
        _ id: ParticipantID, of stage: StageID
    ) async throws(StorageError) -> ParticipantRecord? {
        contents.withLock { $0.participants[id] }
    }

    func events(
        of participant: ParticipantID, stage: StageID, session: StageSessionID, limit: Int
    ) async throws(StorageError) -> [ParticipantEventRecord] { [] }

    func sessions(of stage: StageID, limit: Int) async throws(StorageError) -> [SessionRecord] {
        contents.withLock { contents in
            Array(contents.sessions.filter { $0.stage == stage }.reversed().prefix(limit))
        }
    }

    func settings(prefix: String) async throws(StorageError) -> [String: String] { [:] }
}

extension FakeStorage.Contents {
    mutating func apply(_ change: StorageChange) {
        switch change {
        case .putStage(let stage): stages[stage.id] = stage
        case .deleteStage(let id): stages[id] = nil
        case .putSession(let session):
            sessions.removeAll { $0.id == session.id }
            sessions.append(session)
        case .putParticipant(let record): participants[record.id] = record
        case .appendEvent(let event): events.append(event)
        case .putSetting, .removeSetting: break
        }
    }
}

/// A media plane that says yes, or what it is told to say.
final class FakeMedia: MediaControl {
    struct Calls {
        var opened: [MediaSession] = []
        var closed: [ResourceID] = []
        var rejection: MediaRejection?
        var patch: MediaPatch = .accepted
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

    func close(_ resource: ResourceID) async { calls.withLock { $0.closed.append(resource) } }
}

/// Tokens that say what they mean: `host@stage+publish+subscribe`, or `expired`.
struct FakeVerifier: TokenVerifier {
    func verify(
        _ token: String, at now: WallTime
    ) async throws(TokenViolation) -> ParticipantClaims {
        if token.hasPrefix("expired") { throw .expired(at: now) }
        let parts = token.split(separator: "+").map(String.init)
        let names = parts.first?.split(separator: "@").map(String.init) ?? []
        guard names.count == 2 else { throw .malformed("it has no participant") }
        let stage = StageID(names[1])
        return ParticipantClaims(
            participant: ParticipantID(names[0]), stage: stage,
            stageARN: parts.contains("foreign") ? "arn:other" : "arn:stage/\(stage)",
            eventsURL: "ws://x", whipURL: "http://x", userID: "user-\(names[0])",
            attributes: ["k": names[0]],
            capabilities: Set(
                parts.compactMap { ParticipantClaims.Capability(rawValue: $0.uppercased()) }),
            issuedAt: now, expiresAt: now + .seconds(60))
    }
}

/// The service with its fakes, a stage named `stage`, and a clock that is set by hand.
final class Theatre: Sendable {
    let storage = FakeStorage()
    let media = FakeMedia()
    let live: LiveStages
    private let clock: FakeClock

    init(_ configure: (inout LiveLimits) -> Void = { _ in }) {
        var limits = LiveLimits()
        limits.broadcastInterval = .milliseconds(1)
        limits.storageRetry = .milliseconds(1)
        limits.tick = .milliseconds(5)
        configure(&limits)
        let clock = FakeClock()
        self.clock = clock
        storage.contents.withLock { contents in
            contents.stages[StageID("stage")] = StageRecord(
                id: StageID("stage"), arn: "arn:stage/stage", position: 1, name: "", tags: [:],
                createdAt: clock.now)
        }
        let numbers = Mutex(SeededGenerator(seed: 1))
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

/// Waits for what another task is about to make true; `false` after two seconds.
func eventually(_ condition: () -> Bool) async -> Bool {
    for _ in 0..<400 {
        if condition() { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return condition()
}
