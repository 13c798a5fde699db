import Primitives
import Testing

@testable import MediaSecurity

/// A client and a server with a wire between them that tests cut.
private final class Pair {
    var client: DTLSTransport
    var server: DTLSTransport
    var clientMaterial: SRTPKeyingMaterial?
    var serverMaterial: SRTPKeyingMaterial?
    var failures: [DTLSOutcome] = []
    var toServer = DTLSFlight()
    var toClient = DTLSFlight()

    init(
        clientProfiles: [SRTPProfile] = [.aeadAES128GCM, .aes128CMHMACSHA1_80],
        clientExpects: Fingerprint? = nil, serverExpects: Fingerprint? = nil, mtu: Int = 1200
    ) throws {
        let clientCertificate = try Certificate.generate()
        let serverCertificate = try Certificate.generate()
        client = DTLSTransport(
            context: try DTLSContext(certificate: clientCertificate, profiles: clientProfiles),
            role: .client, remoteFingerprint: clientExpects ?? serverCertificate.fingerprint,
            mtu: mtu)
        server = DTLSTransport(
            context: try DTLSContext(certificate: serverCertificate), role: .server,
            remoteFingerprint: serverExpects ?? clientCertificate.fingerprint, mtu: mtu)
        server.start(into: &toClient)
        client.start(into: &toServer)
    }

    /// Carries one flight in each direction, but for what `loses` says.
    func exchange(_ loses: (_ toServer: Bool, _ datagram: [UInt8]) -> Bool = { _, _ in false }) {
        let up = toServer.datagrams
        toServer.removeAll()
        for datagram in up where !loses(true, datagram) {
            note(server.receive(datagram.rawSpan, into: &toClient), isServer: true)
        }
        let down = toClient.datagrams
        toClient.removeAll()
        for datagram in down where !loses(false, datagram) {
            note(client.receive(datagram.rawSpan, into: &toServer), isServer: false)
        }
    }

    func note(_ outcome: DTLSOutcome, isServer: Bool) {
        switch outcome {
        case .established(let material):
            if isServer {
                #expect(serverMaterial == nil)
                serverMaterial = material
            } else {
                #expect(clientMaterial == nil)
                clientMaterial = material
            }
        case .failed, .closedByPeer: failures.append(outcome)
        case .handshaking, .ignored: break
        }
    }

    func finish() {
        for _ in 0..<8 { exchange() }
    }
}

@Suite("DTLS")
struct DTLSTransportTests {
    @Test("Both sides get the same keys, the right way round", arguments: SRTPProfile.allCases)
    func handshake(profile: SRTPProfile) throws {
        let pair = try Pair(clientProfiles: [profile])
        #expect(pair.toClient.datagrams.isEmpty && pair.toServer.datagrams.count == 1)
        pair.finish()
        let client = try #require(pair.clientMaterial)
        let server = try #require(pair.serverMaterial)
        #expect(client.profile == profile && server.profile == profile)
        #expect(client.localKey == server.remoteKey && client.remoteKey == server.localKey)
        #expect(client.localSalt == server.remoteSalt && client.remoteSalt == server.localSalt)
        #expect(client.localKey != client.remoteKey)
        #expect(client.localKey.value.count == 16)
        #expect(client.localSalt.value.count == profile.saltSize)
        let timeouts = [pair.client.timeout, pair.server.timeout]
        #expect(timeouts == [nil, nil])
        #expect("\(client)".contains("\(client.localKey.value)") == false)

        var generator = SeededGenerator(seed: 40)
        var sealer = SRTPSealer(client)
        var opener = SRTPOpener(server)
        let packet = TestPacket(ssrc: 3, sequence: 4, size: 500, using: &generator)
        #expect(packet.opened(packet.sealed(by: &sealer), by: &opener).clear == packet.bytes)
    }

    /// Whoever knows the peer's address can send it records; media goes on for all that (RFC 6347 §4.1.2.7).
    @Test("Rubbish does not end what is established", arguments: [UInt64(1), 2, 3, 4])
    func rubbish(seed: UInt64) throws {
        let pair = try Pair()
        pair.finish()
        #expect(pair.serverMaterial != nil && pair.clientMaterial != nil)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<5000 {
            let record = record(using: &random)
            pair.note(pair.server.receive(record.rawSpan, into: &pair.toClient), isServer: true)
            pair.note(pair.client.receive(record.rawSpan, into: &pair.toServer), isServer: false)
            #expect(pair.failures.isEmpty)
        }
    }

    /// Looks like a DTLS record, often of a handshake, with a length that is wrong now and then.
    private func record(using random: inout SeededGenerator) -> [UInt8] {
        func bytes(_ count: Int) -> [UInt8] {
            (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
        var body = bytes([0, 1, 2, 12, 60, 300, 1200].randomElement(using: &random)!)
        if Bool.random(using: &random) {
            let size = [UInt8(0), UInt8(body.count >> 8), UInt8(body.count & 255)]
            body = [UInt8.random(in: 0...24, using: &random)] + size + bytes(5) + size + body
        }
        let epoch = UInt8.random(in: 0...2, using: &random)
        let length = Int.random(in: 0..<5, using: &random) > 0 ? body.count : 0x1234
        return [UInt8.random(in: 20...26, using: &random), 0xFE, 0xFD, 0, epoch] + bytes(6)
            + [UInt8(length >> 8), UInt8(length & 255)] + body
    }

    @Test("The server's preference decides")
    func preference() throws {
        let pair = try Pair(clientProfiles: [.aes128CMHMACSHA1_80, .aeadAES128GCM])
        pair.finish()
        #expect(pair.serverMaterial?.profile == .aeadAES128GCM)
    }

    @Test("Longer digests identify the peer too", arguments: [384, 512])
    func digests(bits: Int) throws {
        let certificate = try Certificate.generate()
        let other = try Certificate.generate()
        let expected = try #require(certificate.fingerprint(bits: bits))
        var server = DTLSTransport(
            context: try DTLSContext(certificate: other), role: .server,
            remoteFingerprint: expected)
        var client = DTLSTransport(
            context: try DTLSContext(certificate: certificate), role: .client,
            remoteFingerprint: other.fingerprint)
        var up = DTLSFlight()
        var down = DTLSFlight()
        var isEstablished = false
        client.start(into: &up)
        for _ in 0..<4 {
            for datagram in up.datagrams {
                if case .established = server.receive(datagram.rawSpan, into: &down) {
                    isEstablished = true
                }
            }
            up.removeAll()
            for datagram in down.datagrams { _ = client.receive(datagram.rawSpan, into: &up) }
            down.removeAll()
        }
        #expect(isEstablished)
    }

    @Test("A client with another certificate gets no keys")
    func wrongClient() throws {
        let stranger = try Certificate.generate().fingerprint
        let pair = try Pair(serverExpects: stranger)
        pair.finish()
        #expect(pair.serverMaterial == nil && pair.clientMaterial == nil)
        #expect(pair.failures.contains(.failed(.fingerprintMismatch)))
        #expect(pair.failures.contains(.failed(.handshake)))  // the client was told, by an alert
    }

    @Test("A server with another certificate gets no keys")
    func wrongServer() throws {
        let stranger = try Certificate.generate().fingerprint
        let pair = try Pair(clientExpects: stranger)
        pair.finish()
        #expect(pair.serverMaterial == nil && pair.clientMaterial == nil)
        #expect(pair.failures.first == .failed(.fingerprintMismatch))
    }

    @Test("Small datagrams: messages are cut up and put together again")
    func fragments() throws {
        let pair = try Pair(mtu: 256)
        var largest = 0
        for _ in 0..<8 {
            pair.exchange { _, datagram in
                largest = max(largest, datagram.count)
                return false
            }
        }
        #expect(pair.serverMaterial != nil && pair.clientMaterial != nil)
        #expect(largest <= 256)
    }

    @Test("A lost flight is sent again when its timer fires", arguments: 0..<4)
    func loss(lost: Int) async throws {
        let pair = try Pair()
        var flight = 0
        let loses: (Bool, [UInt8]) -> Bool = { _, _ in
            defer { flight += 1 }
            return flight == lost
        }
        for _ in 0..<4 { pair.exchange(loses) }
        var attempts = 0
        while pair.clientMaterial == nil || pair.serverMaterial == nil {
            attempts += 1
            try #require(attempts <= 10)
            let left = [pair.client.timeout, pair.server.timeout].compactMap(\.self).min()
            try await Task.sleep(for: #require(left) + .milliseconds(5))
            pair.note(pair.client.handleTimeout(into: &pair.toServer), isServer: false)
            pair.note(pair.server.handleTimeout(into: &pair.toClient), isServer: true)
            for _ in 0..<4 { pair.exchange(loses) }
        }
        #expect(pair.failures.isEmpty)
    }

    @Test("A timer that has not fired sends nothing")
    func earlyTimeout() throws {
        let pair = try Pair()
        pair.toServer.removeAll()
        let left = pair.client.timeout ?? .seconds(100)
        #expect(left <= .milliseconds(250))
        let outcome = pair.client.handleTimeout(into: &pair.toServer)
        #expect(outcome == .handshaking)
        #expect(pair.toServer.datagrams.isEmpty)
    }

    @Test("Garbage before, within and after the handshake changes nothing")
    func garbage() throws {
        var generator = SeededGenerator(seed: 41)
        let pair = try Pair()
        for round in 0..<8 {
            for _ in 0..<5 {
                var noise = generator.bytes(Int(generator.next() % 200))
                if round % 2 == 0, !noise.isEmpty { noise[0] = UInt8(20 + round % 4) }
                pair.note(pair.server.receive(noise.rawSpan, into: &pair.toClient), isServer: true)
            }
            pair.exchange()
        }
        #expect(pair.serverMaterial != nil && pair.clientMaterial != nil)
        for _ in 0..<2000 {
            var noise = generator.bytes(Int(generator.next() % 100))
            if !noise.isEmpty { noise[0] = UInt8(20 + generator.next() % 4) }
            let outcome = pair.server.receive(noise.rawSpan, into: &pair.toClient)
            #expect(outcome == .ignored)
        }
        let huge = [UInt8](repeating: 22, count: 60_000)
        let outcome = pair.server.receive(huge.rawSpan, into: &pair.toClient)
        #expect(outcome == .ignored)
        #expect(pair.failures.isEmpty)
    }

    @Test("Mutated handshakes end in a violation or a handshake, never in a trap")
    func mutations() throws {
        var generator = SeededGenerator(seed: 42)
        let certificate = try Certificate.generate()
        let context = try DTLSContext(certificate: certificate)
        for _ in 0..<300 {
            var client = DTLSTransport(
                context: context, role: .client, remoteFingerprint: certificate.fingerprint)
            var server = DTLSTransport(
                context: context, role: .server, remoteFingerprint: certificate.fingerprint)
            var up = DTLSFlight()
            var down = DTLSFlight()
            client.start(into: &up)
            for _ in 0..<4 {
                for var datagram in up.datagrams {
                    mutate(&datagram, using: &generator)
                    _ = server.receive(datagram.rawSpan, into: &down)
                }
                up.removeAll()
                for var datagram in down.datagrams {
                    mutate(&datagram, using: &generator)
                    _ = client.receive(datagram.rawSpan, into: &up)
                }
                down.removeAll()
            }
        }
    }

    private func mutate(_ datagram: inout [UInt8], using generator: inout SeededGenerator) {
        for _ in 0..<Int(generator.next() % 3) where !datagram.isEmpty {
            let place = Int(generator.next() % UInt64(datagram.count))
            switch generator.next() % 8 {
            case 0: datagram.removeLast(min(place, datagram.count))
            case 1: datagram.append(contentsOf: datagram.prefix(100))
            default: datagram[place] ^= UInt8(truncatingIfNeeded: generator.next())
            }
        }
    }

    @Test("A handshake that never ends is ended")
    func bound() throws {
        let pair = try Pair()
        let hello = pair.toServer.datagrams[0]
        var outcome = DTLSOutcome.ignored
        for _ in 0..<64 {
            outcome = pair.server.receive([UInt8](hello[0..<20]).rawSpan, into: &pair.toClient)
            #expect(outcome == .handshaking)
        }
        outcome = pair.server.receive(hello.rawSpan, into: &pair.toClient)
        #expect(outcome == .failed(.tooManyDatagrams))
        outcome = pair.server.receive(hello.rawSpan, into: &pair.toClient)
        let timeout = pair.server.timeout
        #expect(outcome == .ignored && timeout == nil)
    }

    @Test("Goodbye is heard", arguments: [true, false])
    func close(byServer: Bool) throws {
        let pair = try Pair()
        pair.finish()
        if byServer {
            pair.server.close(into: &pair.toClient)
            #expect(pair.toClient.datagrams.count == 1)
        } else {
            pair.client.close(into: &pair.toServer)
            #expect(pair.toServer.datagrams.count == 1)
        }
        pair.exchange()
        #expect(pair.failures == [.closedByPeer])
    }

    @Test("Closing before the end of the handshake ends it without a word")
    func closeEarly() throws {
        let pair = try Pair()
        pair.server.close(into: &pair.toClient)
        pair.exchange()
        #expect(pair.toClient.datagrams.isEmpty && pair.serverMaterial == nil)
    }

    @Test("A server without a common SRTP profile says so")
    func noProfile() throws {
        let certificate = try Certificate.generate()
        var server = DTLSTransport(
            context: try DTLSContext(certificate: certificate, profiles: [.aes128CMHMACSHA1_80]),
            role: .server, remoteFingerprint: certificate.fingerprint)
        var client = DTLSTransport(
            context: try DTLSContext(certificate: certificate, profiles: [.aeadAES128GCM]),
            role: .client, remoteFingerprint: certificate.fingerprint)
        var up = DTLSFlight()
        var down = DTLSFlight()
        var outcomes: [DTLSOutcome] = []
        client.start(into: &up)
        for _ in 0..<4 {
            for datagram in up.datagrams {
                outcomes.append(server.receive(datagram.rawSpan, into: &down))
            }
            up.removeAll()
            for datagram in down.datagrams { _ = client.receive(datagram.rawSpan, into: &up) }
            down.removeAll()
        }
        #expect(outcomes.contains(.failed(.noSRTPProfile)))
    }
}
