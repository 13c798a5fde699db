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
    private let start = Instant(nanoseconds: 1_000_000_000)

    @Test func asksOnceInHalfASecondUntilOneComes() {
        var requester = KeyframeRequester()
        func take(_ milliseconds: Int) -> Bool {
            requester.takeRequest(isActive: true, at: start + .milliseconds(milliseconds))
                == .request
        }
        let idle = take(0)
        requester.want()
        let wanted = [0, 1, 499, 500, 999, 1000].map { take($0) }
        requester.keyframeStarted()
        let served = take(2000)
        #expect(!idle && !served)
        #expect(wanted == [true, false, false, true, false, true])
    }

    @Test func aSilentLayerIsAskedABoundedNumberOfTimes() {
        var requester = KeyframeRequester()
        requester.want()
        func take(_ number: Int, isActive: Bool) -> KeyframeRequester.Answer {
            requester.takeRequest(isActive: isActive, at: start + .milliseconds(500 * number))
        }
        // While it flows it is asked as long as it takes, and that does not count.
        let flowing = (0..<50).map { take($0, isActive: true) }
        #expect(flowing.allSatisfy { $0 == .request })
        let silent = (50..<50 + Limits.keyframeAttempts + 2).map { take($0, isActive: false) }
        #expect(silent.prefix(Limits.keyframeAttempts).allSatisfy { $0 == .request })
        #expect(silent.suffix(2) == [.abandoned, .nothing])
        #expect(requester.wakeup == nil)
        requester.want()
        let again = take(100, isActive: false)
        #expect(again == .request)
    }
}

@Suite struct ResendBudgetTests {
    private let start = Instant(nanoseconds: 1_000_000_000)
    private let burst = Int64(Limits.resendBurst)

    @Test func aPacketIsSentAgainOnceARoundTrip() {
        var budget = ResendBudget()
        func admit(_ sequence: Int64, _ milliseconds: Int) -> ResendBudget.Outcome {
            budget.admit(
                sequence, at: start + .milliseconds(milliseconds), roundTrip: .milliseconds(80),
                sent: 0)
        }
        let outcomes = [admit(7, 0), admit(7, 79), admit(8, 79), admit(7, 80)]
        #expect(outcomes == [.admitted, .repeated, .admitted, .admitted])
        // The packet whose place it would take was sent again just now, and is remembered.
        let collision = [admit(8 + burst, 90), admit(8, 90), admit(8 + burst, 159)]
        #expect(collision == [.exhausted, .repeated, .admitted])
    }

    @Test func theBudgetIsABurstAndThenWhatIsForwarded() {
        var budget = ResendBudget()
        var now = start
        func admitted(of count: Int64, from first: Int64, sent: UInt32) -> Int {
            now = now + .seconds(1)
            return (first..<first + count).count {
                budget.admit($0, at: now, roundTrip: nil, sent: sent) == .admitted
            }
        }
        let counts = [
            admitted(of: 1024, from: 0, sent: 1000), admitted(of: 1024, from: 0, sent: 1000),
            admitted(of: 1024, from: 0, sent: 1003),
            admitted(of: 1024, from: 0, sent: 1_000_000),
        ]
        #expect(counts == [Int(burst), 0, 3, Int(burst)])
    }

    @Test func theCountOfForwardedPacketsMayWrap() {
        var budget = ResendBudget()
        for number in 0..<burst {
            _ = budget.admit(number, at: start, roundTrip: nil, sent: .max)
        }
        let used = budget.admit(burst, at: start + .seconds(1), roundTrip: nil, sent: .max)
        let earned = budget.admit(burst, at: start + .seconds(1), roundTrip: nil, sent: 1)
        #expect(used == .exhausted && earned == .admitted)
    }
}

@Suite struct NetworkMeterTests {
    private let start = Instant(nanoseconds: 1_000_000_000)

    @Test(
        "an echo gives the round trip when it can be true",
        arguments: [
            (65_536, 0, 65_536 + 6554, 100.0), (65_536, 6554, 65_536 + 13_108, 100),
            (65_536, 700, 65_536 + 100, 0), (65_536, 2000, 65_536, nil), (0, 0, 65_536, nil),
            (.max, 0, 655, 10), (65_536, 0, 12 * 65_536, nil), (1, .max, 0, 0),
        ] as [(UInt32, UInt32, UInt32, Double?)])
    func echoes(last: UInt32, held: UInt32, now: UInt32, milliseconds: Double?) throws {
        var meter = NetworkMeter(at: start)
        meter.noteEcho(of: last, held: held, at: now)
        #expect((meter.roundTrip == nil) == (milliseconds == nil))
        if let milliseconds {
            #expect(abs(try #require(meter.roundTrip).milliseconds - milliseconds) < 0.05)
        }
    }

    @Test func aWindowWithoutPacketsKeepsTheLastShare() {
        var meter = NetworkMeter(at: start)
        meter.closeWindow()
        #expect(meter.fractionLost == nil)
        meter.count(expected: 60, lost: 6)
        meter.count(expected: 40, lost: -9)
        meter.count(expected: -5, lost: 3)
        meter.closeWindow()
        #expect(meter.fractionLost == 0.06)
        meter.closeWindow()
        #expect(meter.fractionLost == 0.06)
    }

    @Test func silenceEndsWithASignOfLife() {
        var meter = NetworkMeter(at: start)
        #expect(!meter.isSilent(at: start + .milliseconds(7999)))
        #expect(meter.isSilent(at: start + .seconds(8)))
        meter.noteHeard(at: start + .seconds(9))
        #expect(!meter.isSilent(at: start + .seconds(10)))
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
