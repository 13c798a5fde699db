import Primitives

/// Counts what each participant opens, so that one token in a loop cannot keep the stage busy.
/// A fixed window that starts with a participant's first open.
struct OpenBudget: Hashable, Sendable {
    private struct Window: Hashable, Sendable {
        var start: WallTime
        var count: Int
    }

    private var windows: [ParticipantID: Window] = [:]

    /// Counts one more; `false` when the participant has used up its window.
    mutating func spend(
        _ participant: ParticipantID, at now: WallTime, limits: StageLimits
    ) -> Bool {
        if let window = windows[participant], isOpen(window, at: now, limits) {
            guard window.count < limits.opensPerWindow else { return false }
            windows[participant]?.count += 1
            return true
        }
        if windows.count >= limits.countedOpeners {
            windows = windows.filter { isOpen($0.value, at: now, limits) }
            guard windows.count < limits.countedOpeners else { return false }
        }
        windows[participant] = Window(start: now, count: 1)
        return true
    }

    /// Forgets the windows that are over.
    mutating func prune(at now: WallTime, limits: StageLimits) {
        windows = windows.filter { isOpen($0.value, at: now, limits) }
    }

    /// A clock that was set back must not make a window longer.
    private func isOpen(_ window: Window, at now: WallTime, _ limits: StageLimits) -> Bool {
        now >= window.start && now - window.start < limits.openWindow
    }

    var isEmpty: Bool { windows.isEmpty }
}
