import Signalling
import Testing

@Suite struct NetworkQualityTests {
    @Test(
        "the worst of what is known decides",
        arguments: [
            (nil, nil, nil, nil),
            (0, nil, nil, .excellent), (0.01, nil, nil, .excellent), (0.0101, nil, nil, .good),
            (0.03, nil, nil, .good), (0.031, nil, nil, .normal), (0.10, nil, nil, .normal),
            (0.11, nil, nil, .poor), (0.50, nil, nil, .poor), (0.51, nil, nil, .down),
            (1, nil, nil, .down), (.nan, nil, nil, nil), (-0.5, nil, nil, .excellent),
            (nil, 0, nil, .excellent), (nil, 100, nil, .excellent), (nil, 101, nil, .good),
            (nil, 200, nil, .good), (nil, 300, nil, .normal), (nil, 301, nil, .poor),
            (nil, 60_000, nil, .poor),
            (nil, nil, 10, .excellent), (nil, nil, 30, .good), (nil, nil, 60, .normal),
            (nil, nil, 61, .poor),
            (0, 40, 2, .excellent), (0.02, 40, 2, .good), (0, 250, 2, .normal),
            (0, 40, 200, .poor), (0.6, 40, 2, .down),
        ] as [(Double?, Int?, Int?, NetworkQuality?)])
    func grades(lost: Double?, roundTrip: Int?, jitter: Int?, grade: NetworkQuality?) {
        let observation = NetworkObservation(
            fractionLost: lost, roundTrip: roundTrip.map { .milliseconds($0) },
            jitter: jitter.map { .milliseconds($0) })
        #expect(NetworkQuality(observation) == grade)
    }

    @Test func silenceIsDownWhateverWasKnown() {
        let silent = NetworkObservation(
            fractionLost: 0, roundTrip: .milliseconds(10), isSilent: true)
        #expect(NetworkQuality(silent) == .down)
        #expect(NetworkQuality(NetworkObservation(isSilent: true)) == .down)
    }

    @Test func gradesAreThoseOfTheBroadcastSDK() {
        #expect(NetworkQuality.allCases.map(\.rawValue) == [0, 1, 2, 3, 4])
        #expect(NetworkQuality.excellent < .down)
    }
}
