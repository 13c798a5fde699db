import Forwarding
import Foundation
import Primitives
import Testing

/// Where the graph of Docs/loss-recovery.md is written, when somebody asks for it:
/// `RECOVERY_FIGURES=<folder> swift test --filter RecoveryTests`.
private let recoveryFolder = ProcessInfo.processInfo.environment["RECOVERY_FIGURES"]

/// What is lost for good, with and without repair packets.
@Suite struct RecoveryTests {
    struct Row {
        var network: RecoveryModel.Network
        var asked = RecoveryModel.Outcome()
        var both = RecoveryModel.Outcome()
    }

    private static func share(_ part: Int, of whole: Int) -> Double {
        whole == 0 ? 0 : Double(part) / Double(whole)
    }

    @Test func repairIsWorthItWhereARoundTripIsLong() throws {
        let seeds: UInt64 = recoveryFolder == nil ? 5 : 50
        var lines = [
            "round_trip,loss,burst,nack_late,fec_late,nack_frames,fec_frames,added,resent,resent_alone"
        ]
        for (loss, burst) in [(0.05, 1.0), (0.1, 1.0), (0.05, 3.0), (0.1, 3.0)] {
            for roundTrip in [50, 100, 140, 160, 200, 300, 400] {
                var row = Row(network: .init(roundTrip: roundTrip, loss: loss, burst: burst))
                for seed in 0..<seeds {
                    row.asked += RecoveryModel.run(
                        row.network, protects: false, seed: seed, seconds: 20)
                    row.both += RecoveryModel.run(
                        row.network, protects: true, seed: seed, seconds: 20)
                }
                let before = Self.share(row.asked.late, of: row.asked.packets)
                let after = Self.share(row.both.late, of: row.both.packets)
                let added = Self.share(row.both.repairBytes, of: row.both.mediaBytes)
                let figures = [
                    loss, burst, before, after, Self.share(row.asked.spoiled, of: row.asked.frames),
                    Self.share(row.both.spoiled, of: row.both.frames), added,
                    Self.share(row.both.resentBytes, of: row.both.mediaBytes),
                    Self.share(row.asked.resentBytes, of: row.asked.mediaBytes),
                ]
                lines.append("\(roundTrip)," + figures.map { "\($0)" }.joined(separator: ","))
                if roundTrip <= 140 {
                    #expect(!row.both.wasProtected && added == 0)
                } else {
                    #expect(after < before / (burst > 1 ? 1.2 : 2))
                    #expect(added < 0.4)
                }
            }
        }
        guard let recoveryFolder else { return }
        try lines.joined(separator: "\n").write(
            toFile: "\(recoveryFolder)/recovery.csv", atomically: true, encoding: .utf8)
    }
}

extension RecoveryModel.Outcome {
    static func += (sum: inout Self, other: Self) {
        sum.packets += other.packets
        sum.late += other.late
        sum.frames += other.frames
        sum.spoiled += other.spoiled
        sum.repairBytes += other.repairBytes
        sum.resentBytes += other.resentBytes
        sum.mediaBytes += other.mediaBytes
        sum.wasProtected = sum.wasProtected || other.wasProtected
    }
}

/// When repair packets are sent, and how many.
@Suite struct RepairPolicyTests {
    private let media = DataRate.kilobitsPerSecond(1200)
    private let target = DataRate.kilobitsPerSecond(2500)

    private func meter(loss: Double, burst: Int, packets: Int = 4000) -> LossMeter {
        var meter = LossMeter()
        let period = Int((Double(burst) / loss).rounded())
        for index in 0..<packets { meter.note(isLost: index % period >= period - burst) }
        return meter
    }

    private func at(_ milliseconds: Int) -> Instant {
        Instant(nanoseconds: UInt64(milliseconds) * 1_000_000)
    }

    private func first(
        _ meter: LossMeter, roundTrip: Int?, media: DataRate? = nil, target: DataRate?
    ) -> Protection? {
        var policy = RepairPolicy()
        _ = policy.update(
            meter, roundTrip: roundTrip.map { .milliseconds($0) }, media: media ?? self.media,
            target: target, at: .zero)
        return policy.protection
    }

    @Test func theMeterTellsBurstsFromSingles() {
        let single = meter(loss: 0.05, burst: 1)
        #expect(abs(single.ratio - 0.05) < 0.01 && abs(single.burstLength - 1) < 0.01)
        let bursts = meter(loss: 0.1, burst: 4)
        #expect(abs(bursts.ratio - 0.1) < 0.02 && abs(bursts.burstLength - 4) < 0.6)
        #expect(LossMeter().burstLength == 1 && LossMeter().ratio == 0)
    }

    @Test func onlyWhereItHelps() {
        let lossy = meter(loss: 0.05, burst: 1)
        #expect(first(lossy, roundTrip: 200, target: target) == Protection(rows: 1, columns: 8))
        #expect(first(lossy, roundTrip: 150, target: target) == nil)
        #expect(first(lossy, roundTrip: nil, target: target) == nil)
        #expect(first(lossy, roundTrip: 200, target: nil) == nil)
        #expect(first(lossy, roundTrip: 200, media: .zero, target: target) == nil)
        #expect(first(meter(loss: 0.02, burst: 1), roundTrip: 200, target: target) == nil)
        #expect(first(meter(loss: 0.02, burst: 3), roundTrip: 200, target: target)?.rows == 2)
        #expect(first(LossMeter(), roundTrip: 400, target: target) == nil)
    }

    @Test func theShareOfWhatTheNetworkCarriesIsBounded() {
        let heavy = meter(loss: 0.2, burst: 1)
        #expect(first(heavy, roundTrip: 300, target: target)?.columns == 4)
        let tight = first(heavy, roundTrip: 300, target: .kilobitsPerSecond(1400))
        #expect(tight?.columns == 6)
        #expect(first(heavy, roundTrip: 300, target: .kilobitsPerSecond(1250)) == nil)
        #expect(first(heavy, roundTrip: 300, target: .kilobitsPerSecond(100)) == nil)
    }

    @Test func endsAfterTenCalmSeconds() {
        var policy = RepairPolicy()
        let lossy = meter(loss: 0.06, burst: 1)
        func update(_ meter: LossMeter, _ roundTrip: Int, at time: Int) -> Bool {
            policy.update(
                meter, roundTrip: .milliseconds(roundTrip), media: media, target: target,
                at: at(time))
        }
        #expect(update(lossy, 200, at: 0))
        #expect(!update(lossy, 130, at: 1000))
        #expect(!update(lossy, 110, at: 2000))
        #expect(!update(lossy, 110, at: 11_900))
        #expect(!update(lossy, 130, at: 11_950))
        #expect(!update(lossy, 110, at: 12_000))
        #expect(policy.protection != nil)
        #expect(update(lossy, 110, at: 22_000))
        #expect(policy.protection == nil)
        #expect(!update(lossy, 140, at: 23_000))
    }

    /// Whatever the network is said to be like: at most a quarter of the target, within the room that the
    /// picture leaves, and no more than a change a second besides on and off.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func bounds(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var policy = RepairPolicy()
        var meter = LossMeter()
        var (now, changed, isOn) = (0, -10_000, false)
        for _ in 0..<500 {
            now += Int.random(in: 1...300, using: &random)
            let loss = Double.random(in: 0...0.5, using: &random)
            for _ in 0..<Int.random(in: 0...60, using: &random) {
                meter.note(isLost: Double.random(in: 0..<1, using: &random) < loss)
            }
            let media = DataRate(bitsPerSecond: .random(in: -5...5_000_000, using: &random))
            let target = DataRate(bitsPerSecond: .random(in: 0...6_000_000, using: &random))
            let changes = policy.update(
                meter, roundTrip: .milliseconds(Int.random(in: 0...500, using: &random)),
                media: media, target: target, at: at(now))
            guard let protection = policy.protection else {
                isOn = false
                continue
            }
            #expect((1...Limits.repairRows).contains(protection.rows))
            #expect((4...12).contains(protection.columns))
            if changes {
                let added = protection.overhead * Double(media.bitsPerSecond)
                #expect(added <= 0.25 * Double(target.bitsPerSecond) + 1)
                #expect(added <= Double(target.bitsPerSecond - media.bitsPerSecond) + 1)
                if isOn { #expect(now - changed >= 1000) }
                changed = now
            }
            isOn = true
        }
    }
}
