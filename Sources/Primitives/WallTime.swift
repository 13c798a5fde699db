/// A moment of civil time, in milliseconds since 1970-01-01T00:00:00Z: what users, tokens and stored
/// records speak of. Media uses ``Instant``.
package struct WallTime: Hashable, Comparable, Codable, Sendable {
    package var unixMilliseconds: Int64

    package init(unixMilliseconds: Int64) {
        self.unixMilliseconds = unixMilliseconds
    }

    package init(unixSeconds: Int64) {
        self.init(unixMilliseconds: unixSeconds * 1000)
    }

    /// Whole seconds since 1970, rounded down.
    package var unixSeconds: Int64 {
        unixMilliseconds >= 0 ? unixMilliseconds / 1000 : (unixMilliseconds - 999) / 1000
    }

    package static func < (lhs: WallTime, rhs: WallTime) -> Bool {
        lhs.unixMilliseconds < rhs.unixMilliseconds
    }

    package static func + (lhs: WallTime, rhs: Duration) -> WallTime {
        WallTime(unixMilliseconds: lhs.unixMilliseconds + rhs.nanoseconds / 1_000_000)
    }

    package static func - (lhs: WallTime, rhs: WallTime) -> Duration {
        .milliseconds(lhs.unixMilliseconds - rhs.unixMilliseconds)
    }
}

extension WallTime: CustomStringConvertible {
    /// ISO 8601 in UTC with milliseconds, left out when they are zero: `2023-11-01T06:25:37Z`.
    package var description: String {
        let (days, milliseconds) = Self.floorDivide(unixMilliseconds, by: 86_400_000)
        let date = Self.civilDate(daysSinceEpoch: days)
        let seconds = milliseconds / 1000
        var text: [UInt8] = []
        text.reserveCapacity(24)
        func add(_ value: Int64, _ width: Int, _ end: Unicode.Scalar) {
            let digits = String(value).utf8
            for _ in 0..<max(0, width - digits.count) { text.append(UInt8(ascii: "0")) }
            text += digits
            text.append(UInt8(ascii: end))
        }
        let fraction = milliseconds % 1000
        add(date.year, 4, "-")
        add(date.month, 2, "-")
        add(date.day, 2, "T")
        add(seconds / 3600, 2, ":")
        add(seconds / 60 % 60, 2, ":")
        add(seconds % 60, 2, fraction == 0 ? "Z" : ".")
        if fraction != 0 { add(fraction, 3, "Z") }
        return String(decoding: text, as: UTF8.self)
    }

    private static func floorDivide(_ value: Int64, by divisor: Int64) -> (Int64, Int64) {
        let remainder = ((value % divisor) + divisor) % divisor
        return ((value - remainder) / divisor, remainder)
    }

    /// Days since 1970 as a proleptic Gregorian date, counted in 400-year eras from 0000-03-01.
    private static func civilDate(daysSinceEpoch: Int64) -> (year: Int64, month: Int64, day: Int64)
    {
        let (era, dayOfEra) = floorDivide(daysSinceEpoch + 719_468, by: 146_097)
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shifted + 2) / 5 + 1
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
