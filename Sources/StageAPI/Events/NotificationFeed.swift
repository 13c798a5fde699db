import Primitives
package import Storage
import Synchronization

/// The notifications as Server-Sent Events, for backends that would rather pull than be called.
package struct NotificationFeed: Sendable {
    package enum Answer: Sendable {
        case stream(NotificationReader)
        case refused(APIResponse)
    }

    private let service: StageService
    private let bell: NotificationBell
    private let limits: FeedLimits
    private let places: Places

    package init(
        service: StageService, bell: NotificationBell, limits: FeedLimits = FeedLimits()
    ) {
        self.service = service
        self.bell = bell
        self.limits = limits
        places = Places(limit: limits.streams)
    }

    /// - Parameters:
    ///   - request: signed with Signature V4, or with `Authorization: Bearer <key id>:<secret>`.
    ///   - isPrivate: whether nobody on the way can read the request. The second form, which shows
    ///     the secret, is taken only then.
    package func open(_ request: APIRequest, isPrivate: Bool) async -> Answer {
        do {
            let key = try await service.accessKey(of: request, isPrivate: isPrivate)
            let query = try NotificationQuery(request)
            let rings = bell.rings()
            let start: Int64
            if let after = query.after {
                start = after
            } else {
                start = try await service.storage.lastNotification()
            }
            guard let place = places.take() else { throw APIError.tooManyStreams(limits.streams) }
            let service = service
            return .stream(
                NotificationReader(
                    storage: service.storage, rings: rings, limits: limits, filter: query.filter,
                    start: start, place: place,
                    isAllowed: { (try? await service.hasAccessKey(key)) != false }))
        } catch {
            return .refused(service.refusal(error))
        }
    }
}

/// How many streams there may be, and are.
final class Places: Sendable {
    /// Given back when nobody has it any more.
    final class Place: Sendable {
        private let places: Places
        fileprivate init(_ places: Places) { self.places = places }
        deinit { places.taken.withLock { $0 -= 1 } }
    }

    private let taken = Mutex(0)
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    func take() -> Place? {
        let hasRoom = taken.withLock { taken in
            guard taken < limit else { return false }
            taken += 1
            return true
        }
        return hasRoom ? Place(self) : nil
    }
}

extension StageService {
    /// What opening a stream counts as: reading, for permissions, and any operation, for rates.
    private static let feedOperation = "ListNotifications"

    /// Whose request it is.
    fileprivate func accessKey(of request: APIRequest, isPrivate: Bool) async throws -> String {
        let field = request.header("authorization") ?? ""
        guard field.lowercased().hasPrefix("bearer ") else {
            let now = now()
            let key = try await verifier.verify(request, at: now)
            try rates.admit(Self.feedOperation, accessKey: key.id, at: now)
            try key.authorize(Self.feedOperation)
            return key.id
        }
        guard isPrivate else {
            throw APIError.accessDenied(
                "A secret in the clear is taken over TLS or from this machine only. Sign the "
                    + "request with Signature V4 instead.")
        }
        let credentials = field.dropFirst("bearer ".count).split(separator: ":", maxSplits: 1)
        guard credentials.count == 2,
            let key = try await verifier.accessKeys.key(String(credentials[0])),
            constantTimeEqual(Array(key.secret.value.utf8), Array(credentials[1].utf8))
        else { throw APIError.unrecognizedClient }
        try rates.admit(Self.feedOperation, accessKey: key.id, at: now())
        try key.authorize(Self.feedOperation)
        return key.id
    }

    fileprivate func hasAccessKey(_ id: String) async throws -> Bool {
        try await verifier.accessKeys.key(id) != nil
    }

    fileprivate func refusal(_ error: any Error) -> APIResponse {
        let requestID = random.uuid()
        let error = error as? APIError ?? internalError("opening a stream", error)
        return error.response(requestID: requestID)
    }
}

extension APIError {
    fileprivate static func tooManyStreams(_ limit: Int) -> APIError {
        .quotaExceeded("\(limit) streams of notifications are open already, as many as may be.")
    }
}
