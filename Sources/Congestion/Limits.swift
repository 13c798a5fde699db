/// The bounds of this module.
package enum Limits {
    /// Packets whose arrival is remembered for transport feedback: two seconds of a publisher at
    /// the most that a stage allows (8.5 Mbit/s, about 1,000 packets a second). A power of two.
    package static let feedbackWindow = 2048

    /// Bytes of one transport feedback packet: with what stands beside it in a compound, and with
    /// SRTCP's trailer, it stays below the path MTU of 1,200 bytes. Large enough that a window of
    /// lost packets and one that arrived fit (2048 / 7 chunks of two bytes), so that each packet
    /// makes progress.
    package static let maximumFeedbackSize = 1100

    /// Packets to one viewer that wait for feedback: a second of 8.5 Mbit/s, three of 2.5 Mbit/s.
    /// Eight bytes each, and each viewer has as many, so not more. A power of two that divides
    /// 65,536: a sequence number's low bits are its place.
    package static let sendHistory = 1024

    /// Packets that one feedback message may tell of: eight seconds of 8.5 Mbit/s. A run of 65,535
    /// takes 26 bytes on the wire; walking it must not become a cheap way to busy a worker.
    package static let maximumStatuses = 8192

    /// Places that a packet may have moved ahead or back on its way and still be put into the order
    /// of arrival. One that moved further says nothing of a queue, and unbounded sorting of what a
    /// peer wrote would cost the square of the message.
    package static let maximumReordering = 32

    /// Probe clusters whose results are awaited: two at the start, and those of one more round.
    /// A power of two.
    package static let probeClusters = 4

    /// Packets that may go to a viewer in one go: a policer with a bucket of 30 packets, which many
    /// access networks have, still has room for two more such bursts.
    package static let maximumBurst = 10
}
