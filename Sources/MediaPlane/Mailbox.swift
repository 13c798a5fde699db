internal import DatagramIO
internal import Synchronization

/// Commands on their way to a worker: bounded, filled from any thread, emptied by the worker.
final class Mailbox: Sendable {
    private struct State {
        var commands: [MediaCommand] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    let doorbell: Doorbell
    private let limit: Int

    init(_ doorbell: Doorbell, limit: Int) {
        self.doorbell = doorbell
        self.limit = limit
    }

    /// - Returns: false when the mailbox is full or closed; the command was not taken.
    func post(_ command: MediaCommand) -> Bool {
        let isTaken = state.withLock { state in
            guard !state.isClosed, state.commands.count < limit else { return false }
            state.commands.append(command)
            return true
        }
        if isTaken { doorbell.ring() }
        return isTaken
    }

    /// Takes a command of another worker, also when the mailbox is full: a worker cannot wait, and
    /// what a mirror must know cannot be left out. There are a few for each peer that comes or goes,
    /// and one for each keyframe that is asked for.
    func postAnyway(_ command: MediaCommand) {
        state.withLock { state in
            if !state.isClosed { state.commands.append(command) }
        }
        doorbell.ring()
    }

    func close() {
        state.withLock { $0.isClosed = true }
        doorbell.ring()
    }

    /// Whether ``takeAll()`` has nothing to say.
    var isQuiet: Bool { state.withLock { $0.commands.isEmpty && !$0.isClosed } }

    /// Everything posted so far; `nil` once the mailbox is closed and empty.
    func takeAll() -> [MediaCommand]? {
        state.withLock { state in
            guard !state.commands.isEmpty else { return state.isClosed ? nil : [] }
            defer { state.commands = [] }
            return state.commands
        }
    }
}
