internal import Synchronization

/// Wakes a thread that sleeps in its ``Poller``, and spares the system call while it is awake.
///
/// The sleeper says that it goes to sleep (``sleep()``), looks once more whether something has come, and
/// only then waits; who brings something rings afterwards. One of the two sees the other.
package final class Doorbell: Sendable {
    private let waker: Waker
    private let isAsleep = Atomic(false)

    package init(_ waker: Waker) { self.waker = waker }

    /// For whoever has brought something.
    package func ring() {
        // An exchange and no load: what was brought is visible before it.
        if isAsleep.exchange(false, ordering: .sequentiallyConsistent) { waker.wake() }
    }

    /// For the thread, before it looks for the last time.
    package func sleep() { isAsleep.store(true, ordering: .sequentiallyConsistent) }

    /// For the thread, when it is up again.
    package func wakeUp() { isAsleep.store(false, ordering: .sequentiallyConsistent) }
}
