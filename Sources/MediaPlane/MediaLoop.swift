internal import DatagramIO
internal import Primitives
internal import Signalling

/// The loop of one worker's thread: the only place where the worker meets a clock and a socket.
struct MediaLoop: ~Copyable {
    var worker: MediaWorker
    var socket: DatagramSocket
    var batch = ReceiveBatch()
    let poller: Poller
    let mailbox: Mailbox
    let publish: @Sendable ([MediaReport], MediaMetrics?) -> Void
    private var nextMetrics = Instant.zero

    init(
        worker: consuming MediaWorker, socket: consuming DatagramSocket,
        poller: consuming Poller, mailbox: Mailbox,
        publish: @escaping @Sendable ([MediaReport], MediaMetrics?) -> Void
    ) {
        self.worker = worker
        self.socket = socket
        self.poller = poller
        self.mailbox = mailbox
        self.publish = publish
    }

    /// Runs until the mailbox is closed.
    mutating func run() {
        while runCommands() {
            receiveAll()
            let now = SystemClock.now()
            if let due = worker.wakeup, due <= now { worker.advance(to: now, into: &socket) }
            publishNews(at: now)
            let deadline = worker.wakeup.map { min($0, nextMetrics) } ?? nextMetrics
            poller.wait(until: deadline, now: SystemClock.now())
        }
        worker.removeAll(at: SystemClock.now(), into: &socket)
        publish(worker.takeReports(), nil)
    }

    /// - Returns: false when there will be no more commands.
    private mutating func runCommands() -> Bool {
        guard let commands = mailbox.takeAll() else { return false }
        for command in commands {
            worker.handle(command, at: SystemClock.now(), into: &socket)
        }
        // What a command says to a peer goes out now, not with the next datagram that comes.
        if !commands.isEmpty { worker.endTurn(at: SystemClock.now(), into: &socket) }
        return true
    }

    /// Takes what the socket has, batch by batch, and forwards each batch before the next.
    private mutating func receiveAll() {
        for _ in 0..<Limits.receiveRounds {
            socket.receive(into: &batch)
            guard batch.count > 0 else { return }
            let now = SystemClock.now()
            let wall = SystemClock.unixNanoseconds()
            for index in 0..<batch.count {
                // The kernel stamps with the wall clock; what counts is how long ago that was.
                let age = batch.receiveTime(index).map { max(0, wall - $0) } ?? 0
                worker.receive(index, of: batch, at: now - .nanoseconds(age), into: &socket)
            }
            worker.endTurn(at: now, into: &socket)
            worker.noteSent(at: SystemClock.now())
            guard batch.count == DatagramIO.Limits.receiveBatch else { return }
        }
    }

    private mutating func publishNews(at now: Instant) {
        let reports = worker.takeReports()
        var metrics: MediaMetrics?
        if now >= nextMetrics {
            nextMetrics = now + Limits.metricsInterval
            metrics = worker.metrics
            metrics?.socket = socket.counters
            metrics?.cpuNanoseconds = SystemClock.threadCPUNanoseconds()
        }
        guard !reports.isEmpty || metrics != nil else { return }
        publish(reports, metrics)
    }
}

extension MediaWorker {
    fileprivate mutating func receive(
        _ index: Int, of batch: borrowing ReceiveBatch, at received: Instant,
        into socket: inout DatagramSocket
    ) {
        receive(
            batch.datagram(index), from: batch.source(index), via: batch.local(index),
            at: received, into: &socket)
    }
}
