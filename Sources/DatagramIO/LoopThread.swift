internal import Foundation
internal import Synchronization

/// A thread for a loop that owns what it works with.
package enum LoopThread {
    /// Starts a thread that prepares itself (``ThreadSetup/prepare(name:cpu:isPreferred:)``) and runs
    /// `body` on the loop, which crosses to it and ends with it.
    package static func start<Loop: ~Copyable>(
        _ loop: consuming Loop, name: String, cpu: Int?, isPreferred: Bool = false,
        _ body: @escaping @Sendable (inout Loop) -> Void
    ) {
        let box = ThreadBox(loop)
        let thread = Thread {
            ThreadSetup.prepare(name: name, cpu: cpu, isPreferred: isPreferred)
            var loop = box.take()
            body(&loop)
        }
        thread.stackSize = 1 << 20
        thread.start()
    }
}

/// Carries a value that cannot be copied into a closure that runs once.
private final class ThreadBox<Value: ~Copyable>: @unchecked Sendable {
    // Sound because `take` is called once, by the one thread that the box was made for, after the
    // thread that filled it has let go of it (starting a thread orders the two).
    private var value: Value?

    init(_ value: consuming Value) { self.value = consume value }

    func take() -> Value {
        guard let value = value.take() else { preconditionFailure("taken twice") }
        return value
    }
}

/// Threads that have not ended, and who waits for them to.
package final class Farewell: Sendable {
    private struct State {
        var running: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    package init(threads: Int) { state = Mutex(State(running: threads)) }

    /// A thread is about to end.
    /// - Parameter last: called when no other is left, before those who wait are told.
    package func leave(last: () -> Void = {}) {
        let waiting = state.withLock { state in
            state.running -= 1
            guard state.running == 0 else { return [CheckedContinuation<Void, Never>]?.none }
            defer { state.waiting = [] }
            return state.waiting
        }
        guard let waiting else { return }
        last()
        for continuation in waiting { continuation.resume() }
    }

    /// Returns when all have left.
    package func wait() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.running > 0 { state.waiting.append(continuation) }
                return state.running == 0
            }
            if isOver { continuation.resume() }
        }
    }
}
