import Primitives

/// How far two groups of packets were apart when they were sent and when they arrived.
struct GroupDelta: Equatable, Sendable {
    /// Milliseconds between the last packets of both groups, at the sender.
    var send: Double
    /// Milliseconds between the last packets of both groups, at the receiver.
    var arrival: Double
    /// When the newer group was complete: microseconds on the receiver's clock.
    var completed: Int64
}

/// Groups packets that left in one go, and compares each group with the one before
/// (draft-ietf-rmcat-gcc-02 §5.2, §5.3; inter_arrival_delta.cc).
///
/// Single packets say little: one that waits behind its own frame is no sign of a queue.
struct InterArrival: Equatable, Sendable {
    /// What is sent within so much of a group's first packet belongs to it: 5 ms.
    static let groupLength: Int64 = 5_000
    /// What arrives within so much of a group's last packet, having waited less than that one, was
    /// held up with it and belongs to it: 5 ms.
    static let burstGap: Int64 = 5_000
    /// A group that grew by bursts ends after 100 ms, however long a device held packets back.
    static let maximumBurst: Int64 = 100_000
    /// Groups in the wrong order, in a row, after which we begin anew: 3.
    static let maximumDisorder = 3

    private struct Group: Equatable {
        var firstSent: Instant
        var lastSent: Instant
        var firstArrival: Int64
        var lastArrival: Int64
    }

    private var current: Group?
    private var previous: Group?
    private var disorder = 0

    /// Adds a packet that arrived, in the order of arrival.
    ///
    /// - Returns: the distance of the last two groups, when the packet begins a third.
    mutating func add(sent: Instant, arrival: Int64) -> GroupDelta? {
        guard let group = current else {
            begin(sent: sent, arrival: arrival)
            return nil
        }
        // Sent before the group that is open: it came late, and tells nothing new.
        guard sent >= group.firstSent else { return nil }
        guard isNewGroup(group, sent: sent, arrival: arrival) else {
            current?.lastSent = max(group.lastSent, sent)
            current?.lastArrival = max(group.lastArrival, arrival)
            return nil
        }
        let delta = previous.flatMap { distance(from: $0, to: group) }
        if disorder >= Self.maximumDisorder {
            self = InterArrival()
        } else {
            previous = group
        }
        begin(sent: sent, arrival: arrival)
        return delta
    }

    private mutating func begin(sent: Instant, arrival: Int64) {
        current = Group(
            firstSent: sent, lastSent: sent, firstArrival: arrival, lastArrival: arrival)
    }

    private func isNewGroup(_ group: Group, sent: Instant, arrival: Int64) -> Bool {
        let sentAfter = sent.microseconds(since: group.lastSent)
        let arrivedAfter = arrival &- group.lastArrival
        let belongsToBurst =
            sentAfter == 0
            || (arrivedAfter < sentAfter && arrivedAfter <= Self.burstGap
                && arrival &- group.firstArrival < Self.maximumBurst)
        return !belongsToBurst && sent.microseconds(since: group.firstSent) > Self.groupLength
    }

    private mutating func distance(from earlier: Group, to later: Group) -> GroupDelta? {
        let arrival = later.lastArrival &- earlier.lastArrival
        guard arrival >= 0 else {
            disorder += 1
            return nil
        }
        disorder = 0
        return GroupDelta(
            send: Double(later.lastSent.microseconds(since: earlier.lastSent)) / 1000,
            arrival: Double(arrival) / 1000, completed: later.lastArrival)
    }
}
