import Primitives

/// What hosts send, by the last three digits of a seed: what is before them makes another run of it.
enum ModelSetups {
    typealias Maker = (inout SeededGenerator) -> any ModelEncoder

    static let vp8 = 0..<9 as Range<UInt64>
    static let vp8Simulcast = 10..<16 as Range<UInt64>
    static let vp9 = 20..<40 as Range<UInt64>
    static let vp9Simulcast = 40..<44 as Range<UInt64>
    static let dependencies = 50..<68 as Range<UInt64>
    static let dependencySimulcast = 70..<76 as Range<UInt64>

    static var all: [UInt64] {
        [vp8, vp8Simulcast, vp9, vp9Simulcast, dependencies, dependencySimulcast].flatMap { $0 }
    }

    static func encoders(seed: UInt64) -> [Maker] {
        let setup = seed % 1000
        return switch setup {
        case vp8:
            [{ VP8Model(temporalLayers: 1 + Int(setup % 3), isLong: setup % 2 == 0, using: &$0) }]
        case vp8Simulcast:
            (0..<3).map { layer in
                { VP8Model(temporalLayers: setup % 2 == 0 ? 3 : 2, isLong: layer != 1, using: &$0) }
            }
        case vp9: [{ vp9Model(setup, &$0) }]
        case vp9Simulcast:
            (0..<2).map { layer in
                {
                    VP9Model(
                        layer + 1, 3, isKeyOnly: setup % 2 == 0, isFlexible: false, using: &$0)
                }
            }
        case dependencies: [{ dependencyModel(setup, &$0) }]
        default:
            (0..<3).map { _ in
                {
                    DependencyModel(
                        setup % 2 == 0 ? 1 : 2, 3, isKeyOnly: true, isCustom: false, using: &$0)
                }
            }
        }
    }

    /// L1T3, L2T2, L3T3 and L3T1; full and K-SVC; flexible and not.
    private static func vp9Model(
        _ setup: UInt64, _ random: inout SeededGenerator
    ) -> any ModelEncoder {
        let layers = [(1, 3), (2, 2), (3, 3), (3, 3), (3, 1)][Int(setup % 5)]
        return VP9Model(
            layers.0, layers.1, isKeyOnly: setup / 5 % 2 == 0, isFlexible: setup / 10 % 2 == 0,
            using: &random)
    }

    /// L1T1, L1T2, L1T3, L2T2_KEY, L3T3 and L3T3_KEY.
    private static func dependencyModel(
        _ setup: UInt64, _ random: inout SeededGenerator
    ) -> any ModelEncoder {
        let layers = [(1, 1), (1, 2), (1, 3), (2, 2), (3, 3), (3, 3)][Int(setup % 6)]
        return DependencyModel(
            layers.0, layers.1, isKeyOnly: setup % 6 != 4, isCustom: setup % 3 == 0, using: &random)
    }
}
