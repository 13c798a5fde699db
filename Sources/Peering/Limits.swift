internal import Primitives

/// The bounds of this module, each with its reason.
package enum Limits {
    /// Media sections that an offer may use: 12 publishers with sound and picture, and one to spare
    /// for a data channel that is refused.
    package static let mediaSections = 32
    /// Simulcast layers of one picture (RFC 8853 sets no bound; browsers send up to three).
    package static let simulcastLayers = 3
    /// SSRCs bound to one publisher: three layers and their RTX, sound and its RTX, and as many
    /// again for a browser that restarts its streams.
    package static let sources = 16
    /// The time in which ICE and DTLS must both be up.
    package static let connectTimeout = Duration.seconds(15)
    /// Room for one RTCP compound packet: an Ethernet datagram less IP, UDP and SRTCP.
    package static let rtcpBytes = 1200
}
