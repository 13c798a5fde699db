package import Primitives

/// A transport feedback message as its receiver, the sender of the media, reads it
/// (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).
package struct TransportFeedback: Equatable, Sendable {
    package enum Violation: Error, Equatable, Sendable {
        /// Shorter than its fields.
        case tooShort
        /// No packet is told of, or fewer than the status count says.
        case statuses
        /// The symbol 3, which nobody defines.
        case reservedSymbol
        /// Fewer arrival times than packets that arrived.
        case deltas
    }

    /// The first packet that is told of.
    package let baseSequence: SequenceNumber
    /// How many packets are told of, 1...65535.
    package let statusCount: Int
    /// A point on the receiver's clock, whose origin only it knows, in steps of 64 ms; 24 bits
    /// signed on the wire, which wrap after 12 days.
    package var referenceTime: Duration { .milliseconds(Int64(referenceSteps) * 64) }
    /// The same in its own unit, which is cheaper to reckon with: steps of 64 ms, 24 bits signed.
    let referenceSteps: Int32
    /// The number of this message; 8 bits that wrap.
    package let count: UInt8
    /// How many packets arrived.
    package let receivedCount: Int

    private let chunks: Range<Int>
    private let deltas: Range<Int>

    /// Reads and checks a message.
    ///
    /// - Parameter control: where it lies in `bytes`: from `RTCPPacket.transportFeedback`.
    package init(parsing bytes: RawSpan, in control: Range<Int>) throws(Violation) {
        guard control.lowerBound >= 0, control.upperBound <= bytes.byteCount, control.count >= 8
        else { throw .tooShort }
        let start = control.lowerBound
        baseSequence = SequenceNumber(bytes.uint16(at: start))
        statusCount = Int(bytes.uint16(at: start + 2))
        referenceSteps = Int32(bitPattern: bytes.uint24(at: start + 4) << 8) >> 8
        count = bytes.byte(at: start + 7)
        guard statusCount > 0 else { throw .statuses }

        var cursor = ChunkCursor(start + 8..<control.upperBound)
        var received = 0
        var deltaBytes = 0
        for _ in 0..<statusCount {
            guard let status = cursor.next(in: bytes) else { throw .statuses }
            guard status != .unrepresentable else { throw .reservedSymbol }
            if status != .notReceived { received += 1 }
            deltaBytes += status.deltaSize
        }
        receivedCount = received
        chunks = start + 8..<cursor.offset
        guard cursor.offset + deltaBytes <= control.upperBound else { throw .deltas }
        deltas = cursor.offset..<cursor.offset + deltaBytes
    }

    /// Calls `body` with each packet, in the order of the numbers, and when it arrived on the
    /// receiver's clock; `nil` when it has not arrived.
    ///
    /// - Parameter bytes: what the message was parsed from.
    package func forEach(
        in bytes: RawSpan, _ body: (_ sequence: SequenceNumber, _ arrival: Duration?) -> Void
    ) {
        let reference = referenceTime
        forEachTick(in: bytes) { sequence, ticks in
            body(sequence, ticks.map { reference + Self.tick * $0 })
        }
    }

    /// As ``forEach(in:_:)``, with arrivals in ticks of 250 µs since the reference time.
    func forEachTick(
        in bytes: RawSpan, _ body: (_ sequence: SequenceNumber, _ ticks: Int64?) -> Void
    ) {
        var cursor = ChunkCursor(chunks)
        var offset = deltas.lowerBound
        var ticks: Int64 = 0
        for index in 0..<statusCount {
            let sequence = baseSequence.advanced(by: index)
            switch cursor.next(in: bytes) {
            case .smallDelta:
                ticks += Int64(bytes.byte(at: offset))
                offset += 1
                body(sequence, ticks)
            case .largeDelta:
                ticks += Int64(Int16(bitPattern: bytes.uint16(at: offset)))
                offset += 2
                body(sequence, ticks)
            default: body(sequence, nil)
            }
        }
    }

    /// The unit of arrival deltas.
    private static let tick = Duration.microseconds(250)
}

/// Walks the statuses in a message's chunks.
private struct ChunkCursor {
    /// Where the next chunk starts.
    private(set) var offset: Int
    private let end: Int
    private var chunk: UInt16 = 0
    /// Statuses of the chunk that are not read yet.
    private var left = 0

    init(_ range: Range<Int>) {
        offset = range.lowerBound
        end = range.upperBound
    }

    /// The next status; `nil` when there are no more chunks.
    mutating func next(in bytes: RawSpan) -> PacketStatus? {
        // A run of length zero tells of nothing; each costs two bytes, so this ends.
        while left == 0 {
            guard offset + 2 <= end else { return nil }
            chunk = bytes.uint16(at: offset)
            offset += 2
            left = chunk & 0x8000 == 0 ? Int(chunk & 0x1FFF) : chunk & 0x4000 == 0 ? 14 : 7
        }
        left -= 1
        if chunk & 0x8000 == 0 { return PacketStatus(rawValue: chunk >> 13 & 3) }
        if chunk & 0x4000 == 0 { return PacketStatus(rawValue: chunk >> UInt16(left) & 1) }
        return PacketStatus(rawValue: chunk >> UInt16(2 * left) & 3)
    }
}
