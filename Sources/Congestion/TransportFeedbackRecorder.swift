package import Primitives
package import RTP

/// The receiver's side of transport-wide congestion control: remembers when packets came, and tells
/// their sender (draft-holmer-rmcat-transport-wide-cc-extensions-01).
///
/// All memory is taken at the start. What is older than ``Limits/feedbackWindow`` packets is
/// forgotten, reported or not.
package struct TransportFeedbackRecorder: Sendable {
    /// Marks a packet that has not come.
    static let missing = Int64.min

    /// Arrival times in ticks of 250 µs, by sequence number modulo the window.
    private var arrivals: [Int64]
    private var unwrapper = SequenceUnwrapper()
    /// The next feedback starts here. Nothing before it is pending.
    private var base: Int64 = 0
    /// One behind the newest packet that came.
    private var end: Int64 = 0
    /// Numbers the feedback packets; wraps.
    private var feedbackCount: UInt8 = 0

    package init() {
        arrivals = Array(repeating: Self.missing, count: Limits.feedbackWindow)
    }

    /// True when packets came that no feedback has told of.
    package var hasPending: Bool { base < end }

    /// Notes the arrival of the packet with the transport-wide sequence number `sequence`.
    ///
    /// The first arrival counts; a packet that is older than the window is ignored. One that comes
    /// after a feedback that called it lost is told of in the next, with those behind it once more.
    package mutating func record(sequence: SequenceNumber, at now: Instant) {
        let number = unwrapper.unwrap(sequence)
        if end == 0 {
            base = number
            end = number
        }
        guard number > end - Int64(Limits.feedbackWindow) else { return }
        if number >= end { extend(to: number) }
        let slot = Self.slot(number)
        guard arrivals[slot] == Self.missing else { return }
        arrivals[slot] = Int64(now.nanoseconds / 250_000)
        base = min(base, number)
    }

    /// Makes room up to and with `number`, and forgets what falls out of the window.
    private mutating func extend(to number: Int64) {
        let oldest = number + 1 - Int64(Limits.feedbackWindow)
        for fresh in max(end, oldest)...number {
            arrivals[Self.slot(fresh)] = Self.missing
        }
        end = number + 1
        base = max(base, oldest)
    }

    private static func slot(_ number: Int64) -> Int {
        Int(number) & (Limits.feedbackWindow - 1)
    }

    /// Appends one feedback packet about what is pending. What does not fit into it stays pending,
    /// so call until ``hasPending`` is false.
    ///
    /// - Returns: false, with nothing appended, when nothing is pending or when `writer` has less
    ///   than ``Limits/maximumFeedbackSize`` bytes left.
    package mutating func writeFeedback(
        sender: SSRC, media: SSRC, into writer: inout ByteWriter
    ) -> Bool {
        guard hasPending, writer.remaining >= Limits.maximumFeedbackSize else { return false }
        guard let first = firstArrival() else {
            base = end
            return false
        }
        let reference = first >> 8  // 64 ms are 256 ticks
        let stop = endOfFeedback(reference: reference << 8)
        let mark = RTCPWriter.beginFeedback(
            RTCPPacketType.transportFeedback, RTCPFeedbackFormat.transportWide, sender: sender,
            media: media, into: &writer)
        writer.append(UInt16(truncatingIfNeeded: base))
        writer.append(UInt16(stop - base))
        writer.append(uint24: UInt32(truncatingIfNeeded: reference) & 0xFF_FFFF)
        writer.append(feedbackCount)
        writeChunks(upTo: stop, reference: reference << 8, into: &writer)
        writeDeltas(upTo: stop, reference: reference << 8, into: &writer)
        RTCPWriter.pad(mark, into: &writer)
        RTCPWriter.end(mark, into: &writer)
        feedbackCount &+= 1
        base = stop
        return true
    }

    private func firstArrival() -> Int64? {
        var number = base
        while number < end {
            let arrival = arrivals[Self.slot(number)]
            if arrival != Self.missing { return arrival }
            number += 1
        }
        return nil
    }
}

/// The statuses of packets, in the order of their numbers (draft §3.1.1).
extension TransportFeedbackRecorder {
    /// How far one packet reaches: until it is full, or until a delta needs more than 16 bits.
    private func endOfFeedback(reference: Int64) -> Int64 {
        // Common header, two SSRCs, the four fields above the chunks, and padding.
        let overhead = 20 + 3
        var cursor = StatusCursor(from: base, reference: reference)
        var deltaBytes = 0
        while cursor.number < end {
            let status = cursor.next(in: arrivals)
            // Each chunk but the last tells of seven packets or more.
            let chunkBytes = 2 * (Int(cursor.number - base) / 7 + 1)
            deltaBytes += status.deltaSize
            guard status != .unrepresentable,
                overhead + chunkBytes + deltaBytes <= Limits.maximumFeedbackSize
            else { return cursor.number - 1 }
        }
        return end
    }

    private func writeDeltas(
        upTo stop: Int64, reference: Int64, into writer: inout ByteWriter
    ) {
        var cursor = StatusCursor(from: base, reference: reference)
        while cursor.number < stop {
            switch cursor.next(in: arrivals) {
            case .smallDelta: writer.append(UInt8(cursor.delta))
            case .largeDelta: writer.append(UInt16(bitPattern: Int16(cursor.delta)))
            case .notReceived, .unrepresentable: break
            }
        }
    }

    private func writeChunks(
        upTo stop: Int64, reference: Int64, into writer: inout ByteWriter
    ) {
        var cursor = StatusCursor(from: base, reference: reference)
        while cursor.number < stop {
            let left = Int(stop - cursor.number)
            let (run, symbol) = runLength(from: cursor, atMost: left)
            if run >= StatusVector.oneBitCapacity || run == left {
                cursor.skip(run, in: arrivals)
                writer.append(StatusVector.runLength(of: symbol, count: run))
                continue
            }
            let vector = statusVector(from: cursor, atMost: left)
            if !vector.isOneBit, run >= StatusVector.twoBitCapacity {
                cursor.skip(run, in: arrivals)
                writer.append(StatusVector.runLength(of: symbol, count: run))
            } else {
                cursor.skip(vector.count, in: arrivals)
                writer.append(vector.chunk)
            }
        }
    }

    /// How often the status at `cursor` comes in a row. The window is shorter than the 13 bits that
    /// a run length chunk has.
    private func runLength(
        from cursor: StatusCursor, atMost limit: Int
    ) -> (count: Int, status: PacketStatus) {
        var cursor = cursor
        let status = cursor.next(in: arrivals)
        var count = 1
        while count < limit, cursor.next(in: arrivals) == status { count += 1 }
        return (count, status)
    }

    private func statusVector(from cursor: StatusCursor, atMost limit: Int) -> StatusVector {
        var cursor = cursor
        var vector = StatusVector()
        for _ in 0..<min(limit, StatusVector.oneBitCapacity) {
            vector.append(cursor.next(in: arrivals))
        }
        return vector
    }
}

/// What feedback says of one packet: the two-bit symbols (draft §3.1.1).
enum PacketStatus: UInt16 {
    case notReceived = 0
    /// Received, up to 63.75 ms after the one before.
    case smallDelta = 1
    /// Received, later than that or before the one before.
    case largeDelta = 2
    /// Received, but the distance does not fit into 16 bits: a feedback packet of its own starts.
    case unrepresentable = 3

    init(delta: Int64) {
        if (0...255).contains(delta) {
            self = .smallDelta
        } else {
            self = Int16(exactly: delta) == nil ? .unrepresentable : .largeDelta
        }
    }

    /// The bytes that the delta takes.
    var deltaSize: Int {
        switch self {
        case .notReceived, .unrepresentable: 0
        case .smallDelta: 1
        case .largeDelta: 2
        }
    }
}

/// Walks the recorded arrivals and turns them into statuses.
private struct StatusCursor {
    var number: Int64
    /// Ticks of 250 µs from the packet before to the one last read.
    var delta: Int64 = 0
    private var previous: Int64

    init(from number: Int64, reference: Int64) {
        self.number = number
        previous = reference
    }

    mutating func next(in arrivals: borrowing [Int64]) -> PacketStatus {
        let arrival = arrivals[Int(number) & (Limits.feedbackWindow - 1)]
        number += 1
        guard arrival != TransportFeedbackRecorder.missing else { return .notReceived }
        delta = arrival - previous
        previous = arrival
        return PacketStatus(delta: delta)
    }

    mutating func skip(_ count: Int, in arrivals: borrowing [Int64]) {
        for _ in 0..<count { _ = next(in: arrivals) }
    }
}

/// A chunk that lists statuses: 14 of one bit, or 7 of two (draft §3.1.4).
private struct StatusVector {
    static let oneBitCapacity = 14
    static let twoBitCapacity = 7

    private var oneBit: UInt16 = 0
    private var twoBit: UInt16 = 0
    private var added = 0
    /// True while no status needs two bits.
    private(set) var isOneBit = true

    mutating func append(_ status: PacketStatus) {
        if status.rawValue > 1 { isOneBit = false }
        oneBit |= (status.rawValue & 1) << UInt16(Self.oneBitCapacity - 1 - added)
        if added < Self.twoBitCapacity {
            twoBit |= status.rawValue << UInt16(2 * (Self.twoBitCapacity - 1 - added))
        }
        added += 1
    }

    /// How many of the appended statuses the chunk tells of.
    var count: Int { isOneBit ? added : min(added, Self.twoBitCapacity) }

    var chunk: UInt16 { isOneBit ? 0x8000 | oneBit : 0xC000 | twoBit }

    /// The other kind of chunk: one status and how often it comes (draft §3.1.3).
    static func runLength(of status: PacketStatus, count: Int) -> UInt16 {
        status.rawValue << 13 | UInt16(count)
    }
}
