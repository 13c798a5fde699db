package import Primitives

/// Freezes as libwebrtc counts them (`freezeCount`): a gap between two frames that is longer than three
/// times the mean of the thirty before it, and than that mean and 150 ms.
package struct FreezeMeter: Sendable {
    private var last: Instant?
    private var gaps: [Duration] = []
    package private(set) var count = 0
    package private(set) var frozen = Duration.zero
    /// All gaps of more than 100 ms, with their ends.
    package private(set) var long: [(end: Instant, gap: Duration)] = []
    private var sum = Duration.zero

    package init() {}

    package mutating func frame(at now: Instant) {
        defer { last = now }
        guard let last else { return }
        let gap = now - last
        if gap > .milliseconds(100) { long.append((now, gap)) }
        if gaps.count >= 5 {
            let mean = sum / gaps.count
            if gap > max(mean * 3, mean + .milliseconds(150)) {
                count += 1
                frozen += gap
            }
        }
        gaps.append(gap)
        sum += gap
        if gaps.count > 30 { sum -= gaps.removeFirst() }
    }
}
