import Foundation
import Primitives
import Testing

@testable import Forwarding

/// Layers changed at random over a network that loses packets: what is sent can be decoded.
@Suite struct LayerSimulationTests {
    private func run(seed: UInt64, changes: Int = 250) {
        var simulation = LayerSimulation(seed: seed, ModelSetups.encoders(seed: seed))
        simulation.run(changes: changes)
        let oracle = LayerOracle(simulation)
        #expect(
            oracle.failures.isEmpty,
            "seed \(seed): \(oracle.failures.count) \(oracle.failures.prefix(5))")
        #expect(oracle.frameCount > changes)
    }

    @Test("VP8 L1T1, L1T2, L1T3", arguments: ModelSetups.vp8)
    func vp8(seed: UInt64) { run(seed: seed) }

    @Test("VP8 simulcast of three", arguments: ModelSetups.vp8Simulcast)
    func vp8Simulcast(seed: UInt64) { run(seed: seed) }

    @Test("VP9 L1T3, L2T2, L3T3, full and K-SVC", arguments: ModelSetups.vp9)
    func vp9(seed: UInt64) { run(seed: seed) }

    @Test("VP9 simulcast of two SVC streams", arguments: ModelSetups.vp9Simulcast)
    func vp9Simulcast(seed: UInt64) { run(seed: seed) }

    @Test(
        "dependency descriptors: L1T1, L1T2, L1T3, L2T2_KEY, L3T3, L3T3_KEY",
        arguments: ModelSetups.dependencies)
    func dependencies(seed: UInt64) { run(seed: seed) }

    @Test("dependency descriptors, simulcast of three", arguments: ModelSetups.dependencySimulcast)
    func dependencySimulcast(seed: UInt64) { run(seed: seed) }

    /// 1071: a viewer begins with a keyframe whose structure came behind other packets of it. 2052: the
    /// structure comes late. 3053, 6064: a packet comes when there have been two more structures.
    @Test("what once went wrong", arguments: [1071, 2052, 3053, 6064] as [UInt64])
    func regressions(seed: UInt64) { run(seed: seed, changes: 1000) }

    /// A thousand changes for each setup, as often as somebody asks for:
    /// `LAYER_ROUNDS=1-20 swift test -c release -Xswiftc -enable-testing --filter LayerSimulation`.
    @Test("a thousand changes", .enabled(if: !rounds.isEmpty), arguments: rounds)
    func wide(round: UInt64) {
        for setup in ModelSetups.all { run(seed: round * 1000 + setup, changes: 1000) }
    }

    private static let rounds: [UInt64] = {
        let asked = ProcessInfo.processInfo.environment["LAYER_ROUNDS"] ?? ""
        let ends = asked.split(separator: "-").compactMap { UInt64($0) }
        guard let first = ends.first, let last = ends.last, first <= last else { return [] }
        return Array(first...last)
    }()

    @Test func sizes() {
        #expect(MemoryLayout<LayerInfo>.stride <= 32)
        #expect(MemoryLayout<SequenceMapper>.size <= 256)
        #expect(MemoryLayout<LayerForwarder>.size <= 640)
    }
}
