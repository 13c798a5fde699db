import NIOCore

/// Runs a connection's task on the event loop that reads and writes its socket. A request then goes
/// from socket to answer on one thread: with the global pool it would change threads four times, and
/// each change costs a wake-up of some microseconds.
///
/// What takes long (the database, a media worker) has its own threads, and is awaited.
final class EventLoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        // Safe, because the closure keeps the executor for as long as the job runs.
        eventLoop.execute { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
