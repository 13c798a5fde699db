import Primitives

/// A load like video: 30 frames a second of varying size, a key frame of three times the size every
/// four seconds, in packets of up to 1,200 bytes.
struct VideoSource {
    enum Rate {
        /// An encoder that follows the target.
        case adaptive(maximum: DataRate)
        /// The highest of these layers that fits the target, as from a host with simulcast.
        case layers([DataRate])
    }

    let rate: Rate
    let seed: UInt64
    /// The share of packets that a publisher lost before they came here.
    var publisherLoss = 0.0
    private var random: SeededGenerator
    private var nextFrame = Instant.zero
    private var frames = 0

    init(_ rate: Rate, seed: UInt64) {
        self.rate = rate
        self.seed = seed
        random = SeededGenerator(seed: seed)
    }

    /// The best that it would send.
    var desired: DataRate {
        switch rate {
        case .adaptive(let maximum): maximum
        case .layers(let layers): layers.max() ?? .zero
        }
    }

    func rate(for target: DataRate) -> DataRate {
        switch rate {
        case .adaptive(let maximum): min(target, maximum)
        case .layers(let layers): layers.filter { $0 <= target }.max() ?? layers.min() ?? .zero
        }
    }

    func isDue(at now: Instant) -> Bool { now >= nextFrame }

    /// The packets of the frame that is due, if one is.
    mutating func packets(target: DataRate, at now: Instant) -> [Int] {
        guard isDue(at: now) else { return [] }
        nextFrame = max(nextFrame, now - .milliseconds(33)) + .microseconds(33_333)
        let mean = Double(rate(for: target).bitsPerSecond) / 8 / 30
        // 119 frames of one size and one of three give the mean.
        let weight = (frames % 120 == 0 ? 3 : 1) / (122.0 / 120)
        frames += 1
        var left = max(60, Int(mean * weight * Double.random(in: 0.75...1.25, using: &random)))
        var sizes: [Int] = []
        let count = (left + 1199) / 1200
        for index in 0..<count {
            let size = left / (count - index)
            if Double.random(in: 0..<1, using: &random) >= publisherLoss { sizes.append(size) }
            left -= size
        }
        return sizes
    }
}
