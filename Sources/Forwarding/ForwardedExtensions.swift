internal import Primitives
internal import RTP

/// The ids under which one side negotiated the header extensions that are passed from host to
/// viewer; 0 where it did not (RFC 8285: ids are 1-14 in the one-byte form).
package struct ForwardedExtensionIDs: Hashable, Sendable {
    package var audioLevel: UInt8
    package var videoOrientation: UInt8
    package var absCaptureTime: UInt8

    package init(audioLevel: UInt8 = 0, videoOrientation: UInt8 = 0, absCaptureTime: UInt8 = 0) {
        self.audioLevel = audioLevel
        self.videoOrientation = videoOrientation
        self.absCaptureTime = absCaptureTime
    }

    /// The three ids in the order in which a packet's values are kept.
    subscript(index: Int) -> UInt8 {
        switch index {
        case 0: audioLevel
        case 1: videoOrientation
        default: absCaptureTime
        }
    }

    static let count = 3
}

/// Where the values of the forwarded extensions lie behind a kept packet's payload.
struct KeptExtensions: Hashable, Sendable {
    /// Sizes in bytes, 0 for an absent one, in the order of ``ForwardedExtensionIDs``.
    var sizes: (UInt8, UInt8, UInt8) = (0, 0, 0)

    static func == (lhs: KeptExtensions, rhs: KeptExtensions) -> Bool { lhs.sizes == rhs.sizes }

    func hash(into hasher: inout Hasher) {
        hasher.combine(sizes.0)
        hasher.combine(sizes.1)
        hasher.combine(sizes.2)
    }

    /// The bytes of all values together.
    var size: Int { Int(sizes.0) + Int(sizes.1) + Int(sizes.2) }

    /// What they make a header longer by when all are passed on beside a transport-wide sequence number
    /// of three bytes, in the one-byte form (RFC 8285 §4.2): four bytes, one for each value with its own,
    /// and zeros up to a whole word.
    var headerSize: Int {
        var count = 0
        for index in 0..<ForwardedExtensionIDs.count where self[index] > 0 { count += 1 }
        return 4 + (3 + size + count + 3) / 4 * 4
    }

    subscript(index: Int) -> Int {
        get {
            switch index {
            case 0: Int(sizes.0)
            case 1: Int(sizes.1)
            default: Int(sizes.2)
            }
        }
        set {
            let size = UInt8(truncatingIfNeeded: newValue)
            switch index {
            case 0: sizes.0 = size
            case 1: sizes.1 = size
            default: sizes.2 = size
            }
        }
    }

    var isEmpty: Bool { sizes == (0, 0, 0) }
}
