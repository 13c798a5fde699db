import Primitives
import Testing

@testable import Simulation

/// That the oracle sees the faults that the scenarios say there are none of.
@Suite("Viewing: the oracle") struct OracleTests {
    private func frame(
        _ number: UInt32, of layer: UInt8 = 0, after reference: UInt32?, at first: Int64
    ) -> ReceivedFrame {
        let mark = FrameMark(
            host: 0, layer: layer, frame: number, reference: reference ?? FrameMark.none, index: 0,
            count: 2, captured: .zero, sent: .zero)
        return ReceivedFrame(mark, first: first)
    }

    /// What is found in frames of two packets each, in this order.
    private func faults(_ frames: [ReceivedFrame]) -> [DecodabilityOracle.Fault] {
        var oracle = DecodabilityOracle()
        for frame in frames { oracle.note(frame.mark) }
        return frames.compactMap { oracle.judge($0)?.0 }
    }

    @Test func frameByFrameNothingIsWrong() {
        #expect(
            faults([
                frame(0, after: nil, at: 10), frame(1, after: 0, at: 12),
                frame(2, after: 1, at: 14),
                frame(7, of: 1, after: nil, at: 16), frame(8, of: 1, after: 7, at: 18),
            ]) == [])
    }

    @Test func aReferenceThatWasLeftOutIsAFault() {
        #expect(faults([frame(0, after: nil, at: 10), frame(2, after: 1, at: 12)]) == [.orphan])
    }

    @Test func aReferenceThatWasLostIsNone() {
        #expect(
            faults([
                frame(0, after: nil, at: 10), frame(3, after: 2, at: 16),
                frame(4, after: 2, at: 18),
            ]) == [])
    }

    @Test func aDeltaBehindAnotherLayerIsAFault() {
        #expect(
            faults([frame(0, after: nil, at: 10), frame(5, of: 1, after: 4, at: 12)]) == [.orphan])
    }

    @Test func aFrameThatIsCutShortIsAFault() {
        #expect(
            faults([frame(0, after: nil, at: 10), frame(5, of: 1, after: nil, at: 11)]) == [.cut])
    }
}
