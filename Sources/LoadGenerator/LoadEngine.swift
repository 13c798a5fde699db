package import DatagramIO
package import MediaSecurity
import Primitives
import Synchronization

/// Thousands of clients on one thread: the handle that the rest of the program has of it.
///
/// What comes of an order is told by the events.
package final class LoadEngine: Sendable {
    private let mailbox: Mailbox<Order>
    private let latest: Shared<Figures>
    private let farewell = Farewell(threads: 1)

    /// Starts the thread.
    /// - Parameters:
    ///   - context: what all clients shake hands with.
    ///   - cpu: the only one that the thread runs on; `nil` for any.
    ///   - onEvent: called on the thread, and should return at once.
    package init(
        settings: LoadSettings, context: DTLSContext, cpu: Int?,
        onEvent: @escaping @Sendable (ClientEvent) -> Void
    ) throws(SystemError) {
        let poller = try Poller()
        let mailbox = Mailbox<Order>(Doorbell(poller.makeWaker()), limit: Limits.orders)
        let latest = Shared(Figures())
        self.mailbox = mailbox
        self.latest = latest
        let loop = LoadLoop(
            settings: settings, context: context, poller: poller, mailbox: mailbox
        ) { events, figures in
            for event in events { onEvent(event) }
            if let figures { latest.value.withLock { $0 = figures } }
        }
        LoopThread.start(loop, name: "rostrum-load", cpu: cpu) { [farewell] loop in
            loop.run()
            farewell.leave()
        }
    }

    /// - Returns: false when the thread takes no more.
    package func add(_ order: ClientOrder) -> Bool { mailbox.post(.add(order)) }

    /// Lets a client leave. One that is gone already is no error.
    package func remove(_ id: ClientID) { _ = mailbox.post(.remove(id)) }

    /// Begins to count from zero, but for streams that play.
    package func countAnew() { _ = mailbox.post(.countAnew) }

    /// As they were a moment ago.
    package var figures: Figures { latest.value.withLock { $0 } }

    /// Lets everybody leave, and ends the thread.
    package func stop() { mailbox.close() }

    /// Returns when the thread has ended: after ``stop()``, once everybody has left.
    package func waitUntilEnded() async { await farewell.wait() }
}

/// A value that closures share.
private final class Shared<Value>: Sendable {
    let value: Mutex<Value>
    init(_ value: sending Value) { self.value = Mutex(value) }
}
