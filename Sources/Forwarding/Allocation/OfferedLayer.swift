package import Primitives

/// One layer of a publisher's picture, as it arrives.
package struct OfferedLayer: Hashable, Sendable {
    /// Names it to the caller: see ``LayerKey``.
    package var stream: Int
    package var key: LayerKey { LayerKey(rawValue: stream) }
    /// Smoothed, so that a keyframe does not look like a change; zero while unknown.
    package var rate: DataRate
    /// What it takes without its higher temporal layers, where the viewer can be sent that instead of
    /// nothing; `nil`: it cannot.
    package var leastRate: DataRate?
    /// 0 while unknown.
    package var pixels: Int
    /// 0 while unknown.
    package var framesPerSecond: Int
    /// It brings packets.
    package var isActive: Bool

    package init(
        stream: Int, rate: DataRate, pixels: Int, framesPerSecond: Int = 0, isActive: Bool = true
    ) {
        self.stream = stream
        self.rate = rate
        self.pixels = pixels
        self.framesPerSecond = framesPerSecond
        self.isActive = isActive
    }
}

/// The layers of one publisher, in the order of its rids: ``Limits/spatialLayers`` at most, in place.
package struct OfferedLayers: Hashable, Sendable {
    private var storage: InlineArray<3, OfferedLayer>
    package private(set) var count = 0

    package init() {
        storage = InlineArray(
            repeating: OfferedLayer(stream: 0, rate: .zero, pixels: 0, isActive: false))
    }

    /// Takes the first three.
    package init(_ layers: some Sequence<OfferedLayer>) {
        self.init()
        for layer in layers { append(layer) }
    }

    /// One more than there is room for is let go: a publisher has no more (RFC 8853 as we answer it).
    package mutating func append(_ layer: OfferedLayer) {
        guard count < Limits.spatialLayers else { return }
        storage[count] = layer
        count += 1
    }

    package subscript(position: Int) -> OfferedLayer {
        get { storage[position] }
        set { storage[position] = newValue }
    }

    package static func == (lhs: Self, rhs: Self) -> Bool {
        lhs.count == rhs.count && (0..<lhs.count).allSatisfy { lhs[$0] == rhs[$0] }
    }

    package func hash(into hasher: inout Hasher) {
        for position in 0..<count { hasher.combine(storage[position]) }
    }
}
