import MediaPlane
import Primitives
import Testing

@Suite struct SendScheduleTests {
    private let start = Instant(nanoseconds: 1_000_000_000)

    private func after(_ microseconds: Int) -> Instant { start + .microseconds(microseconds) }

    @Test func takesViewersInTheOrderInWhichTheyCame() {
        var schedule = SendSchedule(peers: 8)
        for viewer in [3, 1, 7] { schedule.enter(track: 0, of: viewer, at: start) }
        schedule.enter(track: 2, of: 3, at: start)
        #expect(schedule.soonest == start)
        let taken = [schedule.pop(at: start), schedule.pop(at: start), schedule.pop(at: start)]
        #expect(taken == [3, 1, 7])
        #expect(schedule.tracks(of: 3) == 0b101)
        #expect(schedule.pop(at: start) == nil && schedule.soonest == nil)
    }

    @Test func whoIsHeldIsNotTakenBefore() {
        var schedule = SendSchedule(peers: 8)
        schedule.enter(track: 0, of: 1, holdingUntil: after(3000), at: start)
        #expect(schedule.pop(at: after(2999)) == nil)
        #expect(schedule.soonest == after(3000))
        #expect(schedule.heldUntil(1) == after(3000))
        #expect(schedule.pop(at: after(3000)) == 1)
    }

    @Test func whoIsHeldAndGetsMoreIsTakenAtOnceWithBoth() {
        var schedule = SendSchedule(peers: 8)
        schedule.enter(track: 0, of: 1, holdingUntil: after(5000), at: start)
        schedule.enter(track: 0, of: 2, holdingUntil: after(5000), at: start)
        schedule.enter(track: 1, of: 1, at: after(1000))
        #expect(schedule.pop(at: after(1000)) == 1)
        #expect(schedule.tracks(of: 1) == 0b11)
        #expect(schedule.pop(at: after(1000)) == nil)
        // A wait that has begun is not made longer by another one.
        schedule.enter(track: 3, of: 2, holdingUntil: after(9000), at: after(4000))
        #expect(schedule.pop(at: after(5000)) == 2)
    }

    @Test func whatIsLeftIsKeptForTheNextTurn() {
        var schedule = SendSchedule(peers: 8)
        schedule.enter(track: 4, of: 1, at: start)
        _ = schedule.pop(at: start)
        schedule.settle(1, leaving: 1 << 4)
        schedule.hold(1, until: after(2000), at: start)
        #expect(schedule.pop(at: after(1000)) == nil)
        #expect(schedule.pop(at: after(2000)) == 1)
        #expect(schedule.tracks(of: 1) == 1 << 4)
    }

    @Test func whoIsForgottenIsNotTaken() {
        var schedule = SendSchedule(peers: 8)
        for viewer in 0..<5 { schedule.enter(track: 0, of: viewer, at: start) }
        for viewer in [0, 2, 4] { schedule.forget(viewer) }
        let taken = [schedule.pop(at: start), schedule.pop(at: start)]
        #expect(taken == [1, 3] && schedule.soonest == nil)
        #expect(schedule.tracks(of: 2) == 0)
    }

    /// Against a plain list: each is taken once, never early, and at most a slot late.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func takesWhatAListWouldTake(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var schedule = SendSchedule(peers: 64)
        var due: [Int: Instant] = [:]
        var now = start
        for _ in 0..<5000 {
            now = now + .nanoseconds(Int64.random(in: 0..<400_000, using: &random))
            let viewer = Int.random(in: 0..<64, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0:
                schedule.enter(track: 0, of: viewer, at: now)
                due[viewer] = min(now, due[viewer] ?? now)
            case 1, 2, 3:
                let moment = now + .microseconds(Int.random(in: 0..<6000, using: &random))
                schedule.enter(track: 0, of: viewer, holdingUntil: moment, at: now)
                due[viewer] = due[viewer] ?? moment
            case 4:
                schedule.forget(viewer)
                due[viewer] = nil
            default:
                while let taken = schedule.pop(at: now) {
                    let wanted = due.removeValue(forKey: taken)
                    #expect(wanted.map { $0 <= now } == true)
                }
                let slot = Duration.nanoseconds(SendSchedule.slot)
                #expect(!due.values.contains { $0 + slot + slot <= now })
                #expect((schedule.soonest == nil) == due.isEmpty)
            }
        }
    }

    @Test func whoWaitsLongerThanTheWheelIsLookedAtBefore() {
        var schedule = SendSchedule(peers: 2)
        schedule.enter(track: 0, of: 1, holdingUntil: after(1_000_000), at: start)
        let soonest = schedule.soonest
        #expect(soonest.map { $0 > start && $0 < after(20_000) } == true)
        #expect(schedule.pop(at: after(20_000)) == 1)
    }
}
