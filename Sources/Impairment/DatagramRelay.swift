internal import DatagramIO
internal import Links
internal import Primitives

/// A relay of UDP datagrams: clients send to its port, each is a socket of its own to the server, and
/// what the server sends to that goes back to the client.
struct DatagramRelay: ~Copyable {
    private struct Held: Sendable {
        var bytes: [UInt8]
        var place: Int
        /// Who had the place when it came.
        var client: TransportAddress
    }

    /// What clients send to is named by 1 in the poller, and the socket of a place by the place and 2.
    private static let frontToken: UInt64 = 1

    private let server: TransportAddress
    private let isShared: Bool
    private var rhythm: LoopRhythm
    private var front: DatagramSocket
    private var sockets: SlotTable<Seat>
    private var clients = RelayClients(idle: Limits.idle)
    private var passage: Passage<Held>
    private var batch = ReceiveBatch()
    private var queue = SendQueue()
    private var nextIdleCheckAt = Instant.zero
    private var withoutSocket: UInt64 = 0
    private var unsent: UInt64 = 0

    /// A client's way to the server, and the address of ours that it sends to.
    private struct Seat: ~Copyable {
        var socket: DatagramSocket?
        var local = LocalAddress.any
    }

    init(
        _ plan: DatagramRelayPlan, front: consuming DatagramSocket, rhythm: consuming LoopRhythm
    ) throws(SystemError) {
        server = plan.server
        isShared = plan.isShared
        self.rhythm = rhythm
        self.front = front
        sockets = SlotTable(capacity: Limits.clients)
        for _ in 0..<Limits.clients { _ = sockets.insert(Seat()) }
        passage = Passage(up: plan.up, down: plan.down)
        passage.open(0)
        try self.rhythm.watch(self.front, token: Self.frontToken)
    }

    /// Until the mailbox is closed.
    mutating func run() {
        while rhythm.goesOn {
            let now = SystemClock.now()
            deliver(at: now)
            dropIdle(at: now)
            if rhythm.isDue(at: now) { rhythm.tell(figures(at: now), at: now) }
            for token in rhythm.sleep(until: passage.nextArrival) {
                if token == Self.frontToken {
                    receiveFromClients()
                } else {
                    receiveFromServer(place: Int(token) - 2)
                }
            }
        }
        let now = SystemClock.now()
        rhythm.tell(figures(at: now), at: now)
    }

    private func figures(at now: Instant) -> ImpairmentFigures {
        var figures = ImpairmentFigures(passage, at: now)
        figures.clients = clients.count
        figures.clientsAdmitted = clients.admitted
        figures.refused = clients.refused + withoutSocket
        figures.unsent = unsent + front.counters.sendErrors
        return figures
    }

    // MARK: In

    private mutating func receiveFromClients() {
        front.receive(into: &batch)
        let clock = ArrivalClock()
        for index in 0..<batch.count {
            let source = batch.source(index)
            guard let place = admit(source, at: clock.now) else { continue }
            sockets[place].local = batch.local(index)
            send(
                batch.datagram(index).array, .up, place: place, client: source,
                at: clock.arrival(of: index, in: batch))
        }
    }

    private mutating func receiveFromServer(place: Int) {
        guard sockets[place].socket != nil, let client = clients.address(of: place) else { return }
        sockets[place].socket?.receive(into: &batch)
        let clock = ArrivalClock()
        for index in 0..<batch.count where batch.source(index) == server {
            clients.note(place, at: clock.now)
            send(
                batch.datagram(index).array, .down, place: place, client: client,
                at: clock.arrival(of: index, in: batch))
        }
    }

    private mutating func send(
        _ bytes: [UInt8], _ direction: Direction, place: Int, client: TransportAddress,
        at now: Instant
    ) {
        // What the batch had no room for.
        guard !bytes.isEmpty else {
            unsent += 1
            return
        }
        let headers = client.isIPv4 ? Limits.headerBytesIPv4 : Limits.headerBytesIPv6
        passage.send(
            Held(bytes: bytes, place: place, client: client), bytes: bytes.count + headers,
            direction, on: isShared ? 0 : place, at: now)
    }

    /// The client's place, with a socket of its own.
    private mutating func admit(_ source: TransportAddress, at now: Instant) -> Int? {
        switch clients.admit(source, at: now) {
        case .known(let place): return place
        case .refused: return nil
        case .new(let place):
            do throws(SystemError) {
                let any =
                    server.isIPv4
                    ? TransportAddress(ipv4: 0, port: 0)
                    : TransportAddress(high: 0, low: 0, port: 0)
                let socket = try DatagramSocket(bindingTo: any)
                try rhythm.watch(socket, token: UInt64(place) + 2)
                sockets[place].socket = consume socket
            } catch {
                clients.remove(place)
                withoutSocket += 1
                return nil
            }
            if !isShared { passage.open(place) }
            return place
        }
    }

    private mutating func dropIdle(at now: Instant) {
        guard now >= nextIdleCheckAt else { return }
        nextIdleCheckAt = now + Limits.idleCheck
        for place in clients.dropIdle(at: now) { sockets[place].socket = nil }
    }

    // MARK: Out

    private mutating func deliver(at now: Instant) {
        while let held = passage.receive(.down, at: now) {
            guard clients.address(of: held.place) == held.client else { continue }
            if !queue.hasRoom { front.flush(&queue) }
            append(held.bytes, to: held.client, via: sockets[held.place].local)
        }
        if !queue.isEmpty { front.flush(&queue) }
        var last: Int?
        while let held = passage.receive(.up, at: now) {
            guard clients.address(of: held.place) == held.client else { continue }
            if let last, last != held.place || !queue.hasRoom { flush(toServerFor: last) }
            append(held.bytes, to: server, via: .any)
            last = held.place
        }
        if let last { flush(toServerFor: last) }
    }

    private mutating func append(
        _ bytes: [UInt8], to destination: TransportAddress, via local: LocalAddress
    ) {
        let offset = queue.arena.count
        queue.arena.append(contentsOf: bytes)
        queue.commit(from: offset, to: destination, via: local)
    }

    private mutating func flush(toServerFor place: Int) {
        let before = sockets[place].socket?.counters.sendErrors ?? 0
        sockets[place].socket?.flush(&queue)
        unsent += (sockets[place].socket?.counters.sendErrors ?? 0) - before
    }
}
