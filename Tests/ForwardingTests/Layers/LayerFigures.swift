import Foundation
import Primitives
import Testing

@testable import Forwarding

/// The story that Docs/layer-forwarding.md tells: three seconds of L3T3_KEY, and a viewer that changes its
/// wish four times. Where its graph is written, when somebody asks for it:
/// `LAYER_FIGURES=<folder> swift test --filter LayerFigures`.
@Suite struct LayerFigures {
    private static let wishes: [(tick: Int, target: LayerTarget)] = [
        (0, LayerTarget(spatial: 2, temporal: 2)), (180, LayerTarget(spatial: 1, temporal: 2)),
        (400, LayerTarget(spatial: 1, temporal: 0)), (560, LayerTarget(spatial: 2, temporal: 1)),
        (760, LayerTarget(spatial: 0, temporal: 2)),
    ]

    @Test func story() throws {
        var simulation = LayerSimulation(
            seed: 3,
            [{ DependencyModel(3, 3, isKeyOnly: true, isCustom: false, using: &$0) }])
        for tick in 0..<900 {
            for wish in Self.wishes where wish.tick == tick { simulation.wish(wish.target) }
            simulation.step(loss: 2)
        }
        var oracle = LayerOracle(simulation)
        oracle.failures.removeAll { $0.hasPrefix("has") }
        #expect(oracle.failures.isEmpty, "\(oracle.failures.prefix(3))")
        guard let folder = ProcessInfo.processInfo.environment["LAYER_FIGURES"] else { return }
        var lines = ["time,spatial,temporal,isKeyframe,isSent,isLate"]
        let source = simulation.sources[0]
        for (index, frame) in source.stream.encoder.frames.enumerated() {
            let id = LayerOracle.FrameID(source: 0, frame: index)
            let isLate = source.stream.packets.contains {
                $0.frame == index && source.late.contains($0.sequence)
            }
            lines.append(
                "\(Double(frame.picture - 1) / 30),\(frame.spatialID),\(frame.temporalID),"
                    + "\(frame.isKeyframe ? 1 : 0),\(oracle.parts[id] == nil ? 0 : 1),"
                    + "\(isLate ? 1 : 0)")
        }
        let wishes = Self.wishes.map {
            "\(Double($0.tick) / 300),\($0.target.spatial),\($0.target.temporal)"
        }
        for (name, rows) in [
            ("frames", lines), ("wishes", ["time,spatial,temporal"] + wishes),
        ] {
            try rows.joined(separator: "\n").write(
                toFile: "\(folder)/\(name).csv", atomically: true, encoding: .utf8)
        }
    }
}
