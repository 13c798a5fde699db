import Primitives

/// Which packets a link loses, besides those that its queue has no room for.
package enum LossProcess: Equatable, Sendable {
    case none
    /// Each for itself, with this probability.
    case random(Double)
    /// In bursts, by a channel with a good and a bad state that changes after each packet
    /// (Gilbert 1960, Elliott 1963).
    ///
    /// - Parameters:
    ///   - enterBad: the probability to become bad.
    ///   - leaveBad: the probability to become good; a burst is 1 / `leaveBad` packets long.
    ///   - lossInBad: the share that is lost while bad; nothing is while good.
    case gilbertElliott(enterBad: Double, leaveBad: Double, lossInBad: Double)

    /// Bursts of `length` packets on average, all of which are lost, to a share of `ratio`.
    package static func bursts(ratio: Double, length: Double) -> LossProcess {
        let leave = 1 / length
        return .gilbertElliott(
            enterBad: leave * ratio / (1 - ratio), leaveBad: leave, lossInBad: 1)
    }
}

/// A loss process that runs.
struct LossState: Sendable {
    let process: LossProcess
    private var isBad = false

    init(_ process: LossProcess) { self.process = process }

    mutating func loses(using random: inout SeededGenerator) -> Bool {
        switch process {
        case .none: return false
        case .random(let ratio): return Double.random(in: 0..<1, using: &random) < ratio
        case .gilbertElliott(let enterBad, let leaveBad, let lossInBad):
            let change = Double.random(in: 0..<1, using: &random)
            isBad = isBad ? change >= leaveBad : change < enterBad
            return isBad && Double.random(in: 0..<1, using: &random) < lossInBad
        }
    }
}
