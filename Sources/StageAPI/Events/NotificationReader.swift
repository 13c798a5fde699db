package import Primitives
package import Storage

/// One stream of notifications: the body of a `text/event-stream`.
///
/// Nothing waits in memory for a slow reader: what comes next is read from the storage when the last
/// page has been taken.
package struct NotificationReader: Sendable {
    let storage: any Storage
    let rings: AsyncStream<Void>
    let limits: FeedLimits
    let filter: Filter
    let start: Int64
    /// Held as long as the stream is.
    let place: Places.Place?
    /// Whether the client's access key is still good.
    let isAllowed: @Sendable () async -> Bool

    /// Which notifications are wanted.
    package struct Filter: Hashable, Sendable {
        /// `nil` for all.
        package var stage: StageID?
        /// Raw values of ``NotificationKind``; empty for all.
        package var kinds: Set<String>

        package init(stage: StageID? = nil, kinds: Set<String> = []) {
            self.stage = stage
            self.kinds = kinds
        }
    }

    /// - Parameters:
    ///   - rings: those of the bell, from before `start` was looked up.
    ///   - start: the position behind which it begins.
    package init(
        storage: any Storage, rings: AsyncStream<Void>, limits: FeedLimits, filter: Filter,
        start: Int64, isAllowed: @escaping @Sendable () async -> Bool
    ) {
        self.init(
            storage: storage, rings: rings, limits: limits, filter: filter, start: start,
            place: nil, isAllowed: isAllowed)
    }

    init(
        storage: any Storage, rings: AsyncStream<Void>, limits: FeedLimits, filter: Filter,
        start: Int64, place: Places.Place?, isAllowed: @escaping @Sendable () async -> Bool
    ) {
        self.storage = storage
        self.rings = rings
        self.limits = limits
        self.filter = filter
        self.start = start
        self.place = place
        self.isAllowed = isAllowed
    }

    /// Writes until the task is cancelled, a write fails, or the access key is gone.
    /// - Parameter write: takes text, and returns when the client is ready for more.
    package func run(_ write: @escaping @Sendable (String) async throws -> Void) async throws {
        try await write("retry: \(Int64(limits.reconnect.milliseconds))\n: after \(start)\n\n")
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await send(write) }
            tasks.addTask {
                while await isAllowed() {
                    try await Task.sleep(for: limits.heartbeat)
                    try await write(":\n\n")
                }
            }
            defer { tasks.cancelAll() }
            try await tasks.next()
        }
    }

    private func send(_ write: @Sendable (String) async throws -> Void) async throws {
        var position = try await sendAll(after: start, write)
        for await _ in rings { position = try await sendAll(after: position, write) }
    }

    /// - Returns: the position of the newest that was looked at.
    private func sendAll(
        after start: Int64, _ write: @Sendable (String) async throws -> Void
    ) async throws -> Int64 {
        var position = start
        while true {
            let page = try await storage.notifications(
                after: position, stage: filter.stage, limit: limits.page)
            let text = page.filter { filter.kinds.isEmpty || filter.kinds.contains($0.kind) }
                .map { "id: \($0.position)\ndata: \($0.body)\n\n" }.joined()
            if !text.isEmpty { try await write(text) }
            guard let last = page.last else { return position }
            position = last.position
            if page.count < limits.page { return position }
        }
    }
}
