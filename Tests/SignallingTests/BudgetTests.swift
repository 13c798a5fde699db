import Primitives
import Testing

@testable import Signalling

@Suite struct BudgetTests {
    private func legs(
        _ host: Int?, _ server: Int?, _ viewer: Int?, _ buffer: Int?
    ) -> LatencyLegs {
        func duration(_ value: Int?) -> Duration? { value.map { .milliseconds($0) } }
        return LatencyLegs(
            hostToServer: duration(host), server: duration(server),
            serverToViewer: duration(viewer), jitterBuffer: duration(buffer))
    }

    @Test func totalIsOfWhatIsKnown() {
        #expect(legs(nil, nil, nil, nil).total == nil)
        #expect(legs(nil, 2, nil, 40).total == .milliseconds(42))
        #expect(legs(10, 2, 20, 40).total == .milliseconds(72))
    }

    @Test func blameIsTheLegThatCostsMost() {
        #expect(legs(200, 1, 60, 39).blame == nil, "300 ms are within the budget")
        #expect(legs(200, 1, 60, 40).blame == .hostToServer)
        #expect(legs(nil, 1, 60, 400).blame == .jitterBuffer)
        #expect(legs(nil, 301, nil, nil).blame == .server)
        #expect(legs(10, 151, 151, 10).blame == .server, "the earlier of two")
    }

    @Test func tallyOfNobody() {
        var tally = BudgetTally()
        tally.add(legs(nil, nil, nil, nil), of: ParticipantID("v"))
        #expect(tally.report == BudgetReport())
    }

    @Test func aViewerCountsOnceWithItsSlowestSession() {
        var tally = BudgetTally()
        tally.add(legs(10, 1, 10, 10), of: ParticipantID("v"))
        tally.add(legs(10, 1, 400, 10), of: ParticipantID("v"))
        tally.add(legs(10, 1, 20, 10), of: ParticipantID("v"))
        let report = tally.report
        #expect(report.viewers == 1)
        #expect(report.median == .milliseconds(421))
        #expect(report.blame == [.serverToViewer: 1])
    }

    @Test func percentilesAreOfTheNearestRank() {
        var tally = BudgetTally()
        for index in 1...100 {
            tally.add(
                legs(0, 0, index * 4, 0), of: ParticipantID("v\(index)"),
                framesPerSecond: index.isMultiple(of: 2) ? Double(index) : nil)
        }
        let report = tally.report
        #expect(report.viewers == 100)
        #expect(report.median == .milliseconds(200))
        #expect(report.p95 == .milliseconds(380))
        #expect(report.overBudget == 25)
        #expect(report.blame == [.serverToViewer: 25])
        #expect(report.framesPerSecond == 50)
    }

    /// Whatever viewers are like: counts add up, and a percentile is one of the totals.
    @Test func countsAddUp() {
        var choices = SeededGenerator(seed: 7)
        for _ in 0..<200 {
            var tally = BudgetTally()
            func leg() -> Int? {
                Bool.random(using: &choices) ? Int.random(in: 0...500, using: &choices) : nil
            }
            for _ in 0..<Int.random(in: 0...40, using: &choices) {
                let viewer = Int.random(in: 0...20, using: &choices)
                tally.add(legs(leg(), leg(), leg(), leg()), of: ParticipantID("v\(viewer)"))
            }
            let report = tally.report
            #expect(report.blame.values.reduce(0, +) == report.overBudget)
            #expect(report.overBudget <= report.viewers)
            #expect((report.median == nil) == (report.viewers == 0))
            if let median = report.median, let p95 = report.p95 { #expect(median <= p95) }
        }
    }
}
