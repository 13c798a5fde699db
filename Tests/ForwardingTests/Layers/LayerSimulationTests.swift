import Primitives
import Testing

@testable import Forwarding

/// Layers changed at random over a network that loses packets: what is sent can be decoded.
@Suite struct LayerSimulationTests {
    private func run(
        seed: UInt64, changes: Int = 250, _ encoders: [(inout SeededGenerator) -> any ModelEncoder]
    ) {
        var simulation = LayerSimulation(seed: seed, encoders)
        simulation.run(changes: changes)
        let oracle = LayerOracle(simulation)
        #expect(
            oracle.failures.isEmpty,
            "seed \(seed): \(oracle.failures.count) \(oracle.failures.prefix(5))")
        #expect(oracle.frameCount > changes)
    }

    @Test("VP8 L1T1, L1T2, L1T3", arguments: 0..<9 as Range<UInt64>)
    func vp8(seed: UInt64) {
        run(
            seed: seed,
            [{ VP8Model(temporalLayers: 1 + Int(seed % 3), isLong: seed % 2 == 0, using: &$0) }])
    }

    @Test("VP8 simulcast of three", arguments: 10..<16 as Range<UInt64>)
    func vp8Simulcast(seed: UInt64) {
        run(
            seed: seed,
            (0..<3).map { layer in
                { VP8Model(temporalLayers: seed % 2 == 0 ? 3 : 2, isLong: layer != 1, using: &$0) }
            })
    }

    @Test("VP9 L1T3, L2T2, L3T3, full and K-SVC", arguments: 20..<40 as Range<UInt64>)
    func vp9(seed: UInt64) {
        let layers = [(1, 3), (2, 2), (3, 3), (3, 3), (3, 1)][Int(seed % 5)]
        run(
            seed: seed,
            [
                {
                    VP9Model(
                        layers.0, layers.1, isKeyOnly: seed / 5 % 2 == 0,
                        isFlexible: seed / 10 % 2 == 0,
                        using: &$0)
                }
            ])
    }

    @Test("VP9 simulcast of two SVC streams", arguments: 40..<44 as Range<UInt64>)
    func vp9Simulcast(seed: UInt64) {
        run(
            seed: seed,
            (0..<2).map { layer in
                {
                    VP9Model(
                        layer + 1, 3, isKeyOnly: seed % 2 == 0, isFlexible: false, using: &$0)
                }
            })
    }

    @Test(
        "dependency descriptors: L1T1, L1T2, L1T3, L2T2_KEY, L3T3, L3T3_KEY",
        arguments: 50..<68 as Range<UInt64>)
    func dependencies(seed: UInt64) {
        let layers = [(1, 1), (1, 2), (1, 3), (2, 2), (3, 3), (3, 3)][Int(seed % 6)]
        run(
            seed: seed,
            [
                {
                    DependencyModel(
                        layers.0, layers.1, isKeyOnly: seed % 6 != 4, isCustom: seed % 3 == 0,
                        using: &$0)
                }
            ])
    }

    @Test("dependency descriptors, simulcast of three", arguments: 70..<76 as Range<UInt64>)
    func dependencySimulcast(seed: UInt64) {
        run(
            seed: seed,
            (0..<3).map { _ in
                {
                    DependencyModel(
                        seed % 2 == 0 ? 1 : 2, 3, isKeyOnly: true, isCustom: false, using: &$0)
                }
            })
    }

    @Test func sizes() {
        #expect(MemoryLayout<LayerInfo>.stride <= 32)
        #expect(MemoryLayout<SequenceMapper>.size <= 256)
        #expect(MemoryLayout<LayerForwarder>.size <= 640)
    }
}
