import Forwarding
import Primitives
import RTP
import Testing

/// Which layers hosts are to send, without any worker.
@Suite struct LayerDemandTests {
    private let start = Instant(nanoseconds: 1_000_000_000)
    private let low = LayerSet(place: 0)
    private let high = LayerSet(place: 2)
    private let all: LayerSet = [LayerSet(place: 0), LayerSet(place: 1), LayerSet(place: 2)]

    @Test func whatNobodyWatchesIsHeldAfterAWhile() {
        var demand = LayerDemand()
        var heldAt: Int?
        for second in 0...12 {
            let change = demand.advance(
                watched: [low], arriving: all, canHold: true, at: start + .seconds(second))
            if !change.held.isEmpty { heldAt = heldAt ?? second }
        }
        #expect(heldAt == 5)
        #expect(demand.held == all.subtracting(low))
    }

    @Test func whatIsWantedAgainIsResumedInThatRun() {
        var demand = LayerDemand()
        hold(&demand, all)
        let change = demand.advance(
            watched: [high], arriving: [], canHold: true, at: start + .seconds(20))
        #expect(change == LayerDemand.Change(resumed: high))
        #expect(demand.held == all.subtracting(high))
    }

    @Test func lookingAwayForAMomentHoldsNothing() {
        var demand = LayerDemand()
        for tick in 0..<1200 {
            let watched: LayerSet = tick % 40 < 20 ? all : low
            let change = demand.advance(
                watched: watched, arriving: all, canHold: true,
                at: start + .milliseconds(tick * 100))
            #expect(change.isEmpty)
        }
    }

    /// A layer that does not come costs nothing: its host may send it again when it can.
    @Test func whatDoesNotArriveIsNotHeld() {
        var demand = LayerDemand()
        for second in 0...20 {
            let change = demand.advance(
                watched: [low], arriving: [low], canHold: true, at: start + .seconds(second))
            #expect(change.isEmpty)
        }
        // The time counts from when it comes.
        let change = demand.advance(
            watched: [low], arriving: all, canHold: true, at: start + .seconds(21))
        #expect(change.isEmpty)
    }

    @Test func aHostThatIsNotToldAnyMoreSendsEverything() {
        var demand = LayerDemand()
        hold(&demand, all)
        let change = demand.advance(
            watched: [], arriving: [], canHold: false, at: start + .seconds(20))
        #expect(change.resumed == all && demand.held.isEmpty)
        for second in 21...40 {
            let change = demand.advance(
                watched: [], arriving: all, canHold: false, at: start + .seconds(second))
            #expect(change.isEmpty)
        }
    }

    /// Whatever happens: what is watched is never held, what is resumed was held, and nothing is held that
    /// was watched in the last five seconds.
    @Test(arguments: 0..<200) func anything(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var demand = LayerDemand()
        var now = start
        var lastWatched = [start, start, start]
        for _ in 0..<400 {
            now = now + .milliseconds(Int.random(in: 1...2000, using: &random))
            let watched = LayerSet(rawValue: UInt8.random(in: 0...7, using: &random))
                .intersection(LayerSet(rawValue: UInt8.random(in: 0...7, using: &random)))
            let before = demand.held
            let change = demand.advance(
                watched: watched,
                arriving: LayerSet(rawValue: UInt8.random(in: 0...7, using: &random) | 3),
                canHold: Int.random(in: 0..<40, using: &random) > 0, at: now)
            #expect(demand.held.isDisjoint(with: watched))
            #expect(before.isSuperset(of: change.resumed))
            #expect(before.isDisjoint(with: change.held))
            for place in 0..<3 {
                if watched.has(place) { lastWatched[place] = now }
                guard change.held.has(place) else { continue }
                #expect(now - lastWatched[place] >= Limits.unwatchedPatience)
            }
        }
    }

    private func hold(_ demand: inout LayerDemand, _ layers: LayerSet) {
        for second in 0...10 {
            _ = demand.advance(
                watched: [], arriving: layers, canHold: true, at: start + .seconds(second))
        }
    }
}

@Suite struct HeldLayerTests {
    private let start = Instant(nanoseconds: 1_000_000_000)

    private func layer() -> HeldLayer {
        HeldLayer(
            place: 2, ssrc: SSRC(1), rate: .kilobitsPerSecond(1500), pixels: 921_600,
            framesPerSecond: 30, heldAt: start)
    }

    @Test func itCountsAsThereUntilItIsBack() {
        var layer = layer()
        #expect(layer.advance(.held, arrives: false, at: start + .seconds(60)) == .waits)
        #expect(layer.isExpected && layer.isKnown(arrives: false, at: start + .seconds(60)))
        layer.phase = .resumed(start + .seconds(60))
        #expect(layer.advance(.resumed, arrives: true, at: start + .seconds(61)) == .waits)
        #expect(layer.isExpected)
        // Its keyframe.
        #expect(layer.advance(.none, arrives: true, at: start + .seconds(61)) == .waits)
        #expect(!layer.isExpected && layer.isKnown(arrives: true, at: start + .seconds(62)))
        #expect(layer.advance(.none, arrives: true, at: start + .seconds(63)) == .isOver)
    }

    @Test func whatDoesNotComeBackHasStopped() {
        var layer = layer()
        layer.phase = .resumed(start)
        #expect(layer.advance(.resumed, arrives: false, at: start + .seconds(3)) == .waits)
        #expect(layer.advance(.resumed, arrives: false, at: start + .seconds(4)) == .hasFailed)
        // One that comes without a keyframe is there.
        #expect(layer.advance(.resumed, arrives: true, at: start + .seconds(4)) == .isOver)
    }

    @Test func aHostThatGoesOnIsMeasured() {
        let layer = layer()
        #expect(layer.isKnown(arrives: true, at: start + .seconds(1)))
        #expect(!layer.isKnown(arrives: true, at: start + .seconds(3)))
    }
}
