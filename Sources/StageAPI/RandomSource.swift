import Primitives
import Synchronization

/// Randomness as a value that is handed in: the system's in production, a seed's in tests.
package struct RandomSource: RandomNumberGenerator, Sendable {
    private let draw: @Sendable () -> UInt64

    package init(draw: @escaping @Sendable () -> UInt64) {
        self.draw = draw
    }

    package func next() -> UInt64 { draw() }

    /// Cryptographically secure.
    package static let system = RandomSource {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }

    /// The same run for the same seed.
    package static func seeded(_ seed: UInt64) -> RandomSource {
        let shared = SharedGenerator(SeededGenerator(seed: seed))
        return RandomSource { shared.generator.withLock { $0.next() } }
    }
}

private final class SharedGenerator: Sendable {
    let generator: Mutex<SeededGenerator>
    init(_ generator: SeededGenerator) { self.generator = Mutex(generator) }
}

extension RandomSource {
    /// A random UUID (RFC 9562 §5.4).
    func uuid() -> String {
        let (high, low) = (next() & ~0xF000 | 0x4000, next() & ~(3 << 62) | 1 << 63)
        let digits = hexDigits(
            (0..<16).map { index in
                let half = index < 8 ? high : low
                return UInt8(truncatingIfNeeded: half >> (56 - 8 * UInt64(index % 8)))
            })
        let parts = [digits[..<8], digits[8..<12], digits[12..<16], digits[16..<20], digits[20...]]
        return String(decoding: Array(parts.joined(separator: "-".utf8)), as: UTF8.self)
    }
}
