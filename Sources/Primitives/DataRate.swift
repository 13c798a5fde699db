/// A rate of data, in bits per second.
package struct DataRate: Hashable, Comparable, Sendable {
    package var bitsPerSecond: Int64

    package init(bitsPerSecond: Int64) {
        self.bitsPerSecond = bitsPerSecond
    }

    package static let zero = DataRate(bitsPerSecond: 0)

    package static func kilobitsPerSecond(_ value: Int64) -> DataRate {
        DataRate(bitsPerSecond: value * 1000)
    }

    /// The rate of `bytes` in `duration`; zero when no time has passed.
    package init(bytes: Int, in duration: Duration) {
        let nanoseconds = duration.nanoseconds
        guard nanoseconds > 0 else {
            self = .zero
            return
        }
        self.init(bitsPerSecond: Int64(Double(bytes) * 8e9 / Double(nanoseconds)))
    }

    package func adding(_ other: DataRate) -> DataRate {
        DataRate(bitsPerSecond: bitsPerSecond + other.bitsPerSecond)
    }

    /// Not less than zero.
    package func subtracting(_ other: DataRate) -> DataRate {
        DataRate(bitsPerSecond: max(0, bitsPerSecond - other.bitsPerSecond))
    }

    package static func < (lhs: DataRate, rhs: DataRate) -> Bool {
        lhs.bitsPerSecond < rhs.bitsPerSecond
    }
}
