import Forwarding
import Primitives
import RTP
import Testing

@Suite struct NackGeneratorTests {
    private let start = Instant(nanoseconds: 1_000_000_000)

    private func asked(
        _ nacks: inout NackGenerator, after milliseconds: Int, _ roundTrip: Duration? = nil
    ) -> [UInt16] {
        var list: [SequenceNumber] = []
        nacks.collect(at: start + .milliseconds(milliseconds), roundTrip: roundTrip, into: &list)
        return list.map(\.rawValue)
    }

    @Test func asksAfterTheReorderingToleranceAndThenEachRoundTrip() {
        var nacks = NackGenerator()
        let observed = [10, 13].map { nacks.observe($0, at: start) }
        #expect(observed == [.inOrder, .afterHole])
        #expect(nacks.wakeup == start + .milliseconds(10))
        let first = [9, 10, 49].map { asked(&nacks, after: $0) }
        #expect(first == [[], [11, 12], []])
        let second = asked(&nacks, after: 50, .milliseconds(200))
        #expect(second == [11, 12])
        let third = [249, 250].map { asked(&nacks, after: $0) }
        #expect(third == [[], [11, 12]])
        let recovered = [11, 11].map { nacks.observe($0, at: start) }
        #expect(recovered == [.recovered, .late])
        let late = [999, 1000].map { asked(&nacks, after: $0) }
        #expect(late == [[12], []])
        #expect(nacks.missingCount == 0 && nacks.wakeup == nil)
    }

    @Test func asksAtMostTenTimes() {
        var nacks = NackGenerator()
        _ = nacks.observe(1, at: start)
        _ = nacks.observe(3, at: start)
        let count = (0..<900).count { asked(&nacks, after: $0) == [2] }
        #expect(count == Limits.nackAttempts)
    }
}

@Suite struct KeyframeRequesterTests {
    @Test func asksOnceInHalfASecondUntilOneComes() {
        let start = Instant(nanoseconds: 1_000_000_000)
        var requester = KeyframeRequester()
        func take(_ milliseconds: Int) -> Bool {
            requester.takeRequest(at: start + .milliseconds(milliseconds))
        }
        let idle = take(0)
        requester.want()
        let wanted = [0, 1, 499, 500, 999, 1000].map { take($0) }
        requester.keyframeStarted()
        let served = take(2000)
        #expect(!idle && !served)
        #expect(wanted == [true, false, false, true, false, true])
    }
}

/// Loss and jitter as RFC 3550's appendices A.3 and A.8 count them.
@Suite struct ReceptionStatisticsTests {
    private let start = Instant(nanoseconds: 1_000_000_000)

    @Test func lossIsExpectedLessReceived() throws {
        var statistics = ReceptionStatistics(clockRate: 90_000)
        let none = statistics.report(for: SSRC(1), lastSR: 0, delaySinceLastSR: 0)
        #expect(none == nil)
        // 100...109 with 103 and 107 lost: 2 of 10, 2 * 256 / 10 = 51.
        for sequence in Int64(100)...109 where sequence != 103 && sequence != 107 {
            statistics.count(65_536 + sequence, timestamp: RTPTimestamp(0), at: start)
        }
        let first = try must(statistics.report(for: SSRC(1), lastSR: 3, delaySinceLastSR: 4))
        #expect(first.fractionLost == 51)
        #expect(first.cumulativeLost == 2)
        #expect(first.extendedHighest == 109)
        #expect(first.lastSR == 3 && first.delaySinceLastSR == 4)
        // Nothing lost since, and one of the lost came: the fraction is not negative.
        for sequence in [Int64(110), 103] {
            statistics.count(65_536 + sequence, timestamp: RTPTimestamp(0), at: start)
        }
        let second = try must(statistics.report(for: SSRC(1), lastSR: 0, delaySinceLastSR: 0))
        #expect(second.fractionLost == 0)
        #expect(second.cumulativeLost == 1)
    }

    @Test func jitterIsASixteenthOfEachChange() throws {
        var statistics = ReceptionStatistics(clockRate: 8000)
        // Sent each 20 ms (160 units); the second comes 10 ms late: transit +80, then -80.
        let arrivals = [0, 30, 40]
        for (index, arrival) in arrivals.enumerated() {
            statistics.count(
                65_536 + Int64(index), timestamp: RTPTimestamp(UInt32(index) * 160),
                at: start + .milliseconds(arrival))
        }
        // Scaled by 16: 0 + 80 - 0 = 80; then 80 + 80 - ((80 + 8) >> 4 = 5) = 155; 155 >> 4 = 9.
        let report = try must(statistics.report(for: SSRC(1), lastSR: 0, delaySinceLastSR: 0))
        #expect(report.jitter == 9)
    }
}

@Suite struct SlotMapTests {
    @Test func whoWaitsLongestGetsTheFreedSlot() {
        var map = SlotMap<String>(count: 2)
        let placed = ["a", "b", "c", "d", "a"].map { map.insert($0) }
        #expect(placed == [0, 1, nil, nil, 0])
        let freed = map.remove("a")
        #expect(freed?.slot == 0 && freed?.successor == "c")
        let waiting = map.remove("d")
        #expect(waiting == nil)
        let last = map.remove("b")
        #expect(last?.slot == 1 && last?.successor == nil)
        #expect(map.slots == ["c", nil])
    }
}

@Suite struct HighestLayerTests {
    private func layer(_ stream: Int, _ pixels: Int, _ rate: Int64, active: Bool = true)
        -> LayerCandidate
    {
        LayerCandidate(
            stream: stream, isActive: active, pixels: pixels,
            rate: DataRate(bitsPerSecond: rate))
    }

    @Test func choosesTheMostPixelsThatArrive() {
        let policy = HighestLayer()
        let layers = [layer(1, 100, 9), layer(2, 400, 1), layer(3, 900, 5, active: false)]
        #expect(policy.choose(among: layers, current: 1) == 2)
        #expect(policy.choose(among: [layer(1, 0, 5), layer(2, 0, 7)], current: nil) == 2)
        #expect(policy.choose(among: [layer(1, 0, 5), layer(2, 0, 7)], current: 1) == 1)
        let silent = [layer(1, 100, 0, active: false)]
        #expect(policy.choose(among: silent, current: nil) == 1)
        #expect(policy.choose(among: silent, current: 1) == nil)
    }
}
