/// The highest layers of a stream that a viewer wants.
package struct LayerTarget: Hashable, Sendable {
    /// 0...7.
    package var spatial: UInt8
    /// 0...7.
    package var temporal: UInt8

    package init(spatial: UInt8 = 7, temporal: UInt8 = 7) {
        self.spatial = spatial
        self.temporal = temporal
    }

    /// Everything that there is.
    package static let highest = LayerTarget()
}
