import Primitives
import Testing

@testable import Forwarding

/// `#require` for expressions that change what they are called on, which a macro cannot capture.
func must<Value>(_ value: Value?) throws -> Value { try #require(value) }

extension OutgoingTrack {
    /// The numbers of a packet of a source without layers; `nil` when it is not passed on.
    mutating func sent(_ entry: PacketHistory.Entry, at now: Instant) -> Outgoing? {
        guard case .sent(let outgoing) = forward(entry, at: now) else { return nil }
        return outgoing
    }
}
