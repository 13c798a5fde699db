import Primitives
import Testing

@testable import Webhooks

@Suite struct DeliveryQueueTests {
    @Test func oneStageGoesOneByOne() {
        var bench = Bench(pending: [.init(1), .init(2)])
        #expect(bench.sendAll() == [1])
        #expect(bench.finish(1, .accepted) == .delivered)
        #expect(bench.sendAll() == [2])
        #expect(bench.finish(2, .accepted) == .delivered)
        #expect(bench.next() == .wait(until: nil))
        #expect(bench.queue.backlog == 0)
    }

    @Test func stagesGoSideBySideUpToTheBound() {
        var bench = Bench(pending: [.init(1, "a"), .init(2, "b"), .init(3, "c")])
        #expect(bench.sendAll() == [1, 2])
        #expect(bench.finish(2, .accepted) == .delivered)
        #expect(bench.sendAll() == [3])
    }

    @Test func aFailureHoldsItsStageOnly() throws {
        var bench = Bench(pending: [.init(1, "a"), .init(2, "a"), .init(3, "b")])
        #expect(bench.sendAll() == [1, 3])
        guard case .retry(let time)? = bench.finish(1, .failed()) else {
            Issue.record("it is tried again")
            return
        }
        #expect(time >= start && time <= start + .seconds(1))
        #expect(bench.finish(3, .accepted) == .delivered)
        bench.now = time + .milliseconds(-1)
        #expect(bench.next() == .wait(until: time))
        bench.now = time
        #expect(bench.sendAll() == [1])
    }

    @Test func delaysDoubleUpToTheMaximum() {
        let limits = DeliveryLimits()
        #expect(limits.longestDelay(afterAttempts: 1) == .seconds(1))
        #expect(limits.longestDelay(afterAttempts: 2) == .seconds(2))
        #expect(limits.longestDelay(afterAttempts: 9) == .seconds(256))
        #expect(limits.longestDelay(afterAttempts: 10) == .seconds(300))
        #expect(limits.longestDelay(afterAttempts: .max) == .seconds(300))
    }

    @Test func delaysAreDrawnFromTheWholeRange() {
        var generator = SeededGenerator(seed: 7)
        let delays = (0..<1_000).map { _ in
            DeliveryLimits().drawDelay(afterAttempts: 4, using: &generator)
        }
        #expect(delays.allSatisfy { $0 >= .zero && $0 <= .seconds(8) })
        #expect(delays.contains { $0 < .seconds(1) } && delays.contains { $0 > .seconds(7) })
    }

    @Test func theReceiverMayAskForMoreTimeWithinBounds() {
        var bench = Bench(pending: [.init(1, "a"), .init(2, "b")])
        _ = bench.sendAll()
        #expect(
            bench.finish(1, .failed(retryAfter: .seconds(100)))
                == .retry(at: start + .seconds(100)))
        #expect(
            bench.finish(2, .failed(retryAfter: .seconds(86_400)))
                == .retry(at: start + .seconds(300)))
    }

    @Test func whatIsGoneIsBuriedAndTheNextGoesOn() {
        var bench = Bench(pending: [.init(1), .init(2)])
        _ = bench.sendAll()
        #expect(bench.finish(1, .gone) == .bury)
        #expect(bench.sendAll() == [2])
    }

    @Test func anOldMessageIsGivenUpAfterAFewAttempts() {
        var bench = Bench(pending: [.init(1), .init(2)])
        bench.now = start + .seconds(24 * 60 * 60)
        for _ in 0..<2 {
            #expect(bench.sendAll() == [1])
            guard case .retry(let time)? = bench.finish(1, .failed()) else {
                Issue.record("it has three attempts")
                return
            }
            bench.now = time
        }
        #expect(bench.sendAll() == [1])
        #expect(bench.finish(1, .failed()) == .bury)
        #expect(bench.sendAll() == [2])
    }

    @Test func attemptsHaveABound() {
        var limits = DeliveryLimits.small
        limits.maximumAttempts = 2
        var bench = Bench(limits, pending: [.init(1)])
        _ = bench.sendAll()
        _ = bench.finish(1, .failed())
        bench.now = start + .seconds(1)
        _ = bench.sendAll()
        #expect(bench.finish(1, .failed()) == .bury)
    }

    @Test func aRestartGoesOnWithTheBackoff() {
        let last = start + .seconds(-1)
        var bench = Bench(pending: [.init(1, attempts: 9, last: last), .init(2)])
        guard case .wait(let time?) = bench.next() else {
            Issue.record("it waits")
            return
        }
        #expect(time > start && time <= last + .seconds(256))
        bench.now = time
        #expect(bench.sendAll() == [1])
    }

    @Test func aClockThatWasSetBackDelaysByTheMaximumAtMost() {
        let future = start + .seconds(1_000_000)
        var bench = Bench(pending: [.init(1, attempts: 1, last: future)])
        #expect(bench.next() == .wait(until: start + .seconds(300)))
    }

    @Test func anUnknownResultIsIgnored() {
        var bench = Bench(pending: [.init(1)])
        #expect(bench.finish(1, .accepted) == nil)
        #expect(bench.next() == .send(position: 1))
        #expect(bench.finish(2, .accepted) == nil)
        #expect(bench.finish(1, .accepted) == .delivered)
        #expect(bench.finish(1, .accepted) == nil)
    }
}

@Suite struct DeliveryReadingTests {
    @Test func aDeepStageLeavesRoomForTheOthers() {
        let deep = (1...40).map { QueuedDelivery(Int64($0), "a") }
        var bench = Bench(pending: deep + [.init(41, "b")])
        #expect(bench.sendAll() == [1, 41])
        #expect(bench.queue.held.count == 4)
        #expect(bench.queue.backlog == 41)
    }

    @Test func whatWasSkippedComesInOrder() {
        let deep = (1...40).map { QueuedDelivery(Int64($0), "a") }
        var bench = Bench(pending: deep)
        var order: [Int64] = []
        while let position = bench.sendAll().first {
            order.append(position)
            _ = bench.finish(position, .accepted)
            #expect(bench.queue.held.count <= bench.queue.limits.held)
        }
        #expect(order == Array(1...40))
        #expect(bench.pending.isEmpty && bench.queue.backlog == 0 && bench.queue.lanes.isEmpty)
    }

    @Test func newOnesAreReadWhenWoken() {
        var bench = Bench(pending: [.init(1)])
        #expect(bench.sendAll() == [1])
        bench.pending.append(.init(2, "b"))
        #expect(bench.next() == .wait(until: nil))
        bench.queue.wake()
        #expect(bench.sendAll() == [2])
    }

    @Test func aResetFindsWhatIsPendingAgain() {
        var bench = Bench(pending: [.init(5, "a"), .init(6, "b")])
        #expect(bench.sendAll() == [5, 6])
        _ = bench.finish(6, .accepted)
        bench.pending = [.init(2, "b"), .init(3, "a")] + bench.pending
        bench.queue.reset()
        #expect(bench.sendAll() == [2])
        _ = bench.finish(5, .accepted)
        #expect(bench.sendAll() == [3])
    }

    @Test func messagesWithoutAStageAreReadToo() {
        var bench = Bench(pending: [.init(position: 1, stage: nil, happenedAt: start)])
        #expect(bench.sendAll() == [1])
        #expect(bench.finish(1, .accepted) == .delivered)
    }

    /// A lane that is nearly full must not take from a page that begins behind its skipped ones.
    @Test func noPageOvertakesWhatWasSkippedBeforeIt() {
        var pending: [QueuedDelivery] = []
        for position in Int64(1)...60 {
            pending.append(.init(position, ["a", "b", "c"][Int(position * position % 7 % 3)]))
        }
        for seed in UInt64(1)...50 {
            var bench = Bench(pending: pending)
            bench.generator = SeededGenerator(seed: seed)
            var order: [StageID?: [Int64]] = [:]
            var flying: [Int64] = []
            while true {
                flying += bench.sendAll()
                guard let index = flying.indices.randomElement(using: &bench.generator) else {
                    break
                }
                let position = flying.remove(at: index)
                order[pending[Int(position) - 1].stage, default: []].append(position)
                _ = bench.finish(position, .accepted)
            }
            #expect(order.values.reduce(0) { $0 + $1.count } == 60)
            #expect(order.values.allSatisfy { $0 == $0.sorted() })
        }
    }
}
