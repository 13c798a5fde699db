import DatagramIO
import Synchronization

/// Orders on their way to the thread: filled from any thread, emptied by it.
final class OrderBox: Sendable {
    enum Order: Sendable {
        case add(ClientOrder)
        case remove(ClientID)
        /// Begins to count from zero.
        case countAnew
    }

    private struct State {
        var orders: [Order] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let waker: Waker

    init(waker: Waker) { self.waker = waker }

    /// - Returns: false when there is no room, or the thread has ended.
    @discardableResult
    func post(_ order: Order) -> Bool {
        let isTaken = state.withLock { state in
            guard !state.isClosed, state.orders.count < Limits.orders else { return false }
            state.orders.append(order)
            return true
        }
        if isTaken { waker.wake() }
        return isTaken
    }

    func close() {
        state.withLock { $0.isClosed = true }
        waker.wake()
    }

    /// Everything posted so far; `nil` once the box is closed and empty.
    func takeAll() -> [Order]? {
        state.withLock { state in
            guard !state.orders.isEmpty else { return state.isClosed ? nil : [] }
            defer { state.orders = [] }
            return state.orders
        }
    }
}
