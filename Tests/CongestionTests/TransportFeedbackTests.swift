import Congestion
import Primitives
import RTP
import Testing

/// One packet as a sender of media sees it.
private struct Told: Equatable {
    var sequence: UInt16
    /// Ticks of 250 µs on the receiver's clock.
    var arrival: Int64?
}

/// Takes everything that is pending, and reads it back through RTCP.
private func drain(_ recorder: inout TransportFeedbackRecorder) throws -> [[Told]] {
    var messages: [[Told]] = []
    while recorder.hasPending {
        var writer = ByteWriter(capacity: Limits.maximumFeedbackSize)
        guard recorder.writeFeedback(sender: SSRC(1), media: SSRC(2), into: &writer) else { break }
        #expect(writer.count % 4 == 0 && writer.count <= Limits.maximumFeedbackSize)
        var cursor = RTCPCursor()
        guard case .transportFeedback(let control) = try cursor.next(in: writer.bytes) else {
            Issue.record("no transport feedback")
            break
        }
        #expect(try cursor.next(in: writer.bytes) == nil)
        let feedback = try TransportFeedback(parsing: writer.bytes, in: control)
        var told: [Told] = []
        feedback.forEach(in: writer.bytes) { sequence, arrival in
            told.append(
                Told(
                    sequence: sequence.rawValue,
                    arrival: arrival.map { $0.nanoseconds / 250_000 }))
        }
        #expect(told.count == feedback.statusCount)
        #expect(told.count { $0.arrival != nil } == feedback.receivedCount)
        messages.append(told)
    }
    return messages
}

private func instant(ticks: Int64) -> Instant { Instant(nanoseconds: UInt64(ticks) * 250_000) }

@Suite("Transport-wide feedback: the recorder")
struct TransportFeedbackRecorderTests {
    @Test("is empty at first")
    func empty() {
        var recorder = TransportFeedbackRecorder()
        var writer = ByteWriter(capacity: 2000)
        let isPending = recorder.hasPending
        let isWritten = recorder.writeFeedback(sender: SSRC(1), media: SSRC(2), into: &writer)
        #expect(!isPending && !isWritten && writer.array.isEmpty)
    }

    @Test("writes one packet as the draft lays it out")
    func layout() {
        var recorder = TransportFeedbackRecorder()
        recorder.record(sequence: SequenceNumber(0x1234), at: instant(ticks: 256 * 5 + 17))
        var writer = ByteWriter(capacity: 2000)
        let isWritten = recorder.writeFeedback(sender: SSRC(1), media: SSRC(2), into: &writer)
        #expect(isWritten)
        #expect(
            writer.array == [
                0xAF, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2,
                0x12, 0x34, 0, 1, 0, 0, 5, 0,
                0x20, 0x01, 17, 1,
            ])
        let isPending = recorder.hasPending
        #expect(!isPending)
    }

    /// What libwebrtc makes of one to twelve packets (`TransportFeedback::Create`): filled up with one to three
    /// bytes, of which the last says how many.
    @Test("reads what libwebrtc fills up to whole words", arguments: 1...12)
    func filledUp(packets: Int) throws {
        var bytes: [UInt8] = [0x8F, 205, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0x12, 0x34]
        bytes += [0, UInt8(packets), 0, 0, 5, 7, 0x20, UInt8(packets)]
        bytes += [UInt8](repeating: 17, count: packets)
        let padding = (4 - bytes.count % 4) % 4
        if padding > 0 {
            bytes[0] |= 0x20
            bytes += [UInt8](repeating: 0, count: padding - 1) + [UInt8(padding)]
        }
        bytes[3] = UInt8(bytes.count / 4 - 1)
        var cursor = RTCPCursor()
        let packet = try cursor.next(in: bytes.rawSpan)
        guard case .transportFeedback(let control) = packet else {
            Issue.record("no transport feedback")
            return
        }
        let feedback = try TransportFeedback(parsing: bytes.rawSpan, in: control)
        #expect(feedback.statusCount == packets && feedback.receivedCount == packets)
        var arrivals: [Duration?] = []
        feedback.forEach(in: bytes.rawSpan) { arrivals.append($1) }
        let first = Duration.milliseconds(5 * 64)
        #expect(arrivals == (1...packets).map { first + .microseconds(250 * 17 * $0) })
    }

    @Test("waits for a writer with room")
    func room() {
        var recorder = TransportFeedbackRecorder()
        recorder.record(sequence: SequenceNumber(1), at: instant(ticks: 1))
        var writer = ByteWriter(capacity: Limits.maximumFeedbackSize)
        writer.append(0 as UInt8)
        let isWritten = recorder.writeFeedback(sender: SSRC(1), media: SSRC(2), into: &writer)
        let isPending = recorder.hasPending
        #expect(!isWritten && isPending && writer.array == [0])
    }

    @Test("tells of loss, and of the loss behind the last feedback")
    func loss() throws {
        var recorder = TransportFeedbackRecorder()
        recorder.record(sequence: SequenceNumber(65534), at: instant(ticks: 1000))
        recorder.record(sequence: SequenceNumber(1), at: instant(ticks: 1300))
        #expect(
            try drain(&recorder) == [
                [
                    Told(sequence: 65534, arrival: 1000), Told(sequence: 65535),
                    Told(sequence: 0), Told(sequence: 1, arrival: 1300),
                ]
            ])
        recorder.record(sequence: SequenceNumber(3), at: instant(ticks: 1301))
        #expect(
            try drain(&recorder).first == [Told(sequence: 2), Told(sequence: 3, arrival: 1301)])
    }

    @Test("tells again when a packet comes late, with a negative delta")
    func late() throws {
        var recorder = TransportFeedbackRecorder()
        for number in [10, 12, 13] {
            recorder.record(
                sequence: SequenceNumber(UInt16(number)), at: instant(ticks: Int64(number)))
        }
        _ = try drain(&recorder)
        recorder.record(sequence: SequenceNumber(12), at: instant(ticks: 99))  // a duplicate
        let isPending = recorder.hasPending
        #expect(!isPending)
        recorder.record(sequence: SequenceNumber(11), at: instant(ticks: 20))
        let isPendingNow = recorder.hasPending
        #expect(isPendingNow)
        var writer = ByteWriter(capacity: 2000)
        let isWritten = recorder.writeFeedback(sender: SSRC(1), media: SSRC(2), into: &writer)
        #expect(isWritten)
        let feedback = try TransportFeedback(parsing: writer.bytes, in: 12..<writer.count)
        var told: [Told] = []
        feedback.forEach(in: writer.bytes) { sequence, arrival in
            told.append(
                Told(
                    sequence: sequence.rawValue,
                    arrival: arrival.map { $0.nanoseconds / 250_000 }))
        }
        #expect(
            told == [
                Told(sequence: 11, arrival: 20), Told(sequence: 12, arrival: 12),
                Told(sequence: 13, arrival: 13),
            ])
    }

    @Test("splits where a delta needs more than 16 bits")
    func pause() throws {
        var recorder = TransportFeedbackRecorder()
        recorder.record(sequence: SequenceNumber(1), at: instant(ticks: 100))
        recorder.record(sequence: SequenceNumber(3), at: instant(ticks: 100 + 40_000))
        #expect(
            try drain(&recorder) == [
                [Told(sequence: 1, arrival: 100), Told(sequence: 2)],
                [Told(sequence: 3, arrival: 40_100)],
            ])
    }

    @Test("forgets what falls out of the window", arguments: [2_000, 2_049, 5_000, 30_000])
    func gap(size: Int) throws {
        var recorder = TransportFeedbackRecorder()
        recorder.record(sequence: SequenceNumber(60_000), at: instant(ticks: 1))
        let newest = SequenceNumber(60_000).advanced(by: size)
        recorder.record(sequence: newest, at: instant(ticks: 2))
        let told = try drain(&recorder).flatMap { $0 }
        #expect(told.count == min(size + 1, Limits.feedbackWindow))
        #expect(told.last == Told(sequence: newest.rawValue, arrival: 2))
        #expect(told.count { $0.arrival != nil } == (size < Limits.feedbackWindow ? 2 : 1))
        recorder.record(
            sequence: newest.advanced(by: -Limits.feedbackWindow), at: instant(ticks: 3))
        let isPending = recorder.hasPending
        #expect(!isPending)
    }

    @Test("the whole window fits into a few packets")
    func full() throws {
        var recorder = TransportFeedbackRecorder()
        for number in 0..<Limits.feedbackWindow {
            // Every delta is large: 65 ms.
            recorder.record(
                sequence: SequenceNumber(UInt16(number)), at: instant(ticks: Int64(number) * 260))
        }
        let messages = try drain(&recorder)
        #expect((4...5).contains(messages.count))
        #expect(messages.flatMap { $0 }.count == Limits.feedbackWindow)
    }

    @Test(
        "agrees with what happened, whatever the network does", arguments: 0..<40 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let lossPercent = [0, 1, 10, 60, 95][Int(seed % 5)]
        let spread = [1, 8, 200][Int(seed % 3)]
        var recorder = TransportFeedbackRecorder()
        var clock: Int64 = 1000 + Int64(seed) * 1_000_000
        var came: [UInt16: Int64] = [:]
        var told: [UInt16: Int64] = [:]
        var number = Int.random(in: 0..<65536, using: &generator)
        // Fewer numbers than a cycle, so that each stands for one packet.
        for _ in 0..<300 {
            var burst = (0..<Int.random(in: 1...100, using: &generator)).map { number + $0 }
            number += burst.count
            for index in burst.indices where Int.random(in: 0..<20, using: &generator) == 0 {
                let other = min(burst.count - 1, index + Int.random(in: 0...5, using: &generator))
                burst.swapAt(index, other)
            }
            for packet in burst where Int.random(in: 0..<100, using: &generator) >= lossPercent {
                clock += Int64.random(in: 0..<Int64(spread) * 4, using: &generator)
                let sequence = SequenceNumber(UInt16(truncatingIfNeeded: packet))
                came[sequence.rawValue] = clock
                recorder.record(sequence: sequence, at: instant(ticks: clock))
            }
            for packet in try drain(&recorder).flatMap({ $0 }) {
                if let arrival = packet.arrival { told[packet.sequence] = arrival }
            }
        }
        // The reference time has 24 bits of 64 ms and a sign.
        let cycle: Int64 = 1 << 32
        #expect(told.mapValues { (($0 % cycle) + cycle) % cycle } == came.mapValues { $0 % cycle })
    }
}

@Suite("Transport-wide feedback: the parser")
struct TransportFeedbackParserTests {
    @Test("reads every kind of chunk")
    func chunks() throws {
        let bytes: [UInt8] = [
            0xFF, 0xFE, 0, 12, 0xFF, 0xFF, 0xFF, 9,  // reference -64 ms
            0x40, 0x02,  // two large deltas
            0x90, 0x00,  // a one-bit vector, in which the second packet came
        ]
        // The vector tells of 14; the status count ends it.
        let control = bytes + [0x00, 0x08, 0xFF, 0xFC, 0x04, 0]
        let feedback = try TransportFeedback(parsing: control.rawSpan, in: 0..<control.count)
        #expect(feedback.baseSequence == SequenceNumber(65534))
        #expect(feedback.referenceTime == .milliseconds(-64))
        #expect(feedback.count == 9 && feedback.statusCount == 12 && feedback.receivedCount == 3)
        var arrivals: [Duration?] = []
        feedback.forEach(in: control.rawSpan) { _, arrival in arrivals.append(arrival) }
        #expect(arrivals[0] == .milliseconds(-62))
        #expect(arrivals[1] == .milliseconds(-63))
        #expect(arrivals[2] == nil)
        #expect(arrivals[3] == .milliseconds(-62))
        #expect(arrivals[4...].allSatisfy { $0 == nil })
    }

    @Test(
        "refuses what does not add up",
        arguments: [
            ([0, 1, 0, 1, 0, 0, 0], .tooShort),
            ([0, 1, 0, 0, 0, 0, 0, 0, 0x20, 1, 0], .statuses),
            ([0, 1, 0, 1, 0, 0, 0, 0], .statuses),
            ([0, 1, 0, 9, 0, 0, 0, 0, 0x00, 8], .statuses),
            ([0, 1, 0, 1, 0, 0, 0, 0, 0x00, 0, 0x00, 0], .statuses),
            ([0, 1, 0, 1, 0, 0, 0, 0, 0x60, 1], .reservedSymbol),
            ([0, 1, 0, 1, 0, 0, 0, 0, 0xF0, 0], .reservedSymbol),
            ([0, 1, 0, 1, 0, 0, 0, 0, 0x20, 1], .deltas),
            ([0, 1, 0, 1, 0, 0, 0, 0, 0x40, 1, 0], .deltas),
        ] as [([UInt8], TransportFeedback.Violation)])
    func refusing(bytes: [UInt8], violation: TransportFeedback.Violation) {
        #expect(throws: violation) {
            _ = try TransportFeedback(parsing: bytes.rawSpan, in: 0..<bytes.count)
        }
    }

    @Test("survives anything")
    func fuzz() {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<5000 {
            var bytes = (0..<Int.random(in: 0..<80, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            if bytes.count > 3 { (bytes[2], bytes[3]) = (0, bytes[3]) }
            guard
                let feedback = try? TransportFeedback(
                    parsing: bytes.rawSpan, in: 0..<bytes.count)
            else { continue }
            var told = 0
            feedback.forEach(in: bytes.rawSpan) { _, _ in told += 1 }
            #expect(told == feedback.statusCount)
        }
    }
}
