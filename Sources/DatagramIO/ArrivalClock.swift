package import Primitives

/// When the datagrams of a batch came, on the monotonic clock: the kernel stamps them with the wall clock,
/// and what counts is how long ago that was.
package struct ArrivalClock {
    /// When the clock was made: after the batch was received.
    package let now = SystemClock.now()
    private let wall = SystemClock.unixNanoseconds()

    package init() {}

    package func arrival(of index: Int, in batch: borrowing ReceiveBatch) -> Instant {
        let age = batch.receiveTime(index).map { max(0, wall - $0) } ?? 0
        return now - .nanoseconds(age)
    }
}
