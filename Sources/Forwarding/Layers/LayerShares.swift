internal import Primitives

/// What the layers within one stream take of it, over the last seconds: each window of one second counts
/// half of the one behind it, so that a keyframe does not look like a change.
package struct LayerShares: Sendable {
    /// Spatial layers that are told apart; those above count as the highest.
    static let spatialCount = Limits.spatialLayers
    private static let temporalCount = LayerRates.count

    private var windowStart = Instant.zero
    /// Bytes of this window, and of those before; four temporal layers of each spatial one.
    private var window = InlineArray<12, UInt32>(repeating: 0)
    private var past = InlineArray<12, UInt32>(repeating: 0)

    package init() {}

    /// Counts a packet.
    @inline(__always)
    mutating func count(_ bytes: Int, of info: LayerInfo, at now: Instant) {
        if now.nanoseconds(since: windowStart) >= 1_000_000_000 { roll(at: now) }
        window[Self.place(info.spatialID, info.temporalID)] &+= UInt32(truncatingIfNeeded: bytes)
    }

    private static func place(_ spatial: UInt8, _ temporal: UInt8) -> Int {
        min(Int(spatial), spatialCount - 1) * temporalCount + min(Int(temporal), temporalCount - 1)
    }

    private mutating func roll(at now: Instant) {
        // What is older than two windows says nothing.
        let isCurrent = now.nanoseconds(since: windowStart) < 2_000_000_000
        for place in 0..<window.count {
            past[place] = isCurrent ? past[place] / 2 + window[place] : 0
            window[place] = 0
        }
        windowStart = now
    }

    private func bytes(upTo spatial: Int, _ temporal: Int) -> UInt64 {
        var sum: UInt64 = 0
        for layer in 0...spatial {
            for place in layer * Self.temporalCount...layer * Self.temporalCount + temporal {
                sum += UInt64(past[place]) + UInt64(window[place])
            }
        }
        return sum
    }

    /// What a target takes of the stream, 0...1; 1 while nothing came.
    package func share(spatial: UInt8, temporal: UInt8) -> Double {
        let (highest, last) = (Self.spatialCount - 1, Self.temporalCount - 1)
        let whole = bytes(upTo: highest, last)
        guard whole > 0 else { return 1 }
        let part = bytes(upTo: min(Int(spatial), highest), min(Int(temporal), last))
        return Double(part) / Double(whole)
    }

    /// The highest layers that brought something; zero while nothing came.
    package var highest: LayerTarget {
        var highest = LayerTarget(spatial: 0, temporal: 0)
        for place in 0..<window.count where past[place] > 0 || window[place] > 0 {
            highest.spatial = max(highest.spatial, UInt8(place / Self.temporalCount))
            highest.temporal = max(highest.temporal, UInt8(place % Self.temporalCount))
        }
        return highest
    }
}
