/// Why an offer cannot be answered.
package enum NegotiationError: Error, Hashable, Sendable {
    /// Says what is wrong with the offer and what would be right.
    case unusable(String)
    /// Nothing in common for a kind of media that the offer wants; both lists by name.
    case noCommonCodec(offered: [String], supported: [String])
}
