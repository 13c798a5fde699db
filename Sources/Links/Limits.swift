/// The bounds of this module, each with its reason.
package enum Limits {
    /// Datagrams that wait on a link: a third of a second at a gigabit a second, or 50 MB of memory. What
    /// comes when so many wait is dropped and counted.
    package static let waitingDatagrams = 32_768
}
