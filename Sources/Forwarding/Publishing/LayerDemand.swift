package import Primitives

/// Which layers of a publisher's picture its host is to send: those that somebody watches, and for some
/// seconds those that nobody does any more.
///
/// A value: who watches and what arrives at which time in, what is held and what is resumed out. Its page
/// is Docs/dynamic-publishing.md. Nothing is allocated.
package struct LayerDemand: Sendable {
    /// What is other than before a run.
    package struct Change: Hashable, Sendable {
        /// The host is to stop sending these.
        package var held: LayerSet = []
        /// It is to go on with these, each from a keyframe on.
        package var resumed: LayerSet = []

        package var isEmpty: Bool { held.isEmpty && resumed.isEmpty }

        package init(held: LayerSet = [], resumed: LayerSet = []) {
            self.held = held
            self.resumed = resumed
        }
    }

    /// What the host is not to send.
    package private(set) var held: LayerSet = []
    /// Since when each layer has come without anybody who watches it; zero: it does not, or is watched.
    private var idleSince: InlineArray<3, Instant>

    package init() { idleSince = InlineArray(repeating: .zero) }

    /// Looks who watches now. It is run when that changes, and a few times a second.
    ///
    /// What is watched is resumed at once. What is not is held when it has arrived for
    /// ``Limits/unwatchedPatience`` without anybody who watched: a layer that its host stopped by itself
    /// costs nothing, and comes back when the host can send it.
    ///
    /// - Parameters:
    ///   - watched: the layers that anybody gets, or waits for.
    ///   - arriving: the layers that bring packets.
    ///   - canHold: whether the host hears of it. When it does not any more, everything is resumed.
    package mutating func advance(
        watched: LayerSet, arriving: LayerSet, canHold: Bool, at now: Instant
    ) -> Change {
        var change = Change(resumed: canHold ? held.intersection(watched) : held)
        held.subtract(change.resumed)
        for place in 0..<Limits.spatialLayers {
            guard canHold, arriving.has(place), !watched.has(place), !held.has(place) else {
                idleSince[place] = .zero
                continue
            }
            if idleSince[place] == .zero { idleSince[place] = now }
            guard now - idleSince[place] >= Limits.unwatchedPatience else { continue }
            change.held.insert(LayerSet(place: place))
            idleSince[place] = .zero
        }
        held.formUnion(change.held)
        return change
    }
}
