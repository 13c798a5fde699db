import Forwarding
import Foundation
import Primitives
import Testing

/// Where the graph of Docs/layer-allocation.md is written, when somebody asks for it:
/// `ALLOCATION_FIGURES=<folder> swift test --filter AllocationFigures`. Then swings are tried with many
/// more seeds, too.
let figuresFolder = ProcessInfo.processInfo.environment["ALLOCATION_FIGURES"]

/// The story that the page tells: a slow start, more rate, a dip, another layout, a rate that swings.
@Suite struct AllocationFigures {
    private static let story = [
        host(0, shown: full), host(1, shown: half), host(2, shown: thumbnail),
    ]

    private func target(at second: Double) -> Int64 {
        switch second {
        case ..<4: 1000
        case ..<18: 3200
        case ..<26: 900
        case ..<55: 3200
        default: 2300 + 276 * (Int(second / 3) % 2 == 0 ? 1 : -1)
        }
    }

    @Test func story() throws {
        var viewer = WatchingViewer(Self.story)
        var lines = ["time,target,sound,first,second,third"]
        var seen: [[Int]] = []
        for tick in 0..<850 {
            let second = Double(tick) / 10
            if second == 40 {
                viewer.publishers[0].shown = thumbnail
                viewer.publishers[2].shown = full
            }
            let levels = viewer.run(target(at: second))
            if [30, 170, 190, 390, 410, 840].contains(tick) { seen.append(levels) }
            let rates = viewer.allocation.picks.map { "\($0.rate.bitsPerSecond)" }
            let start = "\(second),\(target(at: second) * 1000),\(viewer.sound)"
            lines.append(([start] + rates).joined(separator: ","))
        }
        #expect(
            seen == [[0, 0, 0], [2, 1, 0], [0, 0, 0], [2, 1, 0], [0, 1, 2], [0, 1, 1]])
        guard let figuresFolder else { return }
        try lines.joined(separator: "\n").write(
            toFile: "\(figuresFolder)/story.csv", atomically: true, encoding: .utf8)
    }
}
