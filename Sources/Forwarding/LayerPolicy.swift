package import Primitives

/// One layer of a track as a policy sees it.
package struct LayerCandidate: Hashable, Sendable {
    /// The stream's place in the worker's table.
    package var stream: Int
    package var isActive: Bool
    /// 0 while unknown.
    package var pixels: Int
    package var rate: DataRate

    package init(stream: Int, isActive: Bool, pixels: Int, rate: DataRate) {
        self.stream = stream
        self.isActive = isActive
        self.pixels = pixels
        self.rate = rate
    }
}

/// Chooses which layer of a track a viewer gets. It is asked whenever something it may look at
/// changes; what it answers is switched to at that layer's next keyframe.
package protocol LayerPolicy: Sendable {
    /// - Returns: the stream to forward; `nil` to leave things as they are.
    func choose(among layers: [LayerCandidate], current: Int?) -> Int?
}

/// The best picture that arrives: of the active layers the one with the most pixels, and of equals,
/// or while sizes are unknown, the one with the highest rate.
package struct HighestLayer: LayerPolicy {
    package init() {}

    package func choose(among layers: [LayerCandidate], current: Int?) -> Int? {
        let active = layers.filter(\.isActive)
        let best = active.max { ($0.pixels, $0.rate) < ($1.pixels, $1.rate) }
        guard let best else { return current == nil ? layers.first?.stream : nil }
        // Rates swing: of two layers of one size the current one stays.
        if let current = active.first(where: { $0.stream == current }),
            current.pixels == best.pixels
        {
            return current.stream
        }
        return best.stream
    }
}
