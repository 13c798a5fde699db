import FoundationEssentials
import Primitives
import Synchronization

/// The date of the last answer, and its text: thousands of answers have the same one.
private let newest = Mutex((seconds: Int64.min, text: ""))

extension WallTime {
    static var now: WallTime {
        WallTime(unixMilliseconds: Int64(Date.now.timeIntervalSince1970 * 1000))
    }

    /// The moment as HTTP writes it (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
    var httpDate: String {
        newest.withLock { newest in
            if newest.seconds != unixSeconds { newest = (unixSeconds, formattedHTTPDate) }
            return newest.text
        }
    }

    private var formattedHTTPDate: String {
        let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        // 1994-11-06T08:49:37Z
        let text = WallTime(unixSeconds: unixSeconds).description
        let date = text.prefix(10).split(separator: "-")
        let days = (unixSeconds - (unixSeconds % 86_400 + 86_400) % 86_400) / 86_400
        guard date.count == 3, let month = Int(date[1]), months.indices.contains(month - 1) else {
            return "Thu, 01 Jan 1970 00:00:00 GMT"
        }
        return "\(weekdays[Int((days % 7 + 7) % 7)]), \(date[2]) \(months[month - 1]) \(date[0]) "
            + "\(text.dropFirst(11).prefix(8)) GMT"
    }
}
