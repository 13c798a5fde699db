import DatagramIO
import Primitives
import Testing

@Suite struct SharedPortTests {
    private static let anyPort = TransportAddress(ipv4: 0x7F00_0001, port: 0)

    private func drain(_ socket: inout DatagramSocket) -> [UInt16] {
        var batch = ReceiveBatch()
        var ports: [UInt16] = []
        repeat {
            socket.receive(into: &batch)
            for index in 0..<batch.count { ports.append(batch.source(index).port) }
        } while batch.count > 0
        return ports
    }

    /// Each source finds one socket, always the same, and each socket gets its share.
    @Test func sourcesAreSpreadAndKept() throws {
        let book = LocalAddressBook()
        var first = try DatagramSocket(bindingTo: Self.anyPort, isShared: true, book: book)
        let target = TransportAddress(ipv4: 0x7F00_0001, port: first.localPort)
        var second = try DatagramSocket(bindingTo: target, isShared: true, book: book)
        try first.steer(among: 2)
        var queue = SendQueue()
        for _ in 0..<64 {
            var client = try DatagramSocket(bindingTo: Self.anyPort)
            for _ in 0..<5 {
                let start = queue.arena.count
                queue.arena.append(repeating: 1, count: 20)
                queue.commit(from: start, to: target)
                client.flush(&queue)
            }
        }
        let (here, there) = (drain(&first), drain(&second))
        #expect(here.count + there.count == 320)
        #expect(Set(here).isDisjoint(with: Set(there)))
        // 64 sources, each with one of two sockets: fewer than 16 with either has a chance of 1e-5.
        #expect(Set(here).count >= 12 && Set(there).count >= 12)
    }

    @Test func aPortThatIsNotSharedIsTaken() throws {
        let first = try DatagramSocket(bindingTo: Self.anyPort, isShared: true)
        let taken = TransportAddress(ipv4: 0x7F00_0001, port: first.localPort)
        #expect(throws: SystemError(call: "bind", errno: 98)) {
            _ = try DatagramSocket(bindingTo: taken)
        }
    }

    /// A name that one socket gave an address means the same to another.
    @Test func localAddressesHaveOneNameForAll() throws {
        let book = LocalAddressBook()
        let any = TransportAddress(ipv4: 0, port: 0)
        var first = try DatagramSocket(bindingTo: any, isShared: true, book: book)
        let port = first.localPort
        var second = try DatagramSocket(
            bindingTo: TransportAddress(ipv4: 0, port: port), isShared: true, book: book)
        try first.steer(among: 1)
        var client = try DatagramSocket(bindingTo: Self.anyPort)
        var queue = SendQueue()
        queue.arena.append(repeating: 1, count: 20)
        queue.commit(from: 0, to: TransportAddress(ipv4: 0x7F00_0005, port: port))
        client.flush(&queue)
        var batch = ReceiveBatch()
        first.receive(into: &batch)
        let (count, local) = (batch.count, batch.local(0))
        #expect(count == 1)
        queue.arena.append(repeating: 2, count: 20)
        queue.commit(
            from: 0, to: TransportAddress(ipv4: 0x7F00_0001, port: client.localPort), via: local)
        second.flush(&queue)
        client.receive(into: &batch)
        let (answers, source) = (batch.count, batch.source(0))
        #expect(answers == 1 && source == TransportAddress(ipv4: 0x7F00_0005, port: port))
    }
}
