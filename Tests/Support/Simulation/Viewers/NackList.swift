internal import Primitives

/// What a libwebrtc-like receiver asks for again: each hole at once, then every round trip, ten times. A hole
/// that is too large is forgotten: a keyframe is asked for when nothing can be decoded for a while.
struct NackList {
    static let attempts = 10
    static let largest = 1000

    private struct Missing {
        var sequence: Int64
        var next: Instant
        var attempts = 0
    }

    private var missing: [Missing] = []
    private var newest: Int64?
    private(set) var asked = 0

    mutating func observe(_ sequence: Int64, at now: Instant) {
        guard let newest else {
            self.newest = sequence
            return
        }
        guard sequence > newest else {
            if !missing.isEmpty { missing.removeAll { $0.sequence == sequence } }
            return
        }
        self.newest = sequence
        guard sequence > newest + 1 else { return }
        guard missing.count + Int(sequence - newest) <= Self.largest else {
            missing.removeAll()
            return
        }
        for lost in (newest + 1)..<sequence { missing.append(Missing(sequence: lost, next: now)) }
    }

    /// What comes before is not wanted any more.
    mutating func clear(before sequence: Int64) {
        if !missing.isEmpty { missing.removeAll { $0.sequence < sequence } }
    }

    mutating func due(at now: Instant, roundTrip: Duration) -> [SequenceNumber] {
        guard !missing.isEmpty else { return [] }
        missing.removeAll { $0.attempts >= Self.attempts }
        var due: [SequenceNumber] = []
        for index in missing.indices where missing[index].next <= now && due.count < 200 {
            missing[index].attempts += 1
            missing[index].next = now + roundTrip
            due.append(SequenceNumber(UInt16(truncatingIfNeeded: missing[index].sequence)))
        }
        asked += due.count
        return due
    }
}
