internal import Synchronization

/// Messages on their way to a thread: bounded, filled from any thread, emptied by that one.
package final class Mailbox<Message: Sendable>: Sendable {
    private struct State {
        var messages: [Message] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    package let doorbell: Doorbell
    private let limit: Int

    package init(_ doorbell: Doorbell, limit: Int) {
        self.doorbell = doorbell
        self.limit = limit
    }

    /// - Returns: false when the mailbox is full or closed; the message was not taken.
    package func post(_ message: Message) -> Bool {
        let isTaken = state.withLock { state in
            guard !state.isClosed, state.messages.count < limit else { return false }
            state.messages.append(message)
            return true
        }
        if isTaken { doorbell.ring() }
        return isTaken
    }

    /// Takes a message also when the mailbox is full: of somebody who cannot wait, and says little.
    package func postAnyway(_ message: Message) {
        state.withLock { state in
            if !state.isClosed { state.messages.append(message) }
        }
        doorbell.ring()
    }

    package func close() {
        state.withLock { $0.isClosed = true }
        doorbell.ring()
    }

    /// Whether ``takeAll()`` has nothing to say.
    package var isQuiet: Bool { state.withLock { $0.messages.isEmpty && !$0.isClosed } }

    /// Everything posted so far; `nil` once the mailbox is closed and empty.
    package func takeAll() -> [Message]? {
        state.withLock { state in
            guard !state.messages.isEmpty else { return state.isClosed ? nil : [] }
            defer { state.messages = [] }
            return state.messages
        }
    }
}
