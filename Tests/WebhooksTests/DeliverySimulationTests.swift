import Primitives
import Testing

@testable import Webhooks

/// A receiver that fails, stalls, answers 500 and restarts, and a server that crashes: in virtual
/// time, from a seed.
private struct Simulation {
    enum Mood: CaseIterable { case healthy, refusing, stalling, answering500, losingAnswers }

    /// What comes back, when.
    struct Flight {
        var position: Int64
        var endsAt: WallTime
        var outcome: DeliveryOutcome
    }

    var generator: SeededGenerator
    var now = start
    var mood = Mood.healthy
    var queue: DeliveryQueue
    var stored: [QueuedDelivery] = []
    var dead: Set<Int64> = []
    var flights: [Flight] = []
    var received: [Int64] = []
    /// Attempts that the receiver took and the server did not hear of.
    var unheard = 0
    var nextPosition: Int64 = 1
    var stages: [Int64: StageID?] = [:]
    let total: Int

    init(seed: UInt64, messages: Int) {
        generator = SeededGenerator(seed: seed)
        queue = DeliveryQueue(limits: .small)
        total = messages
    }

    mutating func run() {
        var nextMood = now
        var nextMessage = now
        // Troubles end some day; until then time is short.
        let calm = start + .seconds(3_600)
        var steps = 0
        while nextPosition <= total || !stored.isEmpty {
            steps += 1
            guard steps < 200_000 else {
                Issue.record("it does not end")
                return
            }
            if now >= nextMessage, nextPosition <= total {
                happen()
                nextMessage = now + .milliseconds(Int64.random(in: 0...60_000, using: &generator))
            }
            if now >= nextMood {
                mood = now < calm ? Mood.allCases.randomElement(using: &generator)! : .healthy
                nextMood = now + .seconds(Int64.random(in: 1...120, using: &generator))
            }
            if now < calm, Int.random(in: 0..<200, using: &generator) == 0 { crash() }
            land()
            let wakeUp = act()
            let times = [
                wakeUp, flights.map(\.endsAt).min(), nextPosition <= total ? nextMessage : nil,
            ]
            let next = times.compactMap { $0 }.min() ?? now + .seconds(1)
            now = max(now + .milliseconds(1), min(next, nextMood))
        }
    }

    private mutating func happen() {
        let stage = ["a", "b", "c", "d"].randomElement(using: &generator)!
        let count = Int.random(in: 1...10, using: &generator)
        for _ in 0..<count where nextPosition <= total {
            stages[nextPosition] = StageID(stage)
            stored.append(
                QueuedDelivery(position: nextPosition, stage: StageID(stage), happenedAt: now))
            nextPosition += 1
        }
        queue.wake()
    }

    /// The server is killed and starts again: what was under way is not known any more.
    private mutating func crash() {
        unheard += flights.count { $0.outcome == .accepted }
        flights = []
        queue = DeliveryQueue(limits: .small)
    }

    private mutating func land() {
        for flight in flights.filter({ $0.endsAt <= now }) {
            flights.removeAll { $0.position == flight.position }
            let index = stored.firstIndex { $0.position == flight.position }!
            switch queue.finished(flight.position, flight.outcome, at: now, using: &generator) {
            case .delivered: stored.remove(at: index)
            case .bury: dead.insert(stored.remove(at: index).position)
            case .retry:
                stored[index].attempts += 1
                stored[index].lastAttemptAt = now
            case nil: Issue.record("an unknown result")
            }
        }
    }

    private mutating func act() -> WallTime? {
        while true {
            switch queue.next(at: now) {
            case .send(let position): send(position)
            case .wait(let time): return time
            case .read(let position, let limit):
                let behind = stored.filter { $0.position > position }
                _ = queue.take(
                    Array(behind.prefix(limit)), after: position, isLast: behind.count <= limit,
                    at: now, using: &generator)
                #expect(queue.held.count <= queue.limits.held)
            }
        }
    }

    private mutating func send(_ position: Int64) {
        #expect(flights.count < queue.limits.parallel)
        #expect(!flights.contains { stages[$0.position] == stages[position] })
        let quick = now + .milliseconds(Int64.random(in: 1...300, using: &generator))
        switch mood {
        case .healthy:
            received.append(position)
            flights.append(Flight(position: position, endsAt: quick, outcome: .accepted))
        case .refusing, .answering500:
            flights.append(Flight(position: position, endsAt: quick, outcome: .failed()))
        case .stalling:
            flights.append(
                Flight(position: position, endsAt: now + .seconds(10), outcome: .failed()))
        case .losingAnswers:
            received.append(position)
            unheard += 1
            flights.append(
                Flight(position: position, endsAt: now + .seconds(10), outcome: .failed()))
        }
    }
}

@Suite struct DeliverySimulationTests {
    @Test(arguments: 1...40)
    func everyMessageArrivesInOrderWithOnlyTheDocumentedRepeats(seed: Int) {
        var simulation = Simulation(seed: UInt64(seed), messages: 300)
        simulation.run()
        #expect(simulation.dead.isEmpty)
        #expect(Set(simulation.received) == Set(1...300), "every message arrives")
        let stages = Set(simulation.stages.values)
        for stage in stages {
            // Repeats included: nothing comes again once its successor has come.
            let order = simulation.received.filter { simulation.stages[$0] == stage }
            #expect(order == order.sorted(), "in order")
        }
        #expect(simulation.received.count - 300 <= simulation.unheard, "documented repeats only")
    }

    @Test func whatNeverGetsThroughIsBuriedAndDoesNotBlock() {
        var bench = Bench(pending: (1...5).map { QueuedDelivery($0) })
        var buried: [Int64] = []
        var steps = 0
        while !bench.pending.isEmpty, steps < 100_000 {
            steps += 1
            if let position = bench.sendAll().first {
                if bench.finish(position, .failed()) == .bury { buried.append(position) }
            } else if case .wait(let time?) = bench.next() {
                bench.now = time
            }
        }
        #expect(buried == [1, 2, 3, 4, 5])
        #expect(bench.now - start < .seconds(24 * 60 * 60 + 600))
    }
}
