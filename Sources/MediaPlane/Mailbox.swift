internal import DatagramIO
internal import Synchronization

/// Commands on their way to a worker: bounded, filled from any thread, emptied by the worker.
final class Mailbox: Sendable {
    private struct State {
        var commands: [MediaCommand] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let waker: Waker
    private let limit: Int

    init(waker: Waker, limit: Int) {
        self.waker = waker
        self.limit = limit
    }

    /// - Returns: false when the mailbox is full or closed; the command was not taken.
    func post(_ command: MediaCommand) -> Bool {
        let isTaken = state.withLock { state in
            guard !state.isClosed, state.commands.count < limit else { return false }
            state.commands.append(command)
            return true
        }
        if isTaken { waker.wake() }
        return isTaken
    }

    func close() {
        state.withLock { $0.isClosed = true }
        waker.wake()
    }

    /// Everything posted so far; `nil` once the mailbox is closed and empty.
    func takeAll() -> [MediaCommand]? {
        state.withLock { state in
            guard !state.commands.isEmpty else { return state.isClosed ? nil : [] }
            defer { state.commands = [] }
            return state.commands
        }
    }
}
