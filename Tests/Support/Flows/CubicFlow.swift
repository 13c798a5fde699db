internal import Foundation
package import Links
package import Primitives

/// A download over TCP with CUBIC (RFC 9438), as far as sharing a bottleneck goes: a window that
/// follows the cube of the time since the last loss, at most one reduction a round trip, slow start
/// until the first. No delayed acknowledgements, timeouts or pacing.
package struct CubicFlow: Sendable {
    private static let segment = 1500.0
    private static let beta = 0.7
    private static let scale = 0.4

    private let start: Instant
    private let end: Instant
    /// Segments.
    private var window = 10.0
    /// Bytes that have arrived.
    package private(set) var delivered = 0
    private var lastMaximum = 0.0
    private var epoch: Instant?
    private var reducedAt: Instant?
    private var inFlight = 0
    private var events: [(at: Instant, isLoss: Bool)] = []
    private var smoothedRTT = 0.05
    private let returnDelay = Duration.milliseconds(25)

    package init(from start: Instant, to end: Instant = .distantFuture) {
        self.start = start
        self.end = end
    }

    package mutating func step(over link: inout SimulatedLink, at now: Instant) {
        guard now >= start, now < end else { return }
        let due = events.filter { $0.at <= now }
        if !due.isEmpty { events.removeAll { $0.at <= now } }
        for event in due {
            inFlight -= 1
            if event.isLoss {
                reduce(at: now)
            } else {
                delivered += Int(Self.segment)
                acknowledge(at: now)
            }
        }
        while Double(inFlight) < window {
            inFlight += 1
            let queue = link.queueDelay(at: now)
            if let arrival = link.send(bytes: Int(Self.segment), at: now) {
                smoothedRTT += ((arrival - now).seconds + returnDelay.seconds - smoothedRTT) / 8
                events.append((arrival + returnDelay, false))
            } else {
                // Noticed when what follows it arrives.
                events.append((now + queue + .milliseconds(60), true))
            }
        }
    }

    private mutating func acknowledge(at now: Instant) {
        guard let epoch else {
            window += 1
            return
        }
        let time = (now - epoch).seconds
        let k = cbrt(lastMaximum * (1 - Self.beta) / Self.scale)
        let cubic = Self.scale * pow(time + smoothedRTT - k, 3) + lastMaximum
        let friendly =
            lastMaximum * Self.beta
            + 3 * (1 - Self.beta) / (1 + Self.beta) * time / smoothedRTT
        let goal = max(cubic, friendly)
        window += max(0, min(goal - window, window / 2)) / window
    }

    private mutating func reduce(at now: Instant) {
        if let reducedAt, (now - reducedAt).seconds < smoothedRTT { return }
        reducedAt = now
        epoch = now
        lastMaximum = window
        window = max(2, window * Self.beta)
    }
}
