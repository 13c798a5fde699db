package import Primitives

/// A short burst above the estimate that measures the link: what the pacer is asked to send, as media
/// where it has some, and as padding where not.
package struct Probe: Equatable, Sendable {
    /// Tells its packets from others': 1...255, again and again. 0: it measures nothing, but fills.
    package var cluster: UInt8
    /// How fast it is sent.
    package var rate: DataRate
    /// At least so many packets: a measure of two is none.
    package var minimumPackets: Int
    /// At least so many bytes, which is its duration at its rate.
    package var minimumBytes: Int
}
