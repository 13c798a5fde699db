import Primitives

/// What arrived in the last 100 ms, and at least with the last five packets, without smoothing.
///
/// While a queue grows, that is what the link carries. The Bayesian mean of ``AcknowledgedBitrate``
/// needs a second or more to follow a step by half, in either direction: with it, a probe that was a
/// little too bold would cost all that it had found.
struct RecentThroughput: Equatable, Sendable {
    static let span: Int64 = 100_000
    static let minimumPackets = 5
    /// Packets: 100 ms of 8.5 Mbit/s are 90.
    static let capacity = 96

    /// Microseconds on the receiver's clock, which wrap, in the upper half; bytes below.
    private var packets: [UInt64]
    private var next = 0
    private var count = 0

    init() {
        packets = Array(repeating: 0, count: Self.capacity)
    }

    mutating func reset() { count = 0 }

    /// A packet arrived; in the order of arrival.
    mutating func add(size: Int, arrival: Int64) {
        packets[next] =
            UInt64(UInt32(truncatingIfNeeded: arrival)) << 32 | UInt64(UInt32(clamping: size))
        next = (next + 1) % Self.capacity
        count = min(count + 1, Self.capacity)
    }

    /// `nil` when there is too little to say: fewer than five packets, or 20 ms.
    var rate: DataRate? {
        var bytes = 0
        var age: Int64 = 0
        var used = 0
        let newest = packet(back: 0).time
        while used < count, age < Self.span || used < Self.minimumPackets {
            // The bytes of the oldest packet arrived before the time that is counted.
            let packet = packet(back: used)
            age = Int64(Int32(bitPattern: newest &- packet.time))
            if used > 0 { bytes += self.packet(back: used - 1).size }
            used += 1
        }
        guard used >= Self.minimumPackets, age >= 20_000 else { return nil }
        return DataRate(bytes: bytes, microseconds: age)
    }

    private func packet(back: Int) -> (time: UInt32, size: Int) {
        let entry = packets[(next + 2 * Self.capacity - 1 - back) % Self.capacity]
        return (UInt32(truncatingIfNeeded: entry >> 32), Int(UInt32(truncatingIfNeeded: entry)))
    }
}
