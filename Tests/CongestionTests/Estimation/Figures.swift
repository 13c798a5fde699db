import Foundation

/// Where figures and graphs of the estimation are written, when somebody asks for them:
/// `ESTIMATION_FIGURES=<folder> swift test --filter CongestionTests`.
let figuresFolder = ProcessInfo.processInfo.environment["ESTIMATION_FIGURES"]

/// 20 when the documentation's figures are asked for, which takes five seconds in a release build;
/// fewer otherwise, because a debug build takes many times that.
let seeds: Range<UInt64> = 0..<(figuresFolder == nil ? 4 : 20)

/// What a scenario reached over its seeds: printed for the documentation, when asked for.
func reached(_ what: String, _ values: [Double], bound: String) {
    guard figuresFolder != nil, !values.isEmpty else { return }
    let sorted = values.sorted()
    let figures = [sorted[0], sorted[sorted.count / 2], sorted[sorted.count - 1]]
        .map { String(format: "%.3f", $0) }
    print("REACHED | \(what) | \(bound) | \(figures.joined(separator: " | ")) | \(values.count)")
}

func writeFigure(_ name: String, _ samples: [ViewerSession.Sample]) throws {
    guard let figuresFolder else { return }
    let lines = samples.map {
        "\($0.time),\($0.target),\($0.capacity),\($0.throughput),\($0.queue)"
    }
    let text = "time,target,capacity,throughput,queue\n" + lines.joined(separator: "\n") + "\n"
    try text.write(toFile: "\(figuresFolder)/\(name).csv", atomically: true, encoding: .utf8)
}
