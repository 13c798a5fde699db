package import Primitives

/// A message on its way to a webhook, as far as its order and its timing go.
package struct QueuedDelivery: Hashable, Sendable {
    /// Its place among all messages.
    package var position: Int64
    /// What it keeps its order with; those without a stage keep it among themselves.
    package var stage: StageID?
    package var happenedAt: WallTime
    /// How often it was tried already.
    package var attempts: Int
    package var lastAttemptAt: WallTime?
    /// Not before; `nil` for at once.
    var due: WallTime?

    package init(
        position: Int64, stage: StageID?, happenedAt: WallTime, attempts: Int = 0,
        lastAttemptAt: WallTime? = nil
    ) {
        self.position = position
        self.stage = stage
        self.happenedAt = happenedAt
        self.attempts = attempts
        self.lastAttemptAt = lastAttemptAt
    }
}

/// What ``DeliveryQueue`` wants done next.
package enum DeliveryAction: Hashable, Sendable {
    /// Post this message. Ends in ``DeliveryQueue/finished(_:_:at:using:)``.
    case send(position: Int64)
    /// Read the pending deliveries behind that position, and hand them to
    /// ``DeliveryQueue/take(_:after:isLast:at:using:)`` before asking again.
    case read(after: Int64, limit: Int)
    /// Nothing to do until then, or until a message comes back or the queue is woken; `nil` when
    /// only those can bring something.
    case wait(until: WallTime?)
}

/// How an attempt went.
package enum DeliveryOutcome: Hashable, Sendable {
    /// The receiver took it: a 2xx.
    case accepted
    /// It was not taken: another status, or no answer in time.
    /// - Parameter retryAfter: how long the receiver asked to be left alone.
    case failed(retryAfter: Duration? = nil)
    /// The receiver does not want it now or later: 410.
    case gone
}

/// What becomes of a message after an attempt.
package enum DeliveryVerdict: Hashable, Sendable {
    case delivered
    case retry(at: WallTime)
    /// It is given up and put aside; the next one of its stage goes on.
    case bury
}
