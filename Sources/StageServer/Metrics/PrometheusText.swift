/// Collects metrics in Prometheus' text format 0.0.4: each with its help and type in front.
package struct PrometheusText: Sendable {
    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    /// Durations in nanoseconds: upper bounds, rising, and how many are at or below each.
    package struct Histogram: Sendable {
        package var buckets: [(bound: UInt64, count: UInt64)]
        package var sum: UInt64
        package var count: UInt64

        package init(buckets: [(bound: UInt64, count: UInt64)], sum: UInt64, count: UInt64) {
            self.buckets = buckets
            self.sum = sum
            self.count = count
        }
    }

    package private(set) var text = ""

    package init() {}

    /// A metric with one value.
    package mutating func add(_ kind: Kind, _ name: String, _ help: String, _ value: UInt64) {
        describe(kind, name, help)
        sample(name, "\(value)")
    }

    /// A metric with one value that is not whole.
    package mutating func add(_ kind: Kind, _ name: String, _ help: String, _ value: Double) {
        describe(kind, name, help)
        sample(name, "\(value)")
    }

    /// A metric with a value for each of a fixed set of label values.
    package mutating func add(
        _ kind: Kind, _ name: String, _ help: String, by label: String,
        _ values: KeyValuePairs<String, UInt64>
    ) {
        describe(kind, name, help)
        for (value, count) in values { sample("\(name){\(label)=\"\(value)\"}", "\(count)") }
    }

    /// A histogram of durations, shown in seconds.
    /// - Parameters:
    ///   - buckets: upper bounds in nanoseconds, rising, and how many are at or below each.
    ///   - sum: of all durations, in nanoseconds.
    package mutating func addHistogram(
        _ name: String, _ help: String, buckets: [(bound: UInt64, count: UInt64)], sum: UInt64,
        count: UInt64
    ) {
        describe(.histogram, name, help)
        sample(Histogram(buckets: buckets, sum: sum, count: count), name, label: "")
    }

    /// The same for each of a fixed set of label values.
    package mutating func addHistogram(
        _ name: String, _ help: String, by label: String,
        _ histograms: [(value: String, histogram: Histogram)]
    ) {
        describe(.histogram, name, help)
        for (value, histogram) in histograms {
            sample(histogram, name, label: "\(label)=\"\(value)\"")
        }
    }

    private mutating func sample(_ histogram: Histogram, _ name: String, label: String) {
        let (first, alone) = label.isEmpty ? ("", "") : (label + ",", "{\(label)}")
        for bucket in histogram.buckets {
            let bound = seconds(bucket.bound)
            sample("\(name)_bucket{\(first)le=\"\(bound)\"}", "\(bucket.count)")
        }
        sample("\(name)_bucket{\(first)le=\"+Inf\"}", "\(histogram.count)")
        sample("\(name)_sum\(alone)", "\(seconds(histogram.sum))")
        sample("\(name)_count\(alone)", "\(histogram.count)")
    }

    private func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / 1e9 }

    private mutating func describe(_ kind: Kind, _ name: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    private mutating func sample(_ name: String, _ value: String) {
        text += "\(name) \(value)\n"
    }
}
