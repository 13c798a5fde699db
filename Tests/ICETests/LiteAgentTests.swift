import Primitives
import Testing

@testable import ICE

@Suite("The lite agent")
struct LiteAgentTests {
    private func agent() -> LiteAgent {
        LiteAgent(local: server, remote: client, createdAt: .zero)
    }

    @Test("A check is answered with the address that it came from")
    func reply() throws {
        var agent = agent()
        let answer = agent.handle(TestCheck().bytes, from: mobile)
        #expect(answer.outcome == .nominated(mobile))
        let message = try #require(answer.message)
        #expect(message.messageClass == .success && message.xorMappedAddress == mobile)
        #expect(message.transactionID == .init(high: 1, low: 2) && message.hasFingerprint)
        #expect(
            message.isAuthentic(answer.bytes, key: Array(server.password.value.utf8)))
        #expect(answer.bytes.count <= ICELimits.replySize)
    }

    @Test("The first path that is found is used until one is nominated, whatever their priorities")
    func first() {
        var agent = agent()
        let check = TestCheck(priority: 30).bytes
        #expect(agent.handle(check, from: mobile).outcome == .nominated(mobile))
        #expect(agent.handle(check, from: home, at: seconds(0.1)).outcome == .replied)
        #expect(agent.selected == mobile)
        let nomination = TestCheck(useCandidate: true, priority: 10).bytes
        #expect(
            agent.handle(nomination, from: home, at: seconds(0.2)).outcome == .nominated(home))
        #expect(agent.handle(check, from: mobile, at: seconds(0.3)).outcome == .replied)
        #expect(agent.selected == home)
    }

    @Test("The first nomination selects, a repeated one only refreshes")
    func nomination() {
        var agent = agent()
        let check = TestCheck(useCandidate: true).bytes
        #expect(agent.handle(check).outcome == .nominated(home))
        #expect(agent.selected == home)
        #expect(agent.handle(check, at: seconds(1)).outcome == .replied)
        #expect(agent.expiresAt == seconds(31))
    }

    @Test("Of a burst of nominations the highest priority wins, in either order")
    func burst() {
        let low = TestCheck(useCandidate: true, priority: 10).bytes
        let high = TestCheck(useCandidate: true, priority: 20).bytes
        var agent = agent()
        #expect(agent.handle(low, from: mobile).outcome == .nominated(mobile))
        #expect(agent.handle(high, from: home).outcome == .nominated(home))
        #expect(agent.handle(low, from: mobile, at: seconds(0.5)).outcome == .replied)
        #expect(agent.selected == home)
    }

    @Test("A path that is nominated no more gives way to a lesser one")
    func move() {
        let low = TestCheck(useCandidate: true, priority: 10).bytes
        let high = TestCheck(useCandidate: true, priority: 20).bytes
        var agent = agent()
        #expect(agent.handle(high, from: home).outcome == .nominated(home))
        #expect(agent.handle(high, from: home, at: seconds(2)).outcome == .replied)
        #expect(agent.handle(low, from: mobile, at: seconds(2.5)).outcome == .replied)
        // Backup checks on the old path do not keep it.
        #expect(agent.handle(TestCheck().bytes, from: home, at: seconds(2.9)).outcome == .replied)
        #expect(
            agent.handle(low, from: mobile, at: seconds(3)).outcome == .nominated(mobile))
    }

    @Test("A peer that has moved is followed, though it does not nominate again")
    func follow() {
        var agent = agent()
        let check = TestCheck().bytes
        let nomination = TestCheck(useCandidate: true).bytes
        #expect(agent.handle(nomination, from: home).outcome == .nominated(home))
        // A path that is kept alive stays, whatever else is checked.
        for time in [4, 8, 12, 16] {
            #expect(agent.handle(check, from: home, at: seconds(Double(time))).outcome == .replied)
            #expect(
                agent.handle(check, from: mobile, at: seconds(Double(time) + 3)).outcome
                    == .replied)
        }
        #expect(agent.selected == home)
        #expect(agent.handle(check, from: mobile, at: seconds(22.9)).outcome == .replied)
        #expect(
            agent.handle(check, from: mobile, at: seconds(23)).outcome == .nominated(mobile))
        #expect(agent.selected == mobile)
        #expect(agent.expiresAt == seconds(53))
        // And back, by nomination as before.
        #expect(
            agent.handle(nomination, from: home, at: seconds(24)).outcome == .nominated(home))
    }

    @Test("Whoever cannot authenticate gets no answer")
    func silence() {
        var agent = agent()
        func outcome(_ check: TestCheck) -> ICEOutcome {
            let answer = agent.handle(check.bytes)
            #expect(answer.bytes.isEmpty)
            return answer.outcome
        }
        #expect(outcome(TestCheck(password: "wrong")) == .violation(.badIntegrity))
        #expect(outcome(TestCheck(to: client)) == .violation(.unknownUsername))
        #expect(outcome(TestCheck(hasUsername: false)) == .violation(.missingCredentials))
        #expect(outcome(TestCheck(hasIntegrity: false)) == .violation(.missingCredentials))
        var longer = server
        longer.ufrag += "x"
        #expect(outcome(TestCheck(to: longer)) == .violation(.unknownUsername))
        let garbage = agent.handle([1, 2, 3])
        #expect(garbage.outcome == .violation(.malformed(.header)) && garbage.bytes.isEmpty)
    }

    @Test("Responses and indications are ignored")
    func ignored() {
        var agent = agent()
        #expect(
            agent.handle(STUNMessageTests.ipv4Response).outcome == .ignored(.unexpectedResponse))
        var bytes = Array(TestCheck(hasIntegrity: false).bytes.dropLast(STUN.fingerprintSize))
        bytes[3] -= UInt8(STUN.fingerprintSize)
        bytes[1] = 0x11
        #expect(agent.handle(bytes).outcome == .ignored(.indication))
        bytes[1] = 0x03
        #expect(agent.handle(bytes).outcome == .ignored(.method))
    }

    @Test("A peer that believes to be controlled is corrected with 487")
    func roleConflict() throws {
        var agent = agent()
        let answer = agent.handle(TestCheck(useCandidate: true, isControlled: true).bytes)
        #expect(answer.outcome == .replied && agent.selected == nil)
        let message = try #require(answer.message)
        #expect(message.messageClass == .failure && message.errorCode == 487)
        #expect(
            message.isAuthentic(answer.bytes, key: Array(server.password.value.utf8)))
    }

    @Test("What must be understood and is not is listed with 420")
    func unknown() throws {
        var agent = agent()
        let optional = agent.handle(TestCheck(unknown: [0x8FFF, 0xC001]).bytes)
        #expect(optional.message?.messageClass == .success)
        let types = (0..<9).map { UInt16(0x7F00 + $0) }
        let answer = agent.handle(TestCheck(useCandidate: true, unknown: types).bytes)
        #expect(answer.outcome == .replied)
        #expect(answer.message?.errorCode == 420)
        #expect(answer.bytes.count <= ICELimits.replySize)
        let listed = hex("000A0010 7F007F01 7F027F03 7F047F05 7F067F07")
        #expect(answer.bytes.firstRange(of: listed) != nil)
    }

    @Test("15 seconds to connect, 30 seconds of consent")
    func expiry() {
        var agent = agent()
        #expect(agent.expiresAt == seconds(15))
        #expect(!agent.hasExpired(at: seconds(14.9)) && agent.hasExpired(at: seconds(15)))
        _ = agent.handle(TestCheck(useCandidate: true).bytes, at: seconds(14))
        #expect(agent.expiresAt == seconds(44))
        _ = agent.handle(TestCheck(password: "wrong").bytes, at: seconds(20))
        #expect(agent.expiresAt == seconds(44))
        _ = agent.handle(TestCheck().bytes, at: seconds(40))
        #expect(agent.expiresAt == seconds(70))
    }

    @Test("After a restart the old path holds until the new credentials nominate one")
    func restart() {
        let newServer = ICECredentials(
            ufrag: "srv2", password: Redacted("another-password-of-24ch"))
        let newClient = ICECredentials(
            ufrag: "cli2", password: Redacted("another-client-pass-24ch"))
        var agent = agent()
        let old = TestCheck(useCandidate: true, priority: 20).bytes
        #expect(agent.handle(old).outcome == .nominated(home))
        agent.restart(local: newServer, remote: newClient, at: seconds(5))
        #expect(agent.selected == home && agent.expiresAt == seconds(30))
        #expect(agent.handle(old, at: seconds(6)).outcome == .replied)
        let check = TestCheck(to: newServer, from: newClient).bytes
        #expect(agent.handle(check, from: mobile, at: seconds(7)).outcome == .replied)
        #expect(agent.selected == home)
        #expect(agent.handle(old, at: seconds(7.1)).outcome == .replied)
        // The priority of the old generation counts no more.
        let new = TestCheck(to: newServer, from: newClient, useCandidate: true, priority: 1).bytes
        let answer = agent.handle(new, from: mobile, at: seconds(7.2))
        #expect(answer.outcome == .nominated(mobile))
        #expect(
            answer.message?.isAuthentic(answer.bytes, key: Array(newServer.password.value.utf8))
                == true)
        #expect(agent.handle(old, at: seconds(8)).outcome == .violation(.unknownUsername))
    }

    @Test("A restart onto the same path is reported")
    func restartInPlace() {
        let newServer = ICECredentials(
            ufrag: "srv2", password: Redacted("another-password-of-24ch"))
        var agent = agent()
        _ = agent.handle(TestCheck(useCandidate: true).bytes)
        agent.restart(local: newServer, remote: client, at: seconds(1))
        agent.restart(local: newServer, remote: client, at: seconds(2))
        #expect(agent.handle(TestCheck().bytes, at: seconds(2)).outcome == .replied)
        let new = TestCheck(to: newServer, useCandidate: true).bytes
        #expect(agent.handle(new, at: seconds(3)).outcome == .nominated(home))
        #expect(agent.handle(new, at: seconds(4)).outcome == .replied)
    }

    @Test("Credentials are as long as they must be, and all different")
    func credentials() {
        var generator = SeededGenerator(seed: 60)
        var seen: Set<ICECredentials> = []
        for _ in 0..<100 {
            let credentials = ICECredentials.random(using: &generator)
            #expect(credentials.ufrag.utf8.count == 8)
            #expect(credentials.password.value.utf8.count == 24)
            #expect("\(credentials)".contains(credentials.password.value) == false)
            seen.insert(credentials)
        }
        #expect(seen.count == 100)
    }
}
