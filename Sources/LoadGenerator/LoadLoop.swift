import DatagramIO
import MediaSecurity
import Primitives
import RTP

/// What the generator's thread does: takes orders, lets publishers play and viewers listen.
struct LoadLoop: ~Copyable {
    private let context: DTLSContext
    private let mailbox: Mailbox<Order>
    private let poller: Poller
    private let publish: @Sendable ([ClientEvent], Figures?) -> Void
    private var bench: Workbench
    private var batch = ReceiveBatch(isCoalesced: true)
    private var clients: ClientTable
    private var ready = [UInt64](repeating: 0, count: Limits.readySockets)
    private var nextTickAt = Instant.zero
    private var nextFiguresAt = Instant.zero
    /// Counts ticks: which viewers have their turn.
    private var tick = 0

    init(
        settings: LoadSettings, context: DTLSContext, poller: consuming Poller,
        mailbox: Mailbox<Order>, publish: @escaping @Sendable ([ClientEvent], Figures?) -> Void
    ) {
        self.context = context
        self.mailbox = mailbox
        self.poller = poller
        self.publish = publish
        clients = ClientTable(capacity: settings.clients)
        bench = Workbench(settings, clock: SystemClock.anchor())
    }

    /// Runs until the mailbox is closed; then everybody leaves.
    mutating func run() {
        while let orders = mailbox.takeAll() {
            for order in orders { carryOut(order) }
            let now = SystemClock.now()
            let nextFrame = play(at: now)
            if now >= nextTickAt { advance(to: now) }
            publishNews(at: now)
            let deadline = min(nextTickAt, nextFrame)
            let count = poller.wait(until: now, now: now, into: &ready)
            for index in 0..<count where ready[index] != 0 {
                receive(Seat(token: ready[index]))
            }
            // Not in the poller: a thread that waits there is woken by every datagram, and its waking
            // is charged to the server, which would pay for it with no network in between only. What
            // comes has the kernel's time on it.
            if count == 0 { SystemClock.sleep(until: min(deadline, now + Limits.pause)) }
        }
        for id in clients.ids { remove(id, because: .left) }
        publishNews(at: .distantFuture)
    }

    // MARK: Orders

    private mutating func carryOut(_ order: Order) {
        switch order {
        case .add(let order): add(order)
        case .remove(let id): remove(id, because: .left)
        case .countAnew: bench.figures.countAnew()
        }
    }

    private mutating func add(_ order: ClientOrder) {
        let now = SystemClock.now()
        do throws(SystemError) {
            let link = try Link(
                order, context: context, tieBreaker: bench.random.next(), at: now)
            guard let seat = insert(link, order, at: now) else {
                return bench.events.append(.ended(order.id, .noSocket))
            }
            try watch(seat)
            advance(seat, to: now)
        } catch {
            if let seat = clients.release(order.id) { empty(seat) }
            bench.events.append(.ended(order.id, .noSocket))
        }
    }

    private mutating func insert(
        _ link: consuming Link, _ order: ClientOrder, at now: Instant
    ) -> Seat? {
        switch order.role {
        case .viewer(let codecs):
            let wait = Duration.milliseconds(Int64(bench.random.next() % 1000))
            let ssrc = SSRC(UInt32(truncatingIfNeeded: bench.random.next()) | 1)
            return clients.insert(
                Viewer(link, ssrc: ssrc, codecs: codecs, firstReportAt: now + wait),
                id: order.id)
        case .publisher(let clips):
            return clients.insert(Publisher(link, clips: clips), id: order.id)
        }
    }

    private func watch(_ seat: Seat) throws(SystemError) {
        switch seat {
        case .viewer(let index):
            try poller.add(clients.viewers[index].link.socket, token: seat.token)
        case .publisher(let index):
            try poller.add(clients.publishers[index].link.socket, token: seat.token)
        }
    }

    private mutating func remove(_ id: ClientID, because end: ClientEnd) {
        guard let seat = clients.release(id) else { return }
        switch seat {
        case .viewer(let index):
            bench.figures.playing -= clients.viewers[index].playingSources
            clients.viewers[index].link.leave(on: &bench)
        case .publisher(let index): clients.publishers[index].link.leave(on: &bench)
        }
        empty(seat)
        bench.events.append(.ended(id, end))
    }

    private mutating func empty(_ seat: Seat) {
        switch seat {
        case .viewer(let index): clients.viewers.remove(index)
        case .publisher(let index): clients.publishers.remove(index)
        }
    }

    // MARK: Time

    /// Sends the frames that are due.
    /// - Returns: when the next one is.
    private mutating func play(at now: Instant) -> Instant {
        var next = Instant.distantFuture
        for index in 0..<clients.publishers.endIndex where clients.publishers.isOccupied(index) {
            if clients.publishers[index].nextFrameAt <= now {
                clients.publishers[index].play(at: now, on: &bench)
                clients.publishers[index].link.flush(&bench)
            }
            next = min(next, clients.publishers[index].nextFrameAt)
        }
        return next
    }

    private mutating func advance(to now: Instant) {
        nextTickAt = now + Limits.tick
        for index in clients.takeBusy() { advance(.viewer(index), to: now) }
        for index in 0..<clients.publishers.endIndex where clients.publishers.isOccupied(index) {
            advance(.publisher(index), to: now)
        }
        for index in stride(
            from: tick % Limits.ticksPerRound, to: clients.viewers.endIndex,
            by: Limits.ticksPerRound) where clients.viewers.isOccupied(index)
        {
            advance(.viewer(index), to: now)
        }
        tick += 1
    }

    private mutating func advance(_ seat: Seat, to now: Instant) {
        switch seat {
        case .viewer(let index):
            clients.viewers[index].advance(to: now, on: &bench)
            clients.viewers[index].link.flush(&bench)
            let (id, end) = (clients.viewers[index].link.id, clients.viewers[index].link.end)
            if let end { return remove(id, because: end) }
            clients.noteBusy(index)
        case .publisher(let index):
            clients.publishers[index].advance(to: now, on: &bench)
            clients.publishers[index].link.flush(&bench)
            let link = (clients.publishers[index].link.id, clients.publishers[index].link.end)
            if let end = link.1 { remove(link.0, because: end) }
        }
    }

    private mutating func publishNews(at now: Instant) {
        var figures: Figures?
        if now >= nextFiguresAt {
            nextFiguresAt = now + Limits.figuresInterval
            figures = bench.figures
            figures?.cpuNanoseconds = SystemClock.threadCPUNanoseconds()
            figures?.takenAt = SystemClock.now()
        }
        guard figures != nil || !bench.events.isEmpty else { return }
        publish(bench.events, figures)
        bench.events.removeAll(keepingCapacity: true)
    }

    // MARK: Datagrams

    private mutating func receive(_ seat: Seat) {
        switch seat {
        case .viewer(let index):
            guard clients.viewers.isOccupied(index) else { return }
            clients.viewers[index].link.socket.receive(into: &batch)
            clients.viewers[index].receive(batch, on: &bench)
            clients.viewers[index].link.flush(&bench)
            clients.noteBusy(index)
        case .publisher(let index):
            guard clients.publishers.isOccupied(index) else { return }
            clients.publishers[index].link.socket.receive(into: &batch)
            clients.publishers[index].receive(batch, on: &bench)
            clients.publishers[index].link.flush(&bench)
        }
    }
}

extension Viewer {
    fileprivate mutating func receive(
        _ batch: borrowing ReceiveBatch, on bench: inout Workbench
    ) {
        let clock = ArrivalClock()
        for place in 0..<batch.count {
            receive(
                batch.datagram(place), from: batch.source(place),
                at: clock.arrival(of: place, in: batch), on: &bench)
        }
    }
}

extension Publisher {
    fileprivate mutating func receive(
        _ batch: borrowing ReceiveBatch, on bench: inout Workbench
    ) {
        let clock = ArrivalClock()
        for place in 0..<batch.count {
            receive(
                batch.datagram(place), from: batch.source(place),
                at: clock.arrival(of: place, in: batch), on: &bench)
        }
    }
}
