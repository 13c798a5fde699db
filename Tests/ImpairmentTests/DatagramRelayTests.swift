import DatagramIO
import Impairment
import Links
import Primitives
import Telemetry
import Testing

/// Over real sockets; nothing is asserted of how long anything took, but that it took no less.
@Suite("The relay of datagrams")
struct DatagramRelayTests {
    private static let loopback = TransportAddress(ipv4: 0x7F00_0001, port: 0)

    /// A socket with somebody who uses it.
    private final class Peer {
        var socket: DatagramSocket
        var poller: Poller
        var batch = ReceiveBatch()
        var queue = SendQueue()

        init() throws {
            socket = try DatagramSocket(bindingTo: DatagramRelayTests.loopback)
            poller = try Poller()
            try poller.add(socket)
        }

        var address: TransportAddress {
            TransportAddress(ipv4: 0x7F00_0001, port: socket.localPort)
        }

        func send(_ bytes: [UInt8], to destination: TransportAddress) {
            queue.arena.append(contentsOf: bytes)
            queue.commit(from: 0, to: destination)
            socket.flush(&queue)
        }

        /// The datagrams until so many have come, or five seconds are over.
        func receive(_ count: Int) -> [(bytes: [UInt8], source: TransportAddress)] {
            var found: [(bytes: [UInt8], source: TransportAddress)] = []
            let deadline = SystemClock.now() + .seconds(5)
            while found.count < count, SystemClock.now() < deadline {
                poller.wait(until: deadline, now: SystemClock.now())
                socket.receive(into: &batch)
                for index in 0..<batch.count {
                    found.append((batch.datagram(index).array, batch.source(index)))
                }
            }
            return found
        }
    }

    private func relay(
        to server: TransportAddress, up: LinkProfile = LinkProfile(),
        down: LinkProfile = LinkProfile(), isShared: Bool = true
    ) throws -> (ImpairmentEngine, TransportAddress) {
        let engine = try ImpairmentEngine(
            DatagramRelayPlan(
                listen: Self.loopback, server: server, up: up, down: down, isShared: isShared))
        return (engine, TransportAddress(ipv4: 0x7F00_0001, port: engine.port))
    }

    @Test("the server sees each client as one of its own, and answers find their way back")
    func bothWays() async throws {
        let (server, first, second) = (try Peer(), try Peer(), try Peer())
        let (engine, address) = try relay(
            to: server.address, up: LinkProfile(propagation: .milliseconds(5)), isShared: false)
        let began = SystemClock.now()
        first.send([1], to: address)
        second.send([2], to: address)
        let seen = server.receive(2)
        #expect(SystemClock.now() - began >= .milliseconds(5))
        #expect(Set(seen.map(\.bytes)) == [[1], [2]] && seen[0].source != seen[1].source)
        for (bytes, source) in seen { server.send(bytes.map { $0 + 10 }, to: source) }
        let answers = (first.receive(1), second.receive(1))
        #expect(answers.0.map(\.bytes) == [[11]] && answers.1.map(\.bytes) == [[12]])
        #expect(answers.0[0].source == address)
        engine.stop()
        await engine.waitUntilEnded()
        let figures = engine.figures
        #expect(figures.up.counters.arrived == 2 && figures.down.counters.bytesArrived == 2 * 29)
        #expect(figures.clients == 2 && figures.unsent == 0 && figures.lateness.count == 4)
    }

    @Test("what is lost is not sent, and the rest is whole and in order")
    func loss() async throws {
        let (server, client) = (try Peer(), try Peer())
        let (engine, address) = try relay(
            to: server.address, up: LinkProfile(loss: .random(0.3), seed: 4))
        for number in 0..<200 {
            client.send([UInt8(number)] + Array(repeating: 7, count: number), to: address)
        }
        // What the same link does in virtual time.
        var link = SimulatedLink(LinkProfile(loss: .random(0.3), seed: 4))
        let wanted = (0..<200).filter { _ in link.send(bytes: 100, at: .zero) != nil }
        let seen = server.receive(wanted.count)
        #expect(seen.map { Int($0.bytes[0]) } == wanted)
        #expect(seen.allSatisfy { $0.bytes.count == Int($0.bytes[0]) + 1 })
        engine.stop()
        await engine.waitUntilEnded()
        #expect(engine.figures.up.counters.lost == UInt64(200 - wanted.count))
    }

    @Test("nobody but the server gets through to a client")
    func strangers() async throws {
        let (server, client, stranger) = (try Peer(), try Peer(), try Peer())
        let (engine, address) = try relay(to: server.address)
        client.send([1], to: address)
        let source = try #require(server.receive(1).first?.source)
        stranger.send([66], to: source)
        server.send([2], to: source)
        #expect(client.receive(1).map(\.bytes) == [[2]])
        engine.stop()
        await engine.waitUntilEnded()
        #expect(engine.figures.down.counters.sent == 1)
    }
}
