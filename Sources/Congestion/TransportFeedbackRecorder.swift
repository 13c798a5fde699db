package import Primitives
package import RTP

/// The receiver's half of transport-wide congestion control: notes when each packet of a transport
/// arrived, and writes that down as feedback for the sender's estimator
/// (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3).
package struct TransportFeedbackRecorder: Sendable {
    /// One arrival time for each of the newest numbers; 0 for none.
    private var arrivals: [UInt64]
    private var unwrapper = SequenceUnwrapper()
    /// The first number that the next feedback speaks of; `nil` before the first packet.
    private var base: Int64?
    private var highest: Int64 = 0
    private var feedbackCount: UInt8 = 0
    private var pendingCount = 0

    package init() {
        arrivals = Array(repeating: 0, count: Limits.feedbackWindow)
    }

    private func slot(_ sequence: Int64) -> Int { Int(sequence) & (Limits.feedbackWindow - 1) }

    package var hasPending: Bool { pendingCount > 0 }

    package mutating func record(sequence: SequenceNumber, at now: Instant) {
        let number = unwrapper.unwrap(sequence)
        let first = base ?? number
        guard number >= first else { return }  // Reported as lost already.
        if base == nil { (base, highest) = (number, number - 1) }
        guard number - first < Limits.feedbackWindow else {
            // A jump past the window: what lay before it can no longer be told.
            arrivals = Array(repeating: 0, count: Limits.feedbackWindow)
            (base, highest, pendingCount) = (number, number, 1)
            arrivals[slot(number)] = max(1, now.nanoseconds)
            return
        }
        if arrivals[slot(number)] == 0 { pendingCount += 1 }
        arrivals[slot(number)] = max(1, now.nanoseconds)
        highest = max(highest, number)
    }

    /// Appends one feedback packet about everything since the last one, as far as
    /// ``Limits/feedbackPackets`` and the 16-bit deltas reach.
    /// - Returns: false when there was nothing to say.
    package mutating func writeFeedback(
        sender: SSRC, media: SSRC, into packet: inout ByteWriter
    ) -> Bool {
        guard pendingCount > 0, var first = base else { return false }
        while arrivals[slot(first)] == 0 { first += 1 }
        let reference = arrivals[slot(first)] / Limits.referenceUnit
        let last = lastReportable(from: first, reference: reference)
        let start = packet.count
        packet.append(0x8F as UInt8)  // Format 15.
        packet.append(205 as UInt8)
        packet.append(0 as UInt16)
        packet.append(sender.rawValue)
        packet.append(media.rawValue)
        packet.append(UInt16(truncatingIfNeeded: first))
        packet.append(UInt16(truncatingIfNeeded: last - first + 1))
        packet.append(uint24: UInt32(truncatingIfNeeded: reference) & 0xFF_FFFF)
        packet.append(feedbackCount)
        feedbackCount &+= 1
        writeChunks(first...last, reference: reference, into: &packet)
        writeDeltas(first...last, reference: reference, into: &packet)
        while (packet.count - start) % 4 != 0 { packet.append(0 as UInt8) }
        packet.set(UInt16((packet.count - start) / 4 - 1), at: start + 2)
        forget(through: last)
        return true
    }

    /// Steps through the arrivals of a range, giving each its delta in units of 250 µs.
    private struct Deltas {
        var previous: Int64

        init(reference: UInt64) {
            previous = Int64(reference * (Limits.referenceUnit / Limits.deltaUnit))
        }

        mutating func next(_ arrival: UInt64) -> Int64 {
            let time = Int64(arrival / Limits.deltaUnit)
            defer { previous = time }
            return time - previous
        }
    }

    private func lastReportable(from first: Int64, reference: UInt64) -> Int64 {
        var deltas = Deltas(reference: reference)
        var last = first
        for number in first...min(highest, first + Int64(Limits.feedbackPackets) - 1) {
            let arrival = arrivals[slot(number)]
            guard arrival != 0 else { continue }
            guard Int64(Int16.min)...Int64(Int16.max) ~= deltas.next(arrival) else { break }
            last = number
        }
        return last
    }

    /// Status vector chunks of seven two-bit symbols, and run-length chunks for long losses (§3.1.2).
    private func writeChunks(
        _ range: ClosedRange<Int64>, reference: UInt64, into packet: inout ByteWriter
    ) {
        var deltas = Deltas(reference: reference)
        var symbols: UInt16 = 0
        var count = 0
        var number = range.lowerBound
        while number <= range.upperBound {
            if count == 0 {
                let lost = lossRun(from: number, through: range.upperBound)
                if lost >= 14 {
                    packet.append(UInt16(min(lost, 0x1FFF)))
                    number += Int64(min(lost, 0x1FFF))
                    continue
                }
            }
            symbols |= symbol(number, &deltas) << UInt16(12 - 2 * count)
            count += 1
            number += 1
            if count == 7 {
                packet.append(0xC000 | symbols)
                (symbols, count) = (0, 0)
            }
        }
        if count > 0 { packet.append(0xC000 | symbols) }
    }

    private func lossRun(from number: Int64, through last: Int64) -> Int {
        var run = 0
        while number + Int64(run) <= last, arrivals[slot(number + Int64(run))] == 0 { run += 1 }
        return run
    }

    /// 0: lost, 1: a delta of one byte, 2: a delta of two.
    private func symbol(_ number: Int64, _ deltas: inout Deltas) -> UInt16 {
        let arrival = arrivals[slot(number)]
        guard arrival != 0 else { return 0 }
        return 0...255 ~= deltas.next(arrival) ? 1 : 2
    }

    private func writeDeltas(
        _ range: ClosedRange<Int64>, reference: UInt64, into packet: inout ByteWriter
    ) {
        var deltas = Deltas(reference: reference)
        for number in range where arrivals[slot(number)] != 0 {
            let delta = deltas.next(arrivals[slot(number)])
            if 0...255 ~= delta {
                packet.append(UInt8(delta))
            } else {
                packet.append(UInt16(bitPattern: Int16(clamping: delta)))
            }
        }
    }

    private mutating func forget(through last: Int64) {
        guard let base else { return }
        for number in base...last {
            if arrivals[slot(number)] != 0 { pendingCount -= 1 }
            arrivals[slot(number)] = 0
        }
        self.base = last + 1
    }
}
