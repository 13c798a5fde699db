package import Primitives

/// The life of a composition: a stage's participants in one picture and one mixed sound, on their way
/// to one or two destinations.
///
/// STARTING → ACTIVE → STOPPING → STOPPED, or FAILED from wherever it was. What has ended can be looked
/// at for ``StageLimits/endedCompositionLifetime`` more.
package struct Composition: Hashable, Sendable {
    package enum State: String, Hashable, Codable, Sendable, CaseIterable {
        case starting = "STARTING"
        case active = "ACTIVE"
        case stopping = "STOPPING"
        case failed = "FAILED"
        case stopped = "STOPPED"

        package var hasEnded: Bool { self == .failed || self == .stopped }
    }

    /// Where picture and sound go.
    package struct Destination: Hashable, Sendable {
        package enum State: String, Hashable, Codable, Sendable, CaseIterable {
            case starting = "STARTING"
            case active = "ACTIVE"
            case stopping = "STOPPING"
            case reconnecting = "RECONNECTING"
            case failed = "FAILED"
            case stopped = "STOPPED"

            package var hasEnded: Bool { self == .failed || self == .stopped }
        }

        package var id: String
        package var state: State
        package var startedAt: WallTime?
        package var endedAt: WallTime?

        package init(
            id: String, state: State = .starting, startedAt: WallTime? = nil,
            endedAt: WallTime? = nil
        ) {
            self.id = id
            self.state = state
            self.startedAt = startedAt
            self.endedAt = endedAt
        }
    }

    /// How long one that has ended can still be looked at.
    package static let afterlife: Duration = .seconds(5 * 60)

    package var state: State
    package var destinations: [Destination]
    package var startedAt: WallTime
    package var endedAt: WallTime?
    /// Why it failed.
    package var failure: String?

    package init(
        state: State = .starting, destinations: [Destination], startedAt: WallTime,
        endedAt: WallTime? = nil, failure: String? = nil
    ) {
        self.state = state
        self.destinations = destinations
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.failure = failure
    }

    /// When it is forgotten.
    package var expiresAt: WallTime? {
        endedAt.map { $0 + Self.afterlife }
    }
}

/// What a backend hears of a composition.
package enum CompositionEvent: Hashable, Sendable {
    case sessionEnded
    case sessionFailed(reason: String)
    case destinationEnded(id: String)
    case destinationFailed(id: String, reason: String)
}

extension Composition {
    /// It cannot go on, with every destination that has not ended.
    /// - Returns: what is to be told, in order; nothing when it has ended already.
    package mutating func fail(_ reason: String, at now: WallTime) -> [CompositionEvent] {
        guard !state.hasEnded else { return [] }
        let ids = endDestinations(as: .failed, at: now)
        state = .failed
        endedAt = now
        failure = reason
        return ids.map { .destinationFailed(id: $0, reason: reason) }
            + [.sessionFailed(reason: reason)]
    }

    /// Somebody wants it to end, and it has, with every destination.
    /// - Returns: what is to be told, in order; nothing when it has ended already.
    package mutating func stop(at now: WallTime) -> [CompositionEvent] {
        guard !state.hasEnded else { return [] }
        let ids = endDestinations(as: .stopped, at: now)
        state = .stopped
        endedAt = now
        return ids.map { .destinationEnded(id: $0) } + [.sessionEnded]
    }

    /// - Returns: the ids of those that had not ended before.
    private mutating func endDestinations(
        as end: Destination.State, at now: WallTime
    ) -> [String] {
        var ids: [String] = []
        for index in destinations.indices where !destinations[index].state.hasEnded {
            destinations[index].state = end
            destinations[index].endedAt = now
            ids.append(destinations[index].id)
        }
        return ids
    }
}
