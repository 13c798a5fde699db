import Impairment
import Links
import Primitives
import Telemetry
import Testing

private func at(_ milliseconds: Int64) -> Instant { .zero + .milliseconds(milliseconds) }

@Suite("The links of a relay")
struct PassageTests {
    private static let narrow = LinkProfile(
        schedule: RateSchedule([
            .init(start: .zero, rate: .kilobitsPerSecond(1000)),
            .init(start: at(1000), rate: .kilobitsPerSecond(100)),
        ]), propagation: .milliseconds(20))

    private func passage(up: LinkProfile = LinkProfile(), down: LinkProfile) -> Passage<Int> {
        var passage = Passage<Int>(up: up, down: down)
        passage.open(0)
        return passage
    }

    private func take(_ passage: inout Passage<Int>, _ direction: Direction, at now: Instant)
        -> [Int]
    {
        var taken: [Int] = []
        while let datagram = passage.receive(direction, at: now) { taken.append(datagram) }
        return taken
    }

    @Test("the schedule's time counts from the first datagram, in either direction")
    func start() {
        var passage = passage(down: Self.narrow)
        #expect(passage.start == nil && passage.nextArrival == nil)
        #expect(passage.reading(.down, at: at(60_000)).rate == .kilobitsPerSecond(1000))
        passage.send(1, bytes: 100, .up, at: at(50_000))
        #expect(passage.start == at(50_000))
        passage.send(2, bytes: 1250, .down, at: at(50_500))
        #expect(take(&passage, .up, at: at(50_501)) == [1])
        #expect(passage.nextArrival == at(50_530))
        passage.send(3, bytes: 1250, .down, at: at(51_000))
        #expect(take(&passage, .down, at: at(51_119)) == [2])
        #expect(take(&passage, .down, at: at(51_120)) == [3])
        #expect(passage.reading(.down, at: at(51_120)).rate == .kilobitsPerSecond(100))
    }

    @Test("the directions are links of their own")
    func directions() {
        var passage = passage(
            up: LinkProfile(loss: .random(1)), down: LinkProfile(propagation: .milliseconds(5)))
        #expect(passage.send(1, bytes: 100, .up, at: at(1)) == .lost)
        passage.send(2, bytes: 100, .down, at: at(1))
        #expect(passage.reading(.up, at: at(2)).counters.lost == 1)
        #expect(passage.reading(.down, at: at(2)).waiting == 1)
        #expect(take(&passage, .up, at: at(20)) == [] && take(&passage, .down, at: at(20)) == [2])
        #expect(passage.lateness.count == 1 && passage.lateness.longest > 13_000_000)
    }

    @Test("paths do not share their queue, and their figures are added up")
    func paths() {
        var passage = passage(down: Self.narrow)
        passage.open(1)
        passage.send(1, bytes: 12_500, .down, on: 0, at: .zero)
        passage.send(2, bytes: 1250, .down, on: 1, at: .zero)
        #expect(passage.nextArrival == at(30))
        #expect(take(&passage, .down, at: at(30)) == [2])
        let reading = passage.reading(.down, at: at(30))
        #expect(reading.counters.sent == 2 && reading.waiting == 1)
        #expect(reading.queueDelay == .milliseconds(70))
        passage.open(0)
        #expect(take(&passage, .down, at: at(500)) == [])
        #expect(passage.reading(.down, at: at(500)).counters.sent == 2)
    }
}

@Suite("Who uses a relay")
struct RelayClientsTests {
    private func address(_ port: UInt16) -> TransportAddress {
        TransportAddress(ipv4: 0x7F00_0001, port: port)
    }

    @Test("a client keeps its place, and the table has an end")
    func places() {
        var clients = RelayClients(limit: 2)
        #expect(clients.admit(address(1), at: .zero) == .new(0))
        #expect(clients.admit(address(2), at: .zero) == .new(1))
        #expect(clients.admit(address(1), at: .zero) == .known(0))
        #expect(clients.admit(address(3), at: .zero) == .refused)
        #expect(clients.refused == 1 && clients.admitted == 2 && clients.count == 2)
        clients.remove(0)
        #expect(clients.address(of: 0) == nil && clients.address(of: 1) == address(2))
        #expect(clients.admit(address(3), at: .zero) == .new(0))
    }

    @Test("who is silent in both directions loses its place")
    func idleness() {
        var clients = RelayClients(limit: 4, idle: .seconds(60))
        for port in 0..<3 { _ = clients.admit(address(UInt16(port)), at: .zero) }
        _ = clients.admit(address(0), at: at(50_000))
        clients.note(1, at: at(50_000))
        #expect(clients.dropIdle(at: at(60_000)) == [])
        #expect(clients.dropIdle(at: at(60_001)) == [2])
        #expect(clients.count == 2 && clients.admit(address(2), at: at(60_001)) == .new(2))
    }
}
