/// Layers of one publisher's picture, by the places of their names in its offer. A picture that is sent
/// once is the first.
package struct LayerSet: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// One layer.
    /// - Parameter place: 0 to ``Limits/spatialLayers`` - 1; any other is no layer.
    package init(place: Int) {
        rawValue = (0..<Limits.spatialLayers).contains(place) ? 1 << UInt8(place) : 0
    }

    /// How many layers there are.
    package var count: Int { rawValue.nonzeroBitCount }

    package func has(_ place: Int) -> Bool { !isDisjoint(with: LayerSet(place: place)) }
}
