/// The VP8 picture ids of one source when pictures are left out on purpose: a viewer's ids go up by one
/// with each picture, or its decoder waits for the one between (RFC 7741 §4.2).
///
/// Remembers which of the newest 64 pictures were left out: two seconds at 30 a second, longer than a
/// packet may be late (``Limits/nackLifetime``).
package struct PictureMapper: Sendable {
    /// Bit i: the picture i before ``newest`` was left out.
    private var omitted: UInt64 = 0
    private var total: UInt16 = 0
    private var newest: UInt16

    /// - Parameter first: the first picture's number, of 16 bits that wrap.
    package init(first: UInt16) {
        newest = first &- 1
    }

    /// Notes what was decided about a picture, with its first packet that comes; later ones, and pictures
    /// that come behind newer ones, change nothing.
    package mutating func note(_ picture: UInt16, isOmitted: Bool) {
        let step = Int16(bitPattern: picture &- newest)
        guard step > 0 else { return }
        omitted = step < 64 ? omitted << UInt64(step) : 0
        newest = picture
        guard isOmitted else { return }
        omitted |= 1
        total &+= 1
    }

    /// The number less the pictures that were left out before it; `nil` when it is too old to tell.
    package func mapped(_ picture: UInt16) -> UInt16? {
        let age = Int16(bitPattern: newest &- picture)
        guard age >= 0 else { return picture &- total }
        guard age < 64 else { return nil }
        let since = omitted & (UInt64.max >> UInt64(63 - age))
        return picture &- (total &- UInt16(since.nonzeroBitCount))
    }
}
