import MediaPlane
import Primitives
import Simulation
import Testing

/// A host, a server and a viewer over a network that loses and reorders, in virtual time.
@Suite struct LossTests {
    private static let rough = LinkModel(
        delay: .milliseconds(25), jitter: .milliseconds(12), loss: 0.02)

    @Test func aCleanNetworkDeliversEveryFrameInOrder() throws {
        let story = SimulatedStage.Story(
            link: LinkModel(delay: .milliseconds(10)), seed: 1, frames: 150)
        let outcome = try SimulatedStage(story).play()
        #expect(outcome.completeFrames == Array(0..<150))
        #expect(outcome.counters.nacksReceived == 0)
        #expect(outcome.counters.nacksSent == 0)
    }

    /// 2 % loss on each leg and reordering: retransmission repairs every frame.
    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func lossAndReorderingCostNoFrame(seed: UInt64) throws {
        let story = SimulatedStage.Story(link: Self.rough, seed: seed)
        let outcome = try SimulatedStage(story).play()
        // What a receiver loses before its first packet it cannot know of, nor ask for.
        let first = try #require(outcome.completeFrames.min(), "SEED=\(seed)")
        #expect(first <= 2)
        #expect(outcome.lostDatagrams > 50, "SEED=\(seed)")
        let missing = Set(first..<story.frames).subtracting(outcome.completeFrames).sorted()
        #expect(missing == [], "SEED=\(seed) swift test --filter LossTests")
        #expect(outcome.counters.nacksReceived > 0)
        #expect(outcome.counters.retransmitted > 0)
        #expect(outcome.counters.nacksSent > 0)
    }

    @Test func theSameSeedGivesTheSameTrace() throws {
        let story = SimulatedStage.Story(link: Self.rough, seed: 42, frames: 120)
        let first = try SimulatedStage(story).play()
        let second = try SimulatedStage(story).play()
        #expect(first == second)
        var other = story
        other.seed = 43
        #expect(try SimulatedStage(other).play().trace != first.trace)
    }
}
