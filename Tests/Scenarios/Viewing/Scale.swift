import Foundation
import Links
import MediaPlane
import Primitives
import Simulation

/// What the scenarios of what viewers see have in common.
enum Scale {
    /// How many seeds a scenario runs: so many that the file takes some seconds, or
    /// `ROSTRUM_SEEDS=2000 swift test -c release -Xswiftc -enable-testing --filter Viewing`.
    static func seeds(_ few: UInt64) -> Range<UInt64> { 1..<1 + (wanted ?? few) }

    static var isWide: Bool { wanted != nil }

    private static let wanted = environment["ROSTRUM_SEEDS"].flatMap(UInt64.init)

    private static var environment: [String: String] { ProcessInfo.processInfo.environment }

    /// Where the course of a run is written for its graph, when somebody asks for it:
    /// `ROSTRUM_FIGURES=<folder> swift test --filter Viewing`.
    static let figures = environment["ROSTRUM_FIGURES"]

    static func write(_ name: String, _ samples: [Sample]) throws {
        guard let figures else { return }
        let lines = samples.map {
            "\($0.time),\($0.estimate),\($0.capacity),\($0.received),\($0.layer),\($0.queue)"
        }
        let head = "time,target,capacity,throughput,layer,queue\n"
        try (head + lines.joined(separator: "\n") + "\n").write(
            toFile: "\(figures)/\(name).csv", atomically: true, encoding: .utf8)
    }

    /// Tables for a few dozen clients: the product's own take a while to make.
    static let capacity = MediaCapacity(peers: 192, streams: 64)

    /// Prints what a figure came to over all seeds.
    static func reached(_ what: String, _ values: [Double], bound: String) {
        guard !values.isEmpty else { return print("REACHED | \(what) | \(bound) | nothing") }
        let sorted = values.sorted()
        let figures = [0, 0.05, 0.5, 0.95, 1].map { share in
            String(format: "%.4g", sorted[Int(share * Double(sorted.count - 1) + 0.5)])
        }
        print(
            "REACHED | \(what) | \(bound) | \(figures.joined(separator: " | ")) | \(sorted.count)")
    }
}

func megabits(_ value: Double) -> DataRate { DataRate(bitsPerSecond: Int64(value * 1e6)) }

/// A moment of a room's time.
func at(_ seconds: Double) -> Instant {
    SimulatedRoom.start + .nanoseconds(Int64(seconds * 1e9))
}

/// Half of a round trip of 50 ms, with 3 ms of jitter and 300 ms of queue.
func path(
    _ schedule: RateSchedule = .constant(megabits(50)),
    _ bottleneck: SimulatedLink.Bottleneck = .delay(.milliseconds(300)),
    loss: LossProcess = .none, jitter: Duration = .milliseconds(3), seed: UInt64
) -> SimulatedLink {
    SimulatedLink(
        schedule, bottleneck: bottleneck, propagation: .milliseconds(25),
        jitter: SimulatedLink.Jitter(maximum: jitter), loss: loss, seed: seed)
}

extension RateSchedule {
    /// The same, from the beginning of a room's time on.
    var inARoom: RateSchedule {
        RateSchedule(
            steps.map {
                Step(start: SimulatedRoom.start + ($0.start - Instant.zero), rate: $0.rate)
            })
    }
}

/// What one look at a viewer shows: rates in Mbit/s, the queue in milliseconds.
struct Sample {
    var time: Double
    var estimate: Double
    var capacity: Double
    var received: Double
    /// The rate of the layer that is shown.
    var layer: Double
    var queue: Double
}

extension Array where Element == Sample {
    func between(_ start: Double, _ end: Double) -> [Sample] {
        filter { $0.time >= start && $0.time < end }
    }

    func quantile(_ share: Double, _ value: (Sample) -> Double) -> Double {
        let sorted = map(value).sorted()
        return sorted.isEmpty ? 0 : sorted[Int(share * Double(sorted.count - 1) + 0.5)]
    }

    func mean(_ value: (Sample) -> Double) -> Double {
        map(value).mean
    }

    /// For how long from `start` on something did not hold; infinity when it never did.
    func wait(from start: Double, until holds: (Sample) -> Bool) -> Double {
        first { $0.time >= start && holds($0) }.map { $0.time - start } ?? .infinity
    }
}

extension SimulatedRoom {
    /// Looks at a viewer every 20 ms while time passes.
    mutating func watch(
        _ viewer: Int, of script: HostScript, over link: Int, seconds: Double,
        _ turn: (inout SimulatedRoom) -> Void = { $0.run(milliseconds: 20) }
    ) -> [Sample] {
        var samples: [Sample] = []
        var before = bytesReceived(by: viewer)
        for _ in 0..<Int(seconds * 50) {
            turn(&self)
            let bytes = bytesReceived(by: viewer)
            let layer = picture(of: viewer).frames.last.map { Int($0.layer) }
            samples.append(
                Sample(
                    time: (now - Self.start).seconds,
                    estimate: Double(estimate(of: viewer)?.bitsPerSecond ?? 0) / 1e6,
                    capacity: Double(self.link(link).rate(at: now).bitsPerSecond) / 1e6,
                    received: Double(bytes - before) * 8 / 0.02 / 1e6,
                    layer: layer.map { Double(script.layers[$0].rate.bitsPerSecond) / 1e6 } ?? 0,
                    queue: self.link(link).queueDelay(at: now).milliseconds))
            before = bytes
        }
        return samples
    }

    mutating func run(seconds: Double) { run(milliseconds: Int(seconds * 1000)) }

    /// Of the frames that a host sent between two moments, the share that a viewer could show within `limit`
    /// of the way's own delay.
    func shareInTime(
        _ figures: PictureFigures, from host: Int, layer: Int = 0, between start: Instant,
        and end: Instant, within limit: Duration
    ) -> Double {
        let sent = framesSent(by: host, layer: layer).filter { $0.value >= start && $0.value < end }
        let shown = figures.frames.count {
            $0.host == UInt8(host) && $0.layer == UInt8(layer) && sent[$0.number] != nil
                && $0.delay <= limit
        }
        return sent.isEmpty ? 1 : Double(shown) / Double(sent.count)
    }
}

extension [Double] {
    var mean: Double { isEmpty ? 0 : reduce(0, +) / Double(count) }
    var median: Double { isEmpty ? 0 : sorted()[count / 2] }
}
