package import DatagramIO
import Foundation
package import MediaSecurity
import Primitives
import Synchronization

/// Thousands of clients on one thread: the handle that the rest of the program has of it.
///
/// What comes of an order is told by the events.
package final class LoadEngine: Sendable {
    private struct State {
        var figures = Figures()
        var hasEnded = false
    }

    private let mailbox: OrderBox
    private let state: Shared<State>

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
        let mailbox = OrderBox(waker: poller.makeWaker())
        let state = Shared(State())
        self.mailbox = mailbox
        self.state = state
        let loop = LoadLoop(
            settings: settings, context: context, poller: poller, mailbox: mailbox
        ) { events, figures in
            for event in events { onEvent(event) }
            if let figures { state.value.withLock { $0.figures = figures } }
        }
        Self.start(loop, cpu: cpu) { state.value.withLock { $0.hasEnded = true } }
    }

    private static func start(
        _ loop: consuming LoadLoop, cpu: Int?, whenDone: @escaping @Sendable () -> Void
    ) {
        let box = HandOver(loop)
        let thread = Thread {
            ThreadSetup.prepare(name: "rostrum-load", cpu: cpu)
            var loop = box.take()
            loop.run()
            whenDone()
        }
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// - Returns: false when the thread takes no more.
    package func add(_ order: ClientOrder) -> Bool { mailbox.post(.add(order)) }

    /// Lets a client leave. One that is gone already is no error.
    package func remove(_ id: ClientID) { mailbox.post(.remove(id)) }

    /// Begins to count from zero, but for streams that play.
    package func countAnew() { mailbox.post(.countAnew) }

    /// As they were a moment ago.
    package var figures: Figures { state.value.withLock { $0.figures } }

    /// Lets everybody leave, and ends the thread.
    package func stop() { mailbox.close() }

    /// Whether the thread has ended: after ``stop()``, once everybody has left.
    package var hasEnded: Bool { state.value.withLock { $0.hasEnded } }
}

/// A value that closures share.
private final class Shared<Value>: Sendable {
    let value: Mutex<Value>
    init(_ value: sending Value) { self.value = Mutex(value) }
}

/// Carries a value that cannot be copied to the thread that is made for it.
private final class HandOver<Value: ~Copyable>: @unchecked Sendable {
    // Sound because `take` is called once, by the one thread that the box was made for, after the
    // thread that filled it has let go of it (starting a thread orders the two).
    private var value: Value?

    init(_ value: consuming Value) { self.value = consume value }

    func take() -> Value {
        guard let value = value.take() else { preconditionFailure("taken twice") }
        return value
    }
}
