import Primitives
import Testing

@testable import ICE

/// A client and a server in virtual time, with a way to lose datagrams.
private final class Link {
    var client: ControllingAgent
    var server: LiteAgent
    var now = Instant.zero
    /// The client's address as the server sees it.
    var source = home
    var serverAddress = relay
    var sent: [TransportAddress] = []
    var nominations: [TransportAddress] = []
    var loses: () -> Bool = { false }

    init(candidates: [TransportAddress], tieBreaker: UInt64 = 99) {
        client = ControllingAgent(
            local: ICETests.client, remote: ICETests.server, tieBreaker: tieBreaker,
            remoteCandidates: candidates, at: .zero)
        server = LiteAgent(
            local: ICETests.server, remote: ICETests.client, createdAt: .zero)
    }

    /// Runs until `end`, from one wake-up to the next.
    func run(until end: Instant) {
        while let wakeup = client.wakeup, wakeup <= end {
            now = max(now, wakeup)
            for (destination, bytes) in client.due(at: now) {
                sent.append(destination)
                guard destination == serverAddress, !loses() else { continue }
                let answer = server.handle(bytes, from: source, at: now)
                if case .nominated(let path) = answer.outcome { nominations.append(path) }
                guard !answer.bytes.isEmpty, !loses() else { continue }
                _ = client.handle(answer.bytes, from: serverAddress, at: now)
            }
        }
        now = end
    }
}

@Suite("The controlling agent")
struct ControllingAgentTests {
    @Test("Checks, nominates and is selected within two round trips")
    func connect() {
        let link = Link(candidates: [relay])
        link.run(until: seconds(0.2))
        let (selected, reflexive) = (link.client.selected, link.client.reflexive)
        #expect(selected == relay && reflexive == home)
        #expect(link.server.selected == home && link.nominations == [home])
        #expect(link.sent.count == 2)
    }

    @Test("A candidate that does not answer delays the next one by the pace only")
    func deadCandidate() {
        let dead = TransportAddress(ipv4: 1, port: 1)
        let link = Link(candidates: [dead, relay])
        link.run(until: seconds(0.3))
        let selected = link.client.selected
        #expect(selected == relay)
    }

    @Test("Nothing answers: seven checks, then silence and expiry")
    func unreachable() {
        let link = Link(candidates: [TransportAddress(ipv4: 1, port: 1)])
        link.run(until: seconds(100))
        let (wakeup, selected) = (link.client.wakeup, link.client.selected)
        let hasExpired = link.client.hasExpired(at: seconds(15))
        #expect(link.sent.count == 7 && wakeup == nil && selected == nil && hasExpired)
    }

    @Test("Connects through heavy loss, the same way for the same seed", arguments: 0..<20)
    func loss(seed: Int) {
        func trace() -> (TransportAddress?, [TransportAddress]) {
            let link = Link(candidates: [relay], tieBreaker: UInt64(seed))
            var generator = SeededGenerator(seed: UInt64(seed))
            link.loses = { generator.next() % 10 < 3 }
            link.run(until: seconds(15))
            return (link.client.selected, link.sent)
        }
        let (selected, sent) = trace()
        #expect(selected == relay)
        #expect(trace() == (selected, sent))
    }

    @Test("Consent is checked every four to six seconds and keeps both sides alive")
    func consent() {
        let link = Link(candidates: [relay])
        link.run(until: seconds(300))
        let hasExpired = link.client.hasExpired(at: link.now)
        #expect(!hasExpired && !link.server.hasExpired(at: link.now))
        #expect((50...75).contains(link.sent.count))
        link.loses = { true }
        link.run(until: seconds(340))
        let isOver = link.client.hasExpired(at: link.now)
        #expect(isOver && link.server.hasExpired(at: link.now))
    }

    @Test("The server follows a client whose NAT has moved it")
    func rebinding() {
        let link = Link(candidates: [relay])
        link.run(until: seconds(10))
        link.source = mobile
        link.run(until: seconds(20))
        #expect(link.server.selected == mobile && link.nominations == [home, mobile])
        let reflexive = link.client.reflexive
        #expect(reflexive == mobile)
    }

    @Test("Responses that are forged, strange or from elsewhere select nothing")
    func forgery() throws {
        var agent = ControllingAgent(
            local: client, remote: server, tieBreaker: 4, remoteCandidates: [relay], at: .zero)
        let request = try #require(agent.due(at: .zero).first).bytes
        let id = try STUNMessage(parsing: request).transactionID
        func response(_ id: STUNMessage.TransactionID, key: String, code: UInt16? = nil) -> [UInt8]
        {
            var output = ByteWriter(capacity: 200)
            let writer = STUNWriter(
                code == nil ? .success : .failure, transactionID: id, into: &output)
            if let code { writer.errorCode(code, into: &output) }
            writer.xorMappedAddress(home, into: &output)
            writer.finish(&output, key: Array(key.utf8))
            return output.array
        }
        let good = server.password.value
        var outcome = agent.handle(response(id, key: "wrong"), from: relay, at: .zero).outcome
        #expect(outcome == .violation(.badIntegrity))
        outcome =
            agent.handle(
                response(.init(high: 0, low: 0), key: good), from: relay, at: .zero
            ).outcome
        #expect(outcome == .ignored(.unexpectedResponse))
        outcome = agent.handle(response(id, key: good, code: 400), from: relay, at: .zero).outcome
        #expect(outcome == .violation(.refused(400)))
        let wakeup = agent.wakeup
        #expect(wakeup == nil)

        var other = ControllingAgent(
            local: client, remote: server, tieBreaker: 4, remoteCandidates: [relay], at: .zero)
        _ = other.due(at: .zero)
        outcome = other.handle(response(id, key: good), from: mobile, at: .zero).outcome
        #expect(outcome == .violation(.asymmetricPath))
    }

    @Test("Answers a full peer's checks")
    func answers() {
        var agent = ControllingAgent(
            local: client, remote: server, tieBreaker: 4, remoteCandidates: [relay], at: .zero)
        let check = TestCheck(to: client, from: server, isControlled: true).bytes
        let answer = agent.handle(check, from: relay, at: .zero)
        #expect(answer.outcome == .replied && answer.message?.xorMappedAddress == relay)
        let conflict = agent.handle(
            TestCheck(to: client, from: server).bytes, from: relay, at: .zero)
        #expect(conflict.message?.errorCode == 487)
        let wrong = agent.handle(TestCheck().bytes, from: relay, at: .zero)
        #expect(wrong.outcome == .violation(.unknownUsername) && wrong.bytes.isEmpty)
    }
}
