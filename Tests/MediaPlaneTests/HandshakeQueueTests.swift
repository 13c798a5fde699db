import DatagramIO
import ICE
import MediaSecurity
import Peering
import Primitives
import Signalling
import Testing

@testable import MediaPlane

@Suite struct HandshakeQueueTests {
    private func entry(_ number: Int) -> HandshakeQueue.Entry {
        HandshakeQueue.Entry(
            peer: number, generation: 1, datagram: [UInt8(truncatingIfNeeded: number)])
    }

    @Test func itIsAQueueWithABound() {
        var queue = HandshakeQueue()
        var next = (pushed: 0, popped: 0)
        var random = SeededGenerator(seed: 3)
        for _ in 0..<50_000 {
            if Int.random(in: 0..<3, using: &random) > 0 {
                let isTaken = queue.append(entry(next.pushed))
                #expect(isTaken == (next.pushed - next.popped < Limits.waitingHandshakes))
                if isTaken { next.pushed += 1 }
            } else {
                let first = queue.popFirst()
                #expect(first == (next.popped < next.pushed ? entry(next.popped) : nil))
                if first != nil { next.popped += 1 }
            }
            #expect(queue.count == next.pushed - next.popped)
        }
    }

    /// A sink that counts flushed datagrams.
    private struct Counter: ~Copyable, DatagramSink {
        var datagrams = 0
        mutating func flush(_ queue: inout SendQueue) -> Instant {
            datagrams += queue.entries.count
            queue.removeAll()
            return .zero
        }
    }

    /// However many datagrams of handshakes one batch brings, one turn takes one of them.
    @Test func oneStepATurnAndABoundForEachPeer() throws {
        let start = Instant(nanoseconds: 1_000_000_000)
        let certificate = try Certificate.generate()
        var worker = MediaWorker(
            MediaWorker.Configuration(
                dtls: try DTLSContext(certificate: certificate),
                anchor: ClockAnchor(monotonic: start, unixNanoseconds: 1), seed: 1,
                capacity: MediaCapacity(peers: 8, streams: 8)))
        var sink = Counter()
        var random = SeededGenerator(seed: 1)
        let (local, remote) = (
            ICECredentials.random(using: &random), ICECredentials.random(using: &random)
        )
        let session = MediaSession(
            resource: ResourceID("r"), stage: StageID("s"), participant: ParticipantID("p"),
            direction: .subscribeToStage)
        worker.handle(
            .add(
                PeerSetup(
                    session: session, local: local, remote: remote,
                    security: .dtls(certificate.fingerprint), role: .viewer([]))),
            at: start, into: &sink)
        let address = TransportAddress(ipv4: 0x0A00_0001, port: 5)
        var agent = ControllingAgent(
            local: remote, remote: local, tieBreaker: 1, remoteCandidates: [address], at: start)
        var check = ByteWriter(capacity: 1024)
        let isDue = agent.advance(to: agent.wakeup ?? start, into: &check) != nil
        #expect(isDue)
        let request = check.array
        worker.receive(request.rawSpan, from: address, at: start, into: &sink)
        // A handshake record that says nothing.
        let record: [UInt8] = [22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]
        for _ in 0..<20 { worker.receive(record.rawSpan, from: address, at: start, into: &sink) }
        let waiting = worker.handshakes.count
        let dropped = worker.counters.handshakesDropped
        #expect(waiting == Limits.waitingHandshakesPerPeer)
        #expect(dropped == UInt64(20 - Limits.waitingHandshakesPerPeer))
        for left in (0..<Limits.waitingHandshakesPerPeer).reversed() {
            let isWaiting = worker.hasHandshakes
            #expect(isWaiting)
            worker.advanceHandshakes(at: start, into: &sink)
            let count = worker.handshakes.count
            #expect(count == left)
        }
        let isDone = !worker.hasHandshakes
        #expect(isDone)
    }
}
