/// The bounds and units of this module.
package enum Limits {
    /// Numbers that a recorder keeps between two feedback packets: 2 s at 1,000 packets a second. A
    /// power of two.
    package static let feedbackWindow = 2048
    /// Numbers that one feedback packet speaks of, so that with two-byte deltas for all of them it
    /// still fits a datagram.
    package static let feedbackPackets = 400
    /// The unit of the reference time: 64 ms in nanoseconds.
    package static let referenceUnit: UInt64 = 64_000_000
    /// The unit of the deltas: 250 µs in nanoseconds.
    package static let deltaUnit: UInt64 = 250_000
}
