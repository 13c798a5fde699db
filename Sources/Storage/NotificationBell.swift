import Synchronization

/// Rings when there may be something new in the outbox. Who listens need not ask the database over
/// and over; who writes notifications rings after each write.
///
/// Writes of other processes ring nothing: whoever must hear of those looks by itself now and then.
package final class NotificationBell: Sendable {
    private struct State {
        var listeners: [UInt64: AsyncStream<Void>.Continuation] = [:]
        var next: UInt64 = 0
    }

    private let state = Mutex(State())

    package init() {}

    package func ring() {
        for listener in state.withLock({ Array($0.listeners.values) }) { listener.yield() }
    }

    /// The rings from now on. Those that come while nobody looks are one.
    package func rings() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state in
            state.next += 1
            state.listeners[state.next] = continuation
            return state.next
        }
        continuation.onTermination = { [weak self] _ in
            _ = self?.state.withLock { $0.listeners.removeValue(forKey: id) }
        }
        return stream
    }
}
