import Congestion
import Links
import Primitives
import RTP
import Testing

private let limits = DataRate.kilobitsPerSecond(50)...DataRate.kilobitsPerSecond(5000)

/// An estimator, and real feedback for what it sends.
private struct Rig {
    var estimator: BandwidthEstimator
    var recorder = TransportFeedbackRecorder()
    var results = PacketResults()
    var now = Instant.zero + .seconds(10)
    var random: SeededGenerator

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        estimator = BandwidthEstimator(
            start: .kilobitsPerSecond(500), limits: limits, at: now)
    }

    /// Sends up to `count` packets over some 50 ms, of which a few are lost, and tells of them.
    mutating func feedback(of count: Int) -> [UInt8] {
        for _ in 0..<count {
            now = now + .milliseconds(Int64.random(in: 0...12, using: &random))
            let sequence = estimator.packetSent(
                size: Int.random(in: 40...1200, using: &random),
                isProbe: estimator.wantedProbe != nil, at: now)
            guard Int.random(in: 0..<20, using: &random) > 0 else { continue }
            recorder.record(
                sequence: sequence,
                at: now + .milliseconds(Int64.random(in: 20...40, using: &random)))
        }
        now = now + .milliseconds(50)
        estimator.tick(at: now)
        var writer = ByteWriter(capacity: 1200)
        guard recorder.writeFeedback(sender: SSRC(1), media: SSRC(2), into: &writer) else {
            return []
        }
        return writer.array
    }

    /// - Returns: false when it does not parse.
    mutating func receive(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 20,
            let message = try? TransportFeedback(parsing: bytes.rawSpan, in: 12..<bytes.count)
        else { return false }
        estimator.receive(message, in: bytes.rawSpan, at: now, using: &results)
        return true
    }
}

@Suite("Feedback that lies")
struct HostileFeedbackTests {
    @Test("120,000 mutations of real feedback", arguments: 0..<4 as Range<UInt64>)
    func mutations(seed: UInt64) {
        var rig = Rig(seed: seed)
        var parsed = 0
        var isWithin = true
        for _ in 0..<30_000 {
            var bytes = rig.feedback(of: Int.random(in: 0...4, using: &rig.random))
            guard bytes.count > 20 else { continue }
            for _ in 0..<Int.random(in: 0...4, using: &rig.random) {
                let place = Int.random(in: 12..<bytes.count, using: &rig.random)
                bytes[place] = UInt8.random(in: 0...255, using: &rig.random)
            }
            if rig.receive(bytes) { parsed += 1 }
            if Int.random(in: 0..<50, using: &rig.random) == 0 { _ = rig.receive(bytes) }
            if !limits.contains(rig.estimator.target) || rig.estimator.bytesInFlight < 0 {
                isWithin = false
            }
        }
        #expect(isWithin && parsed > 10_000)
        let violations = rig.estimator.violations
        #expect(violations.future > 0 && violations.repeated > 0)
        #expect(violations.duplicateMessage > 0)
        #expect(violations.clockJump > 0 && violations.absurdArrival > 0)
    }

    @Test("whatever a message says of its own making", arguments: 0..<4 as Range<UInt64>)
    func inventions(seed: UInt64) {
        var rig = Rig(seed: seed)
        var isWithin = true
        for _ in 0..<10_000 {
            _ = rig.feedback(of: Int.random(in: 0...6, using: &rig.random))
            // Any base, any count, any clock; statuses and deltas are noise.
            var bytes = (0..<Int.random(in: 24...200, using: &rig.random)).map { _ in
                UInt8.random(in: 0...255, using: &rig.random)
            }
            bytes[14] = UInt8.random(in: 0...40, using: &rig.random) / 36
            _ = rig.receive(bytes)
            if !limits.contains(rig.estimator.target) { isWithin = false }
        }
        #expect(isWithin && rig.estimator.violations.total > 0)
    }

    @Test("each lie is counted as what it is")
    func kinds() {
        var rig = Rig(seed: 1)
        let before = rig.estimator.violations
        #expect(before == FeedbackViolations())
        let first = rig.feedback(of: 5)
        _ = rig.receive(first)
        _ = rig.receive(first)
        #expect(rig.estimator.violations.duplicateMessage == 1)
        // The base sequence number far ahead, and far behind.
        var lie = rig.feedback(of: 5)
        lie[12] = 0x40
        _ = rig.receive(lie)
        #expect(rig.estimator.violations.future > 0)
        lie[12] = 0xF0
        lie[19] &+= 1
        _ = rig.receive(lie)
        #expect(rig.estimator.violations.neverSent > 0)
        // The clock five minutes on.
        var jump = rig.feedback(of: 5)
        jump[17] &+= 0x12
        jump[19] &+= 9
        _ = rig.receive(jump)
        #expect(rig.estimator.violations.clockJump > 0)
        // Runs of 8,191 packets that are not there.
        let long = jump[..<12] + [0, 0, 0x2F, 0xFF, 0, 0, 0, 77, 0x1F, 0xFF, 0x1F, 0xFF]
        _ = rig.receive(Array(long))
        #expect(rig.estimator.violations.tooLong == 1)
    }

    @Test("who says that everything arrives at once gets no more than the maximum")
    func flattery() {
        var rig = Rig(seed: 3)
        for _ in 0..<2_000 {
            var recorder = TransportFeedbackRecorder()
            for _ in 0..<5 {
                let sequence = rig.estimator.packetSent(size: 1200, isProbe: true, at: rig.now)
                recorder.record(sequence: sequence, at: rig.now)
                rig.now = rig.now + .milliseconds(10)
            }
            var writer = ByteWriter(capacity: 1200)
            _ = recorder.writeFeedback(sender: SSRC(1), media: SSRC(2), into: &writer)
            var bytes = writer.array
            bytes[19] = UInt8(truncatingIfNeeded: rig.now.nanoseconds / 50_000_000)
            _ = rig.receive(bytes)
        }
        #expect(limits.contains(rig.estimator.target))
    }
}
