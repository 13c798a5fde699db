/// The bounds of this module, each with its reason.
package enum Limits {
    /// Bytes of a description: an offer for 24 tracks from a browser has about 40 KiB.
    package static let descriptionBytes = 64 * 1024
    /// Lines of a description, all sections together.
    package static let lines = 4096
    /// Bytes of one line: a simulcast or fmtp line with everything has a few hundred.
    package static let lineBytes = 4096
    /// Media sections: 12 publishers with sound and picture, and room to refuse the rest.
    package static let mediaSections = 64
}
