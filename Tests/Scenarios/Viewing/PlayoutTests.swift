import Primitives
import Testing

@testable import Simulation

/// That the simulated viewer shows frames when a browser would.
@Suite("Viewing: playout") struct PlayoutTests {
    /// The delay after so many frames of 30 a second, every one of `size`, whose ways are longer by `way` milliseconds
    /// than the shortest.
    private func delay(
        frames: Int, size: (Int) -> Double = { _ in 5_000 }, way: (Int) -> Double
    ) -> Double {
        var jitter = JitterEstimate()
        for frame in 1..<frames {
            jitter.update(variation: way(frame) - way(frame - 1), bytes: size(frame))
        }
        return jitter.delay
    }

    @Test func onAnEvenWayItIsLittle() {
        let delay = delay(frames: 300) { _ in 40 }
        #expect(delay >= 10 && delay <= 12)
    }

    @Test func itCoversWhatVaries() {
        var random = SeededGenerator(seed: 1)
        let ways = (0..<600).map { _ in Double.random(in: 0...120, using: &random) }
        let delay = delay(frames: 600) { ways[$0] }
        #expect(delay >= 60 && delay <= 150)
    }

    /// On a link of 2 Mbit/s 30 kB take 120 ms, and other frames 20. What the delays vary by else is 20 ms.
    @Test func itLearnsHowLongLargeFramesTake() {
        var random = SeededGenerator(seed: 1)
        let noise = (0..<900).map { _ in Double.random(in: 0...20, using: &random) }
        let small = delay(frames: 900) { 20 + noise[$0] }
        let size = { (frame: Int) in frame % 60 == 0 ? 30_000.0 : 5_000 + Double(frame % 7) * 200 }
        let large = delay(frames: 900, size: size) { size($0) * 8 / 2e3 + noise[$0] }
        #expect(small <= 30)
        #expect(large >= small + 20 && large <= 150, "\(small), \(large)")
    }

    private func frame(_ number: UInt32, late: Duration) -> ReceivedFrame {
        let captured = Instant.zero + .milliseconds(33) * Int(number)
        let mark = FrameMark(
            host: 0, layer: 0, frame: number, reference: FrameMark.none, index: 0, count: 1,
            captured: captured, sent: captured)
        var frame = ReceivedFrame(mark, first: Int64(number))
        _ = frame.take(0, bytes: 5_000, isRepair: false, at: captured + .milliseconds(25) + late)
        return frame
    }

    @Test func aLateFrameIsShownAtOnce() {
        var clock = PlayoutClock()
        var shown: [Instant] = []
        for number in 0..<60 as Range<UInt32> {
            let frame = frame(number, late: number == 50 ? .milliseconds(200) : .zero)
            clock.note(captured: frame.mark.captured, complete: frame.complete)
            shown.append(clock.show(frame, decoded: frame.complete))
        }
        for number in 5..<50 { #expect(shown[number] - shown[number - 1] <= .milliseconds(35)) }
        #expect(shown[50] == frame(50, late: .milliseconds(200)).complete)
        #expect(zip(shown, shown.dropFirst()).allSatisfy { $0 <= $1 })
    }
}
