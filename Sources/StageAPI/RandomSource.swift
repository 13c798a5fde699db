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
        func hex(_ value: UInt64, _ shift: UInt64, _ digits: Int) -> String {
            let text = String(value >> shift & (1 << (UInt64(digits) * 4) - 1), radix: 16)
            return String(repeating: "0", count: digits - text.count) + text
        }
        return [
            hex(high, 32, 8), hex(high, 16, 4), hex(high, 0, 4), hex(low, 48, 4), hex(low, 0, 12),
        ]
        .joined(separator: "-")
    }
}
