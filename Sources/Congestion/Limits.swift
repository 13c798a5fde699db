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
}
