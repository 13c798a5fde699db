package import Primitives

/// What became of one packet, as feedback tells.
package struct PacketResult: Equatable, Sendable {
    package var sequence: SequenceNumber
    /// Bytes on the wire.
    package var size: Int
    /// When it went to the socket.
    package var sent: Instant
    /// When it arrived, in microseconds on the receiver's clock; `nil`: reported as not received.
    package var arrival: Int64?
    /// The probe cluster that it was a part of; 0: none.
    package var cluster: UInt8
    /// True when an earlier message called it lost.
    package var wasLost: Bool
}

/// The results of one feedback message.
///
/// One serves a whole worker, so that viewers do not own one each: 43 kB, taken at the start and
/// reused with every message.
package struct PacketResults: Sendable {
    /// In the order of sending.
    package private(set) var packets: [PacketResult] = []
    /// Places in ``packets`` of those that arrived, in the order of arrival.
    package private(set) var order: [UInt16] = []

    package init() {
        packets.reserveCapacity(Limits.sendHistory)
        order.reserveCapacity(Limits.sendHistory)
    }

    mutating func removeAll() {
        packets.removeAll(keepingCapacity: true)
        order.removeAll(keepingCapacity: true)
    }

    /// Appends a result.
    ///
    /// - Parameter isTimely: false: its arrival time is not to be used.
    /// - Returns: false when ``order`` leaves it out, because it arrived too far out of order.
    mutating func append(_ packet: PacketResult, isTimely: Bool) -> Bool {
        guard packets.count < Limits.sendHistory else { return false }
        packets.append(packet)
        guard let arrival = packet.arrival else { return true }
        return isTimely && place(UInt16(packets.count - 1), arrival: arrival)
    }

    /// Puts a packet at its place in the order of arrival, looking back a bounded way.
    private mutating func place(_ index: UInt16, arrival: Int64) -> Bool {
        let nearest = max(0, order.count - Limits.maximumReordering)
        var position = order.count
        while position > nearest, arrivalTime(order[position - 1]) > arrival { position -= 1 }
        if position == nearest, position > 0, arrivalTime(order[position - 1]) > arrival {
            return false
        }
        order.insert(index, at: position)
        return true
    }

    private func arrivalTime(_ index: UInt16) -> Int64 { packets[Int(index)].arrival ?? .min }
}
