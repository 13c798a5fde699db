internal import DatagramIO
internal import Primitives
internal import Signalling

/// The loop of one worker's thread: the only place where the worker meets a clock and a socket.
struct MediaLoop: ~Copyable {
    var worker: MediaWorker
    var socket: DatagramSocket
    var batch = ReceiveBatch()
    let poller: Poller
    let exchange: WorkerExchange
    let publish: @Sendable ([MediaReport], MediaMetrics?) -> Void
    private let place: Int
    /// The record that was taken last from another worker.
    private var record = ByteWriter(
        capacity: DatagramIO.Limits.datagramCapacity + HandOver.headerSize)
    private var ringOverflows: UInt64 = 0
    private var nextMetrics = Instant.zero

    init(
        worker: consuming MediaWorker, port: consuming WorkerPorts.Port,
        exchange: WorkerExchange,
        publish: @escaping @Sendable ([MediaReport], MediaMetrics?) -> Void
    ) {
        place = worker.configuration.place.index
        self.worker = worker
        socket = port.socket
        poller = port.poller
        self.exchange = exchange
        self.publish = publish
    }

    private var mailbox: Mailbox<MediaCommand> { exchange.mailboxes[place] }

    /// Runs until the mailbox is closed.
    mutating func run() {
        while runCommands() {
            receiveAll()
            takeHandedOver()
            // The datagrams first: whoever is connected does not wait for who comes.
            worker.advanceHandshakes(at: SystemClock.now(), into: &socket)
            let now = SystemClock.now()
            if let due = worker.wakeup, due <= now { worker.advance(to: now, into: &socket) }
            handOver()
            publishNews(at: now)
            sleep()
        }
        worker.removeAll(at: SystemClock.now(), into: &socket)
        publish(worker.takeReports(), nil)
    }

    /// Waits for a datagram, a command, another worker, or the next deadline.
    private mutating func sleep() {
        guard !worker.hasHandshakes else { return }
        mailbox.doorbell.sleep()
        if mailbox.isQuiet, exchange.isQuiet(for: place) {
            let deadline = worker.wakeup.map { min($0, nextMetrics) } ?? nextMetrics
            poller.wait(until: deadline, now: SystemClock.now())
        }
        mailbox.doorbell.wakeUp()
    }

    /// - Returns: false when there will be no more commands.
    private mutating func runCommands() -> Bool {
        guard let commands = mailbox.takeAll() else { return false }
        for command in commands {
            worker.handle(command, at: SystemClock.now(), into: &socket)
        }
        // What a command says to a peer goes out now, not with the next datagram that comes.
        if !commands.isEmpty {
            worker.endTurn(at: SystemClock.now(), into: &socket)
            handOver()
        }
        return true
    }

    /// Takes what the socket has, batch by batch, and forwards each batch before the next.
    private mutating func receiveAll() {
        for _ in 0..<Limits.receiveRounds {
            socket.receive(into: &batch)
            guard batch.count > 0 else { return }
            let clock = ArrivalClock()
            for index in 0..<batch.count {
                worker.receive(
                    index, of: batch, at: clock.arrival(of: index, in: batch), into: &socket)
            }
            // The others first: they forward while this one does.
            handOver()
            worker.endTurn(at: clock.now, into: &socket)
            guard batch.isFull else { return }
        }
    }

    /// Takes what the other workers have handed over, and forwards it.
    private mutating func takeHandedOver() {
        guard exchange.count > 1 else { return }
        var hasTaken = false
        for other in 0..<exchange.count where other != place {
            for _ in 0..<Limits.handedRecords {
                record.removeAll()
                guard exchange.ring(from: other, to: place).pop(into: &record) else { break }
                worker.take(record, into: &socket)
                hasTaken = true
            }
        }
        guard hasTaken else { return }
        worker.endTurn(at: SystemClock.now(), into: &socket)
    }

    /// Gives the others what the worker has for them, and wakes those that got something.
    private mutating func handOver() {
        guard !worker.outbox.isEmpty else { return }
        // A worker cannot wait, and what a mirror must know cannot be left out. There are a few for each
        // peer that comes or goes, and one for each keyframe that is asked for.
        for (other, command) in worker.outbox.commands {
            exchange.mailboxes[other].postAnyway(command)
        }
        for record in worker.outbox.records {
            let isTaken = exchange.ring(from: place, to: record.worker)
                .push(worker.outbox.bytes.bytes(in: record.range))
            if !isTaken { ringOverflows += 1 }
        }
        if !worker.outbox.records.isEmpty {
            for other in 0..<exchange.count where other != place {
                exchange.mailboxes[other].doorbell.ring()
            }
        }
        worker.outbox.removeAll()
    }

    private mutating func publishNews(at now: Instant) {
        let reports = worker.takeReports()
        var metrics: MediaMetrics?
        if now >= nextMetrics {
            nextMetrics = now + Limits.metricsInterval
            metrics = worker.metrics
            metrics?.socket = socket.counters
            metrics?.forwarding.handOversDropped += ringOverflows
            metrics?.cpuNanoseconds = SystemClock.threadCPUNanoseconds()
        }
        guard !reports.isEmpty || metrics != nil else { return }
        publish(reports, metrics)
    }
}

extension MediaWorker {
    fileprivate mutating func take(
        _ record: borrowing ByteWriter, into socket: inout DatagramSocket
    ) {
        take(record.bytes, into: &socket)
    }

    fileprivate mutating func receive(
        _ index: Int, of batch: borrowing ReceiveBatch, at received: Instant,
        into socket: inout DatagramSocket
    ) {
        receive(
            batch.datagram(index), from: batch.source(index), via: batch.local(index),
            at: received, into: &socket)
    }
}
