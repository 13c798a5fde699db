/// How a layer is named to the allocator, for which it is a number: a stream's place, and the highest of
/// its spatial layers, where it has several.
package struct LayerKey: Hashable, Sendable {
    package var stream: Int
    /// 0...7; 7 for a stream that is one layer.
    package var spatial: UInt8

    package init(stream: Int, spatial: UInt8 = LayerTarget.highest.spatial) {
        self.stream = stream
        self.spatial = min(spatial, LayerTarget.highest.spatial)
    }

    package init(rawValue: Int) {
        stream = rawValue >> 3
        spatial = UInt8(rawValue & 7)
    }

    package var rawValue: Int { stream << 3 | Int(spatial) }
}
