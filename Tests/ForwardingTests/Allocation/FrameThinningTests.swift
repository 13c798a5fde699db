import Primitives
import Testing

@testable import Forwarding

/// Temporal layers that are taken away, and given back.
@Suite struct FrameThinningTests {
    private let start = Instant(nanoseconds: 10_000_000_000)

    /// A quarter of the bytes in the lowest layer, a half up to the next, all of them with the third.
    private func picture(_ kilobits: Int64) -> LayerRates {
        LayerRates(highest: 2) { .kilobitsPerSecond(kilobits * [40, 60, 100][Int($0)] / 100) }
    }

    @Test func takesAsManyAsItMustAtOnce() {
        var thinning = FrameThinning()
        let pictures = [picture(1000), picture(500)]
        for (budget, steps, highest) in [
            (1500, 0, 7), (1499, 1, 1), (900, 1, 1), (899, 2, 0), (10, 2, 0),
        ] as [(Int64, UInt8, UInt8)] {
            thinning.thin(
                pictures, of: Int(budget), budget: .kilobitsPerSecond(budget), at: start)
            #expect(thinning.steps == steps)
            #expect(thinning.highest(of: pictures[0]) == highest)
        }
    }

    @Test func givesThemBackOneByOneWithPatience() {
        var thinning = FrameThinning()
        let pictures = [picture(1000)]
        thinning.thin(pictures, of: 1, budget: .kilobitsPerSecond(500), at: start)
        #expect(thinning.steps == 2)
        var steps: [UInt8] = []
        for quarter in 1...8 {
            thinning.thin(
                pictures, of: 1, budget: .kilobitsPerSecond(2000),
                at: start + .milliseconds(250 * quarter))
            steps.append(thinning.steps)
        }
        #expect(steps == [2, 2, 1, 1, 0, 0, 0, 0])
    }

    @Test func whatFitsWithoutTheMarginIsNotGivenBack() {
        var thinning = FrameThinning()
        let pictures = [picture(1000)]
        thinning.thin(pictures, of: 1, budget: .kilobitsPerSecond(900), at: start)
        for quarter in 1...20 {
            thinning.thin(
                pictures, of: 1, budget: .kilobitsPerSecond(1100),
                at: start + .milliseconds(250 * quarter))
        }
        #expect(thinning.steps == 1)
    }

    @Test func ofOtherStreamsItIsFoundAnew() {
        var thinning = FrameThinning()
        thinning.thin([picture(1000)], of: 1, budget: .kilobitsPerSecond(500), at: start)
        thinning.thin([picture(200)], of: 2, budget: .kilobitsPerSecond(500), at: start)
        #expect(thinning.steps == 0)
    }

    @Test func withoutAMeasureNothingIsTaken() {
        var thinning = FrameThinning()
        thinning.thin([picture(1000)], of: 1, budget: .kilobitsPerSecond(1), at: start)
        thinning.thin([picture(1000)], of: 1, budget: nil, at: start)
        #expect(thinning.steps == 0)
    }

    @Test func aPictureOfOneLayerStaysWhole() {
        var thinning = FrameThinning()
        let whole = LayerRates(highest: 0) { _ in .kilobitsPerSecond(900) }
        thinning.thin(
            [whole, picture(1000)], of: 1, budget: .kilobitsPerSecond(1300), at: start)
        #expect(thinning.steps == 2)
        #expect(thinning.highest(of: whole) == 0)
        #expect(thinning.highest(of: picture(1000)) == 0)
    }
}
