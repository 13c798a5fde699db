package import Links
package import Primitives
package import Telemetry

/// Which way a datagram goes.
package enum Direction: Hashable, CaseIterable, Sendable {
    /// From the client to the server; from device a to device b.
    case up
    case down
}

/// The links of a relay, on the clock of whoever drives it. They begin with the first datagram: that is
/// where the times of their schedules count from.
///
/// A value without a clock: each call says what time it is.
package struct Passage<Datagram: Sendable>: Sendable {
    private struct Path: Sendable {
        var up: LinkQueue<Datagram>
        var down: LinkQueue<Datagram>

        subscript(direction: Direction) -> LinkQueue<Datagram> {
            get { direction == .up ? up : down }
            _modify {
                switch direction {
                case .up: yield &up
                case .down: yield &down
                }
            }
        }
    }

    private let up: LinkProfile
    private let down: LinkProfile
    private var paths: [Path] = []
    /// Of paths that were opened anew.
    private var former: [Direction: LinkCounters] = [:]
    /// When the first datagram came.
    package private(set) var start: Instant?
    /// How much later than they arrived datagrams were received.
    package private(set) var lateness = LatencyHistogram()

    package init(up: LinkProfile, down: LinkProfile) {
        self.up = up
        self.down = down
    }

    /// Makes a path with nothing on it, in the place of the one that was there. Each place has losses of
    /// its own.
    ///
    /// - Parameter path: at most the number of paths so far.
    package mutating func open(_ path: Int) {
        precondition(path >= 0 && path <= paths.count)
        let made = Path(up: queue(up, path), down: queue(down, path))
        guard path < paths.count else { return paths.append(made) }
        for direction in Direction.allCases {
            former[direction, default: LinkCounters()] += paths[path][direction].counters
        }
        paths[path] = made
    }

    private func queue(_ profile: LinkProfile, _ path: Int) -> LinkQueue<Datagram> {
        var profile = profile
        profile.seed &+= UInt64(path)
        return LinkQueue(SimulatedLink(profile))
    }

    /// - Parameter bytes: on the wire.
    /// - Returns: what becomes of it; the time is the link's, from the first datagram on.
    @discardableResult
    package mutating func send(
        _ datagram: Datagram, bytes: Int, _ direction: Direction, on path: Int = 0,
        at now: Instant
    ) -> LinkQueue<Datagram>.Fate {
        if start == nil { start = now }
        return paths[path][direction].send(datagram, bytes: bytes, at: linkTime(now))
    }

    /// Takes the next datagram that has arrived by `now`; `nil`: nothing else has.
    package mutating func receive(_ direction: Direction, at now: Instant) -> Datagram? {
        let time = linkTime(now)
        for path in paths.indices {
            guard let (datagram, arrival) = paths[path][direction].receive(at: time) else {
                continue
            }
            lateness.record(nanoseconds: time.nanoseconds(since: arrival))
            return datagram
        }
        return nil
    }

    /// When ``receive(_:at:)`` has something next.
    package var nextArrival: Instant? {
        guard let start else { return nil }
        var first: Instant?
        for path in paths {
            if let up = path.up.nextArrival { first = min(first ?? up, up) }
            if let down = path.down.nextArrival { first = min(first ?? down, down) }
        }
        return first.map { start + ($0 - .zero) }
    }

    /// How the links of a direction have done, all paths together.
    package func reading(_ direction: Direction, at now: Instant) -> LinkReading {
        var reading = LinkReading()
        let time = linkTime(now)
        reading.counters = former[direction] ?? LinkCounters()
        reading.rate = (direction == .up ? up : down).schedule.rate(at: time)
        for path in paths {
            reading.counters += path[direction].counters
            reading.waiting += path[direction].count
            reading.queueDelay = max(reading.queueDelay, path[direction].queueDelay(at: time))
        }
        return reading
    }

    /// A time on the links' clock, which stands still before the first datagram.
    private func linkTime(_ now: Instant) -> Instant {
        guard let start else { return .zero }
        return Instant(nanoseconds: now.nanoseconds(since: start))
    }
}

/// What one direction has done, and how it is now.
package struct LinkReading: Hashable, Sendable {
    package var counters = LinkCounters()
    /// What its schedule says.
    package var rate = DataRate.zero
    /// How long a datagram would wait before the bottleneck, on the path where that is longest.
    package var queueDelay = Duration.zero
    /// Datagrams on their way.
    package var waiting = 0

    package init() {}
}
