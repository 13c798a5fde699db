import Primitives
import Testing

@testable import Congestion

private func milliseconds(_ value: Int64) -> Instant { .zero + .milliseconds(value) }

@Suite("What was sent and waits for feedback")
struct SendHistoryTests {
    @Test("numbers count up and wrap; each is told of once")
    func matching() {
        var history = SendHistory()
        for number in 0..<70_000 {
            let now = milliseconds(Int64(number))
            let sequence = history.append(size: 1000, cluster: 7, at: now)
            #expect(sequence.rawValue == UInt16(truncatingIfNeeded: number))
            let match = history.match(sequence, arrival: 5, at: now + .milliseconds(50))
            #expect(
                match
                    == .told(
                        PacketResult(
                            sequence: sequence, size: 1000, sent: now, arrival: 5, cluster: 7,
                            wasLost: false)))
        }
        #expect(history.bytesInFlight == 0 && !history.hasInFlight)
        let again = history.match(SequenceNumber(UInt16(69_999 - 65_536)), arrival: 5, at: .zero)
        #expect(again == .repeated)
    }

    @Test("lost, lost still, and come late after all")
    func late() {
        var history = SendHistory()
        let sequence = history.append(size: 500, at: .zero)
        guard case .told(let lost) = history.match(sequence, arrival: nil, at: .zero) else {
            Issue.record("not told")
            return
        }
        #expect(lost.arrival == nil && !lost.wasLost)
        #expect(history.match(sequence, arrival: nil, at: .zero) == .stillLost)
        guard case .told(let late) = history.match(sequence, arrival: 9, at: .zero) else {
            Issue.record("not told")
            return
        }
        #expect(late.arrival == 9 && late.wasLost)
    }

    @Test("what was never sent, is not sent yet, or is forgotten")
    func lies() {
        var history = SendHistory()
        #expect(history.match(SequenceNumber(0), arrival: 1, at: .zero) == .future)
        for _ in 0..<10 { _ = history.append(size: 100, at: .zero) }
        #expect(history.match(SequenceNumber(10), arrival: 1, at: .zero) == .future)
        #expect(history.match(SequenceNumber(65_530), arrival: 1, at: .zero) == .neverSent)
        for _ in 0..<Limits.sendHistory { _ = history.append(size: 100, at: .zero) }
        #expect(history.match(SequenceNumber(9), arrival: 1, at: .zero) == .forgotten)
        #expect(history.bytesInFlight == Limits.sendHistory * 100)
    }

    @Test("what is behind the newest packet that was told of is in flight no more")
    func inFlight() {
        var history = SendHistory()
        for size in [100, 200, 300] { _ = history.append(size: size, at: .zero) }
        #expect(history.bytesInFlight == 600)
        _ = history.match(SequenceNumber(1), arrival: 1, at: .zero)
        #expect(history.bytesInFlight == 300 && history.hasInFlight)
        _ = history.match(SequenceNumber(0), arrival: 1, at: .zero)
        #expect(history.bytesInFlight == 300)
    }

    @Test("send times survive the wrap of their 32 bits")
    func clockWrap() {
        var history = SendHistory()
        let sent = Instant(nanoseconds: (1 << 32) * 1000 - 5_000_000)
        let sequence = history.append(size: 1, at: sent)
        guard
            case .told(let packet) = history.match(
                sequence, arrival: 1, at: sent + .milliseconds(80))
        else {
            Issue.record("not told")
            return
        }
        #expect(packet.sent == sent)
    }

    @Test("results are ordered by arrival, as far as disorder is bounded")
    func ordering() {
        var results = PacketResults()
        var isPlaced: [Bool] = []
        // 0...99 in order; one that arrived 10 places early, and one 60 places early.
        for (number, arrival) in (0..<100).map({ ($0, $0 * 10) }) + [(100, 895), (101, 395)] {
            isPlaced.append(
                results.append(
                    PacketResult(
                        sequence: SequenceNumber(UInt16(number)), size: 1, sent: .zero,
                        arrival: Int64(arrival), cluster: 0, wasLost: false), isTimely: true))
        }
        #expect(isPlaced == Array(repeating: true, count: 101) + [false])
        let times = results.order.map { results.packets[Int($0)].arrival ?? 0 }
        #expect(times == times.sorted() && times.count == 101 && results.packets.count == 102)
    }

    @Test("the receiver's clock: wraps are followed, jumps are seen")
    func clock() {
        var clock = ReceiverClock()
        #expect(clock.advance(to: 0x7F_FFFF, at: .zero).base == 0)
        let wrapped = clock.advance(to: -0x80_0000, at: milliseconds(64))
        #expect(wrapped.base == 64_000 && !wrapped.jumped)
        let jumped = clock.advance(to: 0, at: milliseconds(128))
        #expect(jumped.jumped)
        let calm = clock.advance(to: 1, at: milliseconds(192))
        #expect(!calm.jumped)
    }
}
