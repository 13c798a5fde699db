import NIOCore

/// What happens to a connection on which nothing else happens in time.
///
/// A deadline is set several times a request, and hardly ever met. So setting one later than the
/// timer that runs costs a store: the timer goes off at its old time, sees that there is time left,
/// and runs again for the rest. Otherwise each request would set a kernel timer three times.
final class Deadline {
    private var due: NIODeadline?
    private var action: () -> Void = {}
    private var timer: (time: NIODeadline, task: Scheduled<Void>)?

    /// Replaces the deadline. To be called on the event loop, which calls `action`.
    func set(_ time: Duration, on eventLoop: any EventLoop, _ action: @escaping () -> Void) {
        let due = eventLoop.now + TimeAmount(time)
        self.due = due
        self.action = action
        if let timer {
            if timer.time <= due { return }
            timer.task.cancel()
        }
        start(due, eventLoop)
    }

    func cancel() {
        due = nil
        action = {}
        timer?.task.cancel()
        timer = nil
    }

    private func start(_ time: NIODeadline, _ eventLoop: any EventLoop) {
        let task: Scheduled<Void> = eventLoop.assumeIsolated().scheduleTask(deadline: time) {
            [weak self] in
            self?.timerEnded(eventLoop)
            return
        }
        timer = (time, task)
    }

    private func timerEnded(_ eventLoop: any EventLoop) {
        timer = nil
        guard let due else { return }
        guard due <= eventLoop.now else { return start(due, eventLoop) }
        let action = action
        cancel()
        action()
    }
}
