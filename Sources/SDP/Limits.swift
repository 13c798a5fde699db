/// The bounds of this module.
package enum Limits {
    /// Bytes of a session description. A browser's offer for one camera has about 6 KiB; Chromium's
    /// for 24 receive slots 72,000 bytes in 2,343 lines.
    package static let maximumSize = 128 * 1024

    /// Lines of a session description.
    package static let maximumLines = 4096

    /// Bytes of one line, its end not counted.
    package static let maximumLineSize = 4 * 1024

    /// Media sections: 12 publishers with sound and picture need 24.
    package static let maximumMediaSections = 64
}
