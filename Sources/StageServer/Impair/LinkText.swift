import Links
import Primitives

/// The words in which links are described on the command line: `600kbit`, `20ms`, `3%`.
enum LinkText {
    /// Says what a value should have been like.
    struct Mistake: Error, Hashable, CustomStringConvertible {
        var description: String
    }

    /// A datagram that waited longer would be of no use to anybody.
    static let longest = Duration.seconds(60)

    /// `2500kbit`, or steps as `2500kbit,10s:600kbit,20s:2500kbit`.
    static func schedule(_ text: String) throws(Mistake) -> RateSchedule {
        var steps: [RateSchedule.Step] = []
        for piece in pieces(of: text, separator: ",") {
            let parts = pieces(of: piece, separator: ":")
            guard parts.count == (steps.isEmpty ? 1 : 2) || parts.count == 2 else {
                throw Mistake(
                    description: "its steps must be like 2500kbit,10s:600kbit,20s:2500kbit")
            }
            let start = parts.count == 2 ? Instant.zero + (try duration(parts[0])) : .zero
            let rate = try rate(parts[parts.count - 1])
            guard steps.last.map({ $0.start < start }) ?? true else {
                throw Mistake(description: "each step must be later than the one before")
            }
            steps.append(.init(start: start, rate: rate))
        }
        guard let last = steps.last?.rate, last > .zero else {
            throw Mistake(description: "the last rate cannot be 0, since it holds for good")
        }
        return RateSchedule(steps)
    }

    static func rate(_ text: String) throws(Mistake) -> DataRate {
        let units: [(String, Double)] = [("kbit", 1e3), ("mbit", 1e6), ("gbit", 1e9), ("bit", 1)]
        guard let value = number(text, units), value <= 1e12 else {
            throw Mistake(description: "a rate must be like 600kbit, 2.5mbit or 1gbit")
        }
        return DataRate(bitsPerSecond: Int64(value))
    }

    static func duration(_ text: String) throws(Mistake) -> Duration {
        let units = [("us", 1e-6), ("ms", 1e-3), ("min", 60), ("s", 1.0)]
        guard let seconds = number(text, units), seconds <= 1e7 else {
            throw Mistake(description: "a time must be like 20ms, 1.5s or 2min")
        }
        return .nanoseconds(Int64((seconds * 1e9).rounded()))
    }

    /// What a datagram may take: a time of at most a minute.
    static func delay(_ text: String) throws(Mistake) -> Duration {
        let delay = try duration(text)
        guard delay <= longest else { throw Mistake(description: "a minute is the longest") }
        return delay
    }

    /// `3%`, or the same as a fraction, `0.03`.
    static func share(_ text: String) throws(Mistake) -> Double {
        guard let share = number(text, [("%", 0.01), ("", 1)]), share <= 1 else {
            throw Mistake(description: "a share must be like 3% or 0.03")
        }
        return share
    }

    /// `P:R`, how probably it becomes bad and good again after each packet.
    static func bursts(_ text: String) throws(Mistake) -> LossProcess {
        let parts = pieces(of: text, separator: ":")
        guard parts.count == 2 else {
            throw Mistake(
                description: "it must be two shares like 1%:30%, of becoming bad and good again")
        }
        let (enter, leave) = (try share(parts[0]), try share(parts[1]))
        guard leave > 0 else {
            throw Mistake(description: "the second share cannot be 0, or nothing would ever come")
        }
        return .gilbertElliott(enterBad: enter, leaveBad: leave, lossInBad: 1)
    }

    /// `100ms`, `30packets` or `64kB`.
    static func queue(_ text: String) throws(Mistake) -> SimulatedLink.Bottleneck {
        if let packets = number(text, [("packets", 1), ("packet", 1)]) {
            guard packets >= 1, packets == packets.rounded(), packets <= 1e6 else {
                throw Mistake(description: "a queue has room for at least 1 packet")
            }
            return .packets(Int(packets))
        }
        if let bytes = try? size(text) { return .queue(bytes: bytes) }
        guard let delay = try? delay(text) else {
            throw Mistake(
                description: "a queue must be like 100ms (at most a minute), 30packets or 64kB")
        }
        return .delay(delay)
    }

    /// `64kB`, at least a packet's 1,500 bytes.
    static func size(_ text: String) throws(Mistake) -> Int {
        guard let bytes = number(text, [("kb", 1e3), ("mb", 1e6), ("b", 1)]), bytes >= 1500,
            bytes <= 1e9
        else { throw Mistake(description: "a size must be like 64kB, and at least 1500B") }
        return Int(bytes)
    }

    /// Keeps empty pieces, so that they are found wrong.
    private static func pieces(of text: String, separator: Character) -> [String] {
        text.split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }

    /// A number that is not negative with the first of the units that fits, in the base unit.
    private static func number(_ text: String, _ units: [(name: String, factor: Double)]) -> Double?
    {
        let text = text.lowercased()
        guard let unit = units.first(where: { text.hasSuffix($0.name) }) else { return nil }
        let digits = text.dropLast(unit.name.count)
        // Neither a sign, nor an exponent, nor "nan".
        guard !digits.isEmpty, digits.allSatisfy({ $0.isNumber && $0.isASCII || $0 == "." }),
            let value = Double(digits)
        else { return nil }
        return value * unit.factor
    }
}
