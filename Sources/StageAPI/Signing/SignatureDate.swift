import Primitives

/// The date forms of Signature V4.
enum SignatureDate {
    /// `20150830T123600Z`.
    static func text(_ time: WallTime) -> String {
        WallTime(unixSeconds: time.unixSeconds).description
            .replacing("-", with: "").replacing(":", with: "")
    }

    /// Reads `20150830T123600Z`.
    static func parse(basic text: String) -> WallTime? {
        let bytes = Array(text.utf8)
        guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z"),
            let year = number(bytes[0..<4]), let month = number(bytes[4..<6]),
            let day = number(bytes[6..<8]), let hour = number(bytes[9..<11]),
            let minute = number(bytes[11..<13]), let second = number(bytes[13..<15])
        else { return nil }
        return time(year, month, day, hour, minute, second)
    }

    /// Reads an HTTP date (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func parse(http text: String) -> WallTime? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let day = number(Array(parts[1].utf8)[...]),
            let month = months.firstIndex(of: String(parts[2])),
            let year = number(Array(parts[3].utf8)[...])
        else { return nil }
        let clock = parts[4].utf8.split(separator: UInt8(ascii: ":"))
            .map { number(Array($0)[...]) }
        guard clock.count == 3, let hour = clock[0], let minute = clock[1], let second = clock[2]
        else { return nil }
        return time(year, month + 1, day, hour, minute, second)
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard (1...4).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private static func time(
        _ year: Int, _ month: Int, _ day: Int, _ hour: Int, _ minute: Int, _ second: Int
    ) -> WallTime? {
        guard (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day),
            (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second)
        else { return nil }
        let days = daysSinceEpoch(year, month, day)
        return WallTime(unixSeconds: Int64(((days * 24 + hour) * 60 + minute) * 60 + second))
    }

    /// The proleptic Gregorian calendar in years that begin in March.
    private static func daysSinceEpoch(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let shiftedMonth = (month + 9) % 12
        return 365 * shiftedYear + shiftedYear / 4 - shiftedYear / 100 + shiftedYear / 400
            + (153 * shiftedMonth + 2) / 5 + day - 1 - 719_468
    }
}
