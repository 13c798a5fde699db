import Telemetry
import Testing

@Suite struct LatencyHistogramTests {
    @Test func percentilesAreRightToThreePercent() throws {
        var histogram = LatencyHistogram()
        #expect(histogram.percentile(0.5) == nil)
        for microseconds in UInt64(1)...1000 { histogram.record(nanoseconds: microseconds * 1000) }
        for share in [0.1, 0.5, 0.9, 0.99] {
            let value = Double(try #require(histogram.percentile(share)))
            #expect(value >= share * 1e6 && value <= share * 1e6 * 1.033)
        }
        #expect(histogram.count == 1000)
    }

    @Test func extremesFallInTheOuterBuckets() throws {
        var histogram = LatencyHistogram()
        histogram.record(nanoseconds: 0)
        histogram.record(nanoseconds: .max, count: 2)
        #expect(histogram.count == 3)
        #expect(try #require(histogram.percentile(0)) <= 1056)
        #expect(try #require(histogram.percentile(1)) > 60_000_000_000)
    }

    @Test(
        arguments: [
            (.nan, nil), (-1, 1056), (-.infinity, 1056), (2, 4224), (.infinity, 4224),
        ] as [(Double, UInt64?)])
    func aShareThatIsNoneIsTakenForTheNearest(share: Double, value: UInt64?) {
        var histogram = LatencyHistogram()
        histogram.record(nanoseconds: 1000)
        histogram.record(nanoseconds: 4100)
        #expect(histogram.percentile(share) == value)
    }

    @Test func countsBeyondWhatADoubleHoldsHaveAPercentile() {
        var histogram = LatencyHistogram()
        histogram.record(nanoseconds: 0, count: .max)
        #expect(histogram.percentile(1) != nil)
    }

    @Test func bucketsSayWhatWasRecorded() {
        var histogram = LatencyHistogram()
        histogram.record(nanoseconds: 4100, count: 3)
        histogram.record(nanoseconds: 1000)
        #expect(histogram.buckets.map(\.bound) == [1056, 4224])
        #expect(histogram.buckets.map(\.count) == [1, 3])
        #expect(histogram.longest == 4100)
    }

    @Test func twoAddUpToOne() {
        var first = LatencyHistogram()
        var second = LatencyHistogram()
        var both = LatencyHistogram()
        for value in [UInt64(5000), 70_000, 900_000] {
            first.record(nanoseconds: value)
            second.record(nanoseconds: value * 3, count: 2)
            both.record(nanoseconds: value)
            both.record(nanoseconds: value * 3, count: 2)
        }
        first.add(second)
        #expect(first == both)
        #expect(both.cumulative(bounds: [1000, 100_000, .max]) == [0, 4, 9])
    }
}
