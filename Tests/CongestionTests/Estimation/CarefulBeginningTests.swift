import Congestion
import Primitives
import RTP
import Testing

/// Who begins with many pictures is sent no probe until their arrival was told of.
@Suite("A careful beginning") struct CarefulBeginningTests {
    /// A viewer over 30 ms without a queue, told of each 50 ms: sound each 20 ms, and pictures, of 1,200 bytes
    /// each 10 ms, from a moment on.
    /// - Returns: when the estimator was careful no more.
    private func careEnd(picturesFrom begin: Duration?) -> Duration? {
        var estimator = BandwidthEstimator(
            start: .kilobitsPerSecond(1500),
            limits: .kilobitsPerSecond(100)...(.kilobitsPerSecond(5000)), at: .zero)
        estimator.beginWithCare()
        var recorder = TransportFeedbackRecorder()
        var results = PacketResults()
        var arriving: [(at: Instant, sequence: SequenceNumber)] = []
        for step in 0..<4000 as Range<Int64> {
            let time = Duration.milliseconds(step)
            let now = Instant.zero + time
            func send(_ size: Int) {
                let sequence = estimator.packetSent(
                    size: size, isProbe: estimator.wantedProbe != nil, at: now)
                arriving.append((now + .milliseconds(30), sequence))
            }
            if step % 20 == 0 { send(120) }
            if let begin, time >= begin, step % 10 == 0 {
                send(1200)
                estimator.noteBulk(at: now)
            }
            while let first = arriving.first, first.at <= now {
                recorder.record(sequence: first.sequence, at: first.at)
                arriving.removeFirst()
            }
            if estimator.isCareful { #expect(estimator.wantedProbe == nil) }
            if step % 50 == 0 { tell(&estimator, of: &recorder, at: now, using: &results) }
            if !estimator.isCareful { return time }
        }
        return nil
    }

    private func tell(
        _ estimator: inout BandwidthEstimator, of recorder: inout TransportFeedbackRecorder,
        at now: Instant, using results: inout PacketResults
    ) {
        var writer = ByteWriter(capacity: 4000)
        guard recorder.writeFeedback(sender: SSRC(1), media: SSRC(2), into: &writer) else { return }
        var cursor = RTCPCursor()
        guard case .transportFeedback(let control)? = try? cursor.next(in: writer.bytes),
            let feedback = try? TransportFeedback(parsing: writer.bytes, in: control)
        else {
            Issue.record("no feedback")
            return
        }
        estimator.receive(feedback, in: writer.bytes, at: now, using: &results)
    }

    @Test("ends with the second message of pictures, however long sound was there before")
    func pictures() throws {
        for begin in [0, 600, 1500] as [Int64] {
            let end = try #require(careEnd(picturesFrom: .milliseconds(begin)))
            let care = end - .milliseconds(begin)
            #expect((.milliseconds(100)...(.milliseconds(250))).contains(care), "\(care)")
        }
    }

    @Test("ends after two seconds for who gets sound alone")
    func sound() throws {
        let end = try #require(careEnd(picturesFrom: nil))
        #expect((.milliseconds(2000)...(.milliseconds(2300))).contains(end), "\(end)")
    }
}
