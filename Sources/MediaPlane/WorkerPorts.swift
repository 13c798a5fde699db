internal import DatagramIO
internal import Primitives

/// The sockets of all workers on their one port, each with what its thread waits at.
struct WorkerPorts: ~Copyable {
    struct Port: ~Copyable {
        let socket: DatagramSocket
        let poller: Poller
    }

    let doorbells: [Doorbell]
    /// The UDP port.
    let number: UInt16
    private var ports: SlotTable<Port>

    /// - Throws: ``SystemError`` when the port is taken or not allowed.
    init(bindingTo address: TransportAddress, count: Int) throws(SystemError) {
        var ports = SlotTable<Port>(capacity: count)
        var doorbells: [Doorbell] = []
        var address = address
        if count > 1 { address.port = try Self.freePort(at: address) }
        let book = LocalAddressBook()
        for _ in 0..<count {
            let poller = try Poller()
            let socket = try DatagramSocket(bindingTo: address, isShared: count > 1, book: book)
            address.port = socket.localPort
            try poller.add(socket)
            doorbells.append(Doorbell(poller.makeWaker()))
            _ = ports.insert(Port(socket: socket, poller: poller))
        }
        if count > 1 { try ports[0].socket.steer(among: count) }
        self.ports = ports
        self.doorbells = doorbells
        number = address.port
    }

    /// Sockets that share a port would share it with other processes of this user, too: that nobody
    /// has it shows a socket that does not share, and is closed again.
    private static func freePort(at address: TransportAddress) throws(SystemError) -> UInt16 {
        try DatagramSocket(bindingTo: address).localPort
    }

    /// Gives a worker's socket and poller away, once.
    mutating func take(_ index: Int) -> Port { ports.take(index) }
}
