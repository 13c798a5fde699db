package import Primitives

/// What a picture takes with its temporal layers up to each, in bits a second: never less with more of them.
package struct LayerRates: Hashable, Sendable {
    /// Temporal layers that are told apart (RFC 7741 §4.2 has four).
    package static let count = 4

    private var rates: SIMD4<Int64>
    /// The highest temporal layer that there is.
    package let highest: UInt8

    /// - Parameters:
    ///   - highest: 0...3.
    ///   - rate: what the layers up to one take.
    package init(highest: UInt8, _ rate: (UInt8) -> DataRate) {
        self.highest = min(highest, UInt8(Self.count - 1))
        rates = .zero
        for layer in 0..<Self.count {
            rates[layer] = rate(min(UInt8(layer), self.highest)).bitsPerSecond
        }
    }

    /// The highest layer that is left without so many of them.
    func left(without steps: UInt8) -> UInt8 { highest > steps ? highest - steps : 0 }

    func rate(without steps: UInt8) -> Int64 { rates[Int(left(without: steps))] }
}

/// Takes temporal layers from a viewer's pictures while what it is sent is more than its network carries:
/// until the keyframe of a lower layer comes, and where there is none. That needs no keyframe, neither down
/// nor up.
///
/// All pictures lose the same number of layers, at once, and get them back one at a time, with patience.
package struct FrameThinning: Equatable, Sendable {
    /// How many layers each picture does without.
    package private(set) var steps: UInt8 = 0
    /// Since when one fewer would fit with the margin; zero: it does not.
    private var roomySince = Instant.zero
    /// What was sent when that was decided.
    private var sources = 0

    package init() {}

    /// - Parameters:
    ///   - pictures: what is sent now.
    ///   - sources: names the streams that it is of: of others the number of layers is found anew.
    ///   - budget: what the network carries besides sound; `nil` while nothing says so.
    package mutating func thin(
        _ pictures: [LayerRates], of sources: Int, budget: DataRate?, at now: Instant
    ) {
        guard let budget else {
            steps = 0
            return
        }
        let isNew = sources != self.sources
        self.sources = sources
        let needed = Self.needed(by: pictures, budget: budget.bitsPerSecond)
        guard needed < steps, !isNew else {
            steps = needed
            roomySince = .zero
            return
        }
        let roomy = Self.needed(
            by: pictures,
            budget: budget.bitsPerSecond * 100 / AllocationRules.marginPercent)
        guard roomy < steps else {
            roomySince = .zero
            return
        }
        if roomySince == .zero { roomySince = now }
        guard !roomySince.isWithin(AllocationRules.thinningHold, of: now) else { return }
        steps -= 1
        roomySince = now
    }

    /// The fewest layers to take away so that the rest fits; all but the lowest where nothing does.
    private static func needed(by pictures: [LayerRates], budget: Int64) -> UInt8 {
        let most = pictures.reduce(0) { max($0, $1.highest) }
        var steps: UInt8 = 0
        while steps < most, pictures.reduce(0, { $0 + $1.rate(without: steps) }) > budget {
            steps += 1
        }
        return steps
    }

    /// The highest temporal layer that a picture is sent; 7 where it has all of them.
    package func highest(of picture: LayerRates) -> UInt8 {
        steps == 0 ? LayerTarget.highest.temporal : picture.left(without: steps)
    }
}
