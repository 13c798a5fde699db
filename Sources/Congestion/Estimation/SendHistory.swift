package import Primitives

/// What was sent to one viewer and waits for transport feedback: hands out the transport-wide
/// sequence numbers, and matches what feedback tells of them.
///
/// A ring of ``Limits/sendHistory`` entries of eight bytes, taken at the start. A number's low bits
/// are its place, so nothing is searched. What is overwritten before feedback came is forgotten.
package struct SendHistory: Sendable {
    /// Bits 0-31: when it was sent, in microseconds that wrap after 71 minutes; 32-47: bytes;
    /// 48-55: probe cluster; 56-57: ``State``.
    private var entries: [UInt64]
    /// How many were ever sent; the next one's number without wrapping.
    private var count: UInt64 = 0
    /// Everything before this number was told of, or is behind what was.
    private var firstInFlight: UInt64 = 0
    /// Bytes that were sent after the newest packet that feedback told of.
    package private(set) var bytesInFlight = 0

    private enum State {
        static let inFlight: UInt64 = 0
        static let lost: UInt64 = 1
        static let arrived: UInt64 = 2
    }

    /// What feedback's word on one packet amounts to.
    enum Match: Equatable {
        case told(PacketResult)
        /// Nothing new: it was told of before.
        case repeated
        /// Lost, and called lost before.
        case stillLost
        /// Sent so long ago that it is overwritten.
        case forgotten
        case neverSent
        case future
    }

    package init() {
        entries = Array(repeating: 0, count: Limits.sendHistory)
    }

    /// True while something was sent that no feedback has reached.
    package var hasInFlight: Bool { firstInFlight < count }

    /// Notes a packet that goes to the socket.
    ///
    /// - Parameters:
    ///   - size: bytes on the wire, 0...65535.
    ///   - cluster: the probe cluster that it is a part of; 0: none.
    /// - Returns: its transport-wide sequence number.
    package mutating func append(size: Int, cluster: UInt8 = 0, at now: Instant) -> SequenceNumber {
        let place = Self.place(count)
        if count &- firstInFlight >= UInt64(Limits.sendHistory) { release(upTo: firstInFlight + 1) }
        let sequence = SequenceNumber(UInt16(truncatingIfNeeded: count))
        let bytes = UInt64(UInt16(clamping: size))
        entries[place] =
            UInt64(Self.microseconds(now)) | bytes << 32 | UInt64(cluster) << 48
            | State.inFlight << 56
        bytesInFlight += Int(bytes)
        count += 1
        return sequence
    }

    /// Takes one packet's status.
    ///
    /// - Parameters:
    ///   - arrival: microseconds on the receiver's clock; `nil`: not received.
    ///   - now: when the feedback came.
    mutating func match(_ sequence: SequenceNumber, arrival: Int64?, at now: Instant) -> Match {
        let back = UInt64(UInt16(truncatingIfNeeded: count &- 1) &- sequence.rawValue)
        if count == 0 || back >= 32768 { return .future }
        if back >= count { return .neverSent }
        if back >= UInt64(Limits.sendHistory) { return .forgotten }
        let number = count - 1 - back
        if number >= firstInFlight { release(upTo: number + 1) }
        let place = Self.place(number)
        let entry = entries[place]
        let state = entry >> 56 & 3
        if state == State.arrived { return .repeated }
        if arrival == nil, state == State.lost { return .stillLost }
        entries[place] =
            entry & ~(3 << 56) | (arrival == nil ? State.lost : State.arrived) << 56
        let age = Self.microseconds(now) &- UInt32(truncatingIfNeeded: entry)
        // Whole microseconds, so that what was sent together stays together in two messages.
        let whole = Instant(nanoseconds: now.nanoseconds / 1000 * 1000)
        return .told(
            PacketResult(
                sequence: sequence, size: Int(entry >> 32 & 0xFFFF),
                sent: whole.advanced(nanoseconds: Int64(age) * -1000), arrival: arrival,
                cluster: UInt8(truncatingIfNeeded: entry >> 48), wasLost: state == State.lost))
    }

    /// Takes everything before `number` out of what is in flight.
    private mutating func release(upTo number: UInt64) {
        while firstInFlight < number {
            bytesInFlight -= Int(entries[Self.place(firstInFlight)] >> 32 & 0xFFFF)
            firstInFlight += 1
        }
    }

    private static func place(_ number: UInt64) -> Int {
        Int(truncatingIfNeeded: number) & (Limits.sendHistory - 1)
    }

    private static func microseconds(_ instant: Instant) -> UInt32 {
        UInt32(truncatingIfNeeded: instant.nanoseconds / 1000)
    }
}
