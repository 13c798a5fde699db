import Synchronization

/// What the one task that runs a webhook's queue is told by others. Bounded: wakings are one, and
/// there are only as many results as attempts.
final class Inbox: Sendable {
    struct Mail {
        var results: [(position: Int64, result: WebhookResult)] = []
        var isWoken = false
        var isReset = false
        var isStopping = false
    }

    private let mail = Mutex(Mail())
    private let signal: AsyncStream<Void>.Continuation
    /// For the one task.
    let signals: AsyncStream<Void>

    init() {
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func put(_ change: (inout Mail) -> Void) {
        mail.withLock { change(&$0) }
        signal.yield()
    }

    /// Everything that has come. That it is to stop stays said.
    func take() -> Mail {
        mail.withLock { mail in
            defer {
                let isStopping = mail.isStopping
                mail = Mail()
                mail.isStopping = isStopping
            }
            return mail
        }
    }

    func ring() { signal.yield() }
}
