package import Primitives

/// A publisher that a viewer watches: what it offers, and how the viewer wants it.
package struct WatchedPublisher: Hashable, Sendable {
    /// Names the publisher to the caller, from run to run.
    package var key: Int
    /// What its sound takes now; zero when there is none, or the viewer does not get it.
    package var audioRate: DataRate
    package var layers: OfferedLayers
    /// The stream that the viewer gets now. It is looked at when the publisher is new to the allocator.
    package var current: Int?
    /// The size that the viewer shows it at, in pixels of its screen: zero in either direction, or less, is not
    /// visible. `nil`: the viewer has not said.
    package var shown: PictureSize?
    /// The stream of the layer that the viewer asked for; `nil`, or none of ``layers``: automatic.
    package var preferred: Int?
    package var isPinned: Bool
    /// The viewer wants no picture of it.
    package var isPaused: Bool
    /// How long ago it spoke, among the publishers: 0 speaks now, 1 spoke before that; `nil`: never.
    package var speakerRank: Int?

    package init(
        key: Int, audioRate: DataRate = .zero, layers: OfferedLayers = OfferedLayers(),
        current: Int? = nil, shown: PictureSize? = nil, preferred: Int? = nil,
        isPinned: Bool = false, isPaused: Bool = false, speakerRank: Int? = nil
    ) {
        self.key = key
        self.audioRate = audioRate
        self.layers = layers
        self.current = current
        self.shown = shown
        self.preferred = preferred
        self.isPinned = isPinned
        self.isPaused = isPaused
        self.speakerRank = speakerRank
    }
}

extension WatchedPublisher {
    /// The pixels that it is shown with, 0 when it is not visible.
    var shownPixels: Int64? {
        guard let shown else { return nil }
        let side = 0...Int(AllocationRules.longestSide)
        return Int64(shown.width.clamped(to: side)) * Int64(shown.height.clamped(to: side))
    }

    /// How much more its next layer counts than that of others.
    var weight: Int64 {
        (isPinned ? AllocationRules.pinnedWeight : 1)
            * (speakerRank == 0 ? AllocationRules.speakerWeight : 1)
    }

    /// Whose lowest layer is given first has more: pinned, then speaks, then shown larger, then spoke later.
    var priority: UInt64 {
        let area = UInt64(shownPixels ?? AllocationRules.unsaidPixels)
        let rank = speakerRank.map { UInt64($0.clamped(to: 0...0xFFFE)) } ?? 0xFFFF
        return (isPinned ? 1 << 63 : 0) | (speakerRank == 0 ? 1 << 62 : 0) | area << 16
            | (0xFFFF - rank)
    }
}

extension Comparable {
    func clamped(to range: ClosedRange<Self>) -> Self {
        min(max(self, range.lowerBound), range.upperBound)
    }
}
