internal import Primitives
internal import RTP

/// The timestamps of a picture that a viewer catches up with: it began with a keyframe from before it came.
///
/// A frame that is late is given the time at which it goes: a player that is told anything else takes the
/// difference for jitter, and keeps its pictures back for it long after. So the picture runs as fast as
/// it arrives, until it is where the others are; from then on the host's own timestamps hold.
struct Replay: Hashable, Sendable {
    private struct Frame: Hashable, Sendable {
        /// The timestamp that the host gave it.
        var source: UInt32
        /// What it goes out with, on the host's clock.
        var assigned: UInt32
    }

    /// A moment, on the host's clock and on ours.
    private let timestamp: UInt32
    private let moment: Instant
    private let ticksPerSecond: Int64
    /// Oldest first. Their memory is given back when they are forgotten.
    private var frames: [Frame] = []
    /// The first packet that the host's own timestamp holds for; `nil` while the viewer is behind.
    private(set) var liveFrom: Int64?
    let began: Instant
    private(set) var ended: Instant?

    /// - Parameter newest: the newest packet there is.
    init(upTo newest: PacketHistory.Entry, clockRate: Int, at now: Instant) {
        timestamp = newest.timestamp.rawValue
        moment = newest.received
        ticksPerSecond = Int64(clockRate)
        began = now
    }

    /// The timestamp for a packet that goes for the first time; `nil` for one whose frame is not known any
    /// more, or was passed by.
    mutating func timestamp(of entry: PacketHistory.Entry, at now: Instant) -> UInt32? {
        let source = entry.timestamp.rawValue
        if let liveFrom, entry.sequence >= liveFrom { return source }
        if let known = find(source) { return known }
        guard let last = frames.last else { return begin(source, at: now) }
        guard Int32(bitPattern: source &- last.source) > 0 else { return nil }
        let due = clock(at: now)
        // It comes when it was taken, but for the network's jitter, and goes after what went before.
        if Int32(bitPattern: source &- last.assigned) > 0,
            Int32(bitPattern: due &- source) <= Limits.replayTolerance(ticksPerSecond)
        {
            liveFrom = entry.sequence
            ended = now
            return source
        }
        let next = last.assigned &+ UInt32(ticksPerSecond / 1000)
        let assigned = Int32(bitPattern: due &- next) > 0 ? due : next
        if frames.count == Limits.replayedFrames { frames.removeFirst() }
        frames.append(Frame(source: source, assigned: assigned))
        return assigned
    }

    /// The timestamp that a packet went out with; `nil` when that is forgotten.
    func timestampSent(with entry: PacketHistory.Entry) -> UInt32? {
        if let liveFrom, entry.sequence >= liveFrom { return entry.timestamp.rawValue }
        return find(entry.timestamp.rawValue)
    }

    private mutating func begin(_ source: UInt32, at now: Instant) -> UInt32 {
        frames.reserveCapacity(Limits.replayedFrames)
        let assigned = clock(at: now)
        frames.append(Frame(source: source, assigned: assigned))
        return assigned
    }

    /// What the host's clock shows at a moment of ours, less what the newest packet may have been early.
    private func clock(at now: Instant) -> UInt32 {
        let elapsed = Int64(now.nanoseconds(since: moment)) / 1000 * ticksPerSecond / 1_000_000
        return timestamp &+ UInt32(truncatingIfNeeded: elapsed)
    }

    private func find(_ source: UInt32) -> UInt32? {
        // The newest is asked for most.
        for frame in frames.reversed() where frame.source == source { return frame.assigned }
        return nil
    }
}
