/// How a viewer's network loses packets: how many, and how many at a time. From what its feedback says
/// of each packet, in the order of their numbers.
package struct LossMeter: Hashable, Sendable {
    /// Packets that weigh as one: those of about a second.
    private static let memory = 256.0

    /// The share of packets that is lost, 0...1.
    package private(set) var ratio = 0.0
    private var runs = 0.0
    private var wasLost = false

    package init() {}

    package mutating func note(isLost: Bool) {
        ratio += ((isLost ? 1 : 0) - ratio) / Self.memory
        runs += ((isLost && !wasLost ? 1 : 0) - runs) / Self.memory
        wasLost = isLost
    }

    /// How many packets are lost at a time, on average; 1 where nothing is.
    package var burstLength: Double { runs > 0.000_1 ? max(1, ratio / runs) : 1 }
}
