import Primitives
import Testing

@testable import Forwarding

/// What layers take of their stream.
@Suite struct LayerSharesTests {
    private func packet(_ spatial: UInt8, _ temporal: UInt8) -> LayerInfo {
        var info = LayerInfo()
        info.spatialID = spatial
        info.temporalID = temporal
        return info
    }

    @Test func sharesAreThoseOfTheBytes() {
        var shares = LayerShares()
        #expect(shares.share(spatial: 0, temporal: 0) == 1)
        var now = Instant(nanoseconds: 5_000_000_000)
        for _ in 0..<100 {
            for (spatial, temporal, bytes) in [
                (0, 0, 100), (0, 1, 50), (1, 0, 300), (1, 1, 150),
            ] as [(UInt8, UInt8, Int)] {
                shares.count(bytes, of: packet(spatial, temporal), at: now)
            }
            now = now + .milliseconds(33)
        }
        #expect(abs(shares.share(spatial: 0, temporal: 0) - 100.0 / 600) < 0.001)
        #expect(abs(shares.share(spatial: 0, temporal: 7) - 150.0 / 600) < 0.001)
        #expect(abs(shares.share(spatial: 7, temporal: 0) - 400.0 / 600) < 0.001)
        #expect(shares.share(spatial: 7, temporal: 7) == 1)
        #expect(shares.highest == LayerTarget(spatial: 1, temporal: 1))
    }

    @Test func aLayerThatEndsIsForgotten() {
        var shares = LayerShares()
        var now = Instant(nanoseconds: 5_000_000_000)
        for frame in 0..<900 {
            shares.count(1000, of: packet(0, 0), at: now)
            if frame < 300 { shares.count(1000, of: packet(2, 3), at: now) }
            now = now + .milliseconds(33)
        }
        #expect(shares.highest == LayerTarget(spatial: 0, temporal: 0))
    }

    @Test func layersBeyondThoseToldApartCountAsTheHighest() {
        var shares = LayerShares()
        shares.count(1000, of: packet(7, 7), at: Instant(nanoseconds: 5_000_000_000))
        #expect(shares.highest == LayerTarget(spatial: 2, temporal: 3))
    }
}
