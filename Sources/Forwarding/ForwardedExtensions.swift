internal import Primitives
internal import RTP

/// The ids under which one side negotiated the header extensions that are passed from host to
/// viewer; 0 where it did not (RFC 8285: ids are 1-14 in the one-byte form).
package struct ForwardedExtensionIDs: Hashable, Sendable {
    package var audioLevel: UInt8
    package var videoOrientation: UInt8
    package var absCaptureTime: UInt8
    package var dependencyDescriptor: UInt8

    package init(
        audioLevel: UInt8 = 0, videoOrientation: UInt8 = 0, absCaptureTime: UInt8 = 0,
        dependencyDescriptor: UInt8 = 0
    ) {
        self.audioLevel = audioLevel
        self.videoOrientation = videoOrientation
        self.absCaptureTime = absCaptureTime
        self.dependencyDescriptor = dependencyDescriptor
    }

    /// The four ids in the order in which a packet's values are kept.
    subscript(index: Int) -> UInt8 {
        switch index {
        case 0: audioLevel
        case 1: videoOrientation
        case 2: absCaptureTime
        default: dependencyDescriptor
        }
    }

    /// How many values are passed on as they are: all but the last.
    static let count = 3
    /// How many are kept.
    static let keptCount = 4
    /// The dependency descriptor's place: each viewer's is written anew.
    static let descriptorIndex = 3

    /// The bytes of the largest value of an extension that is kept.
    static func largestValue(_ index: Int) -> Int {
        index == descriptorIndex ? RTP.Limits.maximumDependencyDescriptorSize : 16
    }
}

/// Where the values of the forwarded extensions lie behind a kept packet's payload.
struct KeptExtensions: Hashable, Sendable {
    /// Sizes in bytes, 0 for an absent one, in the order of ``ForwardedExtensionIDs``.
    var sizes: (UInt8, UInt8, UInt8, UInt8) = (0, 0, 0, 0)

    static func == (lhs: KeptExtensions, rhs: KeptExtensions) -> Bool { lhs.sizes == rhs.sizes }

    func hash(into hasher: inout Hasher) {
        hasher.combine(sizes.0)
        hasher.combine(sizes.1)
        hasher.combine(sizes.2)
        hasher.combine(sizes.3)
    }

    /// The bytes of all values together.
    var size: Int { Int(sizes.0) + Int(sizes.1) + Int(sizes.2) + Int(sizes.3) }

    /// What they make a header longer by when all are passed on beside a transport-wide sequence number
    /// of two bytes: four bytes, the values, one or two for each with its own (RFC 8285 §4.2, §4.3), and
    /// zeros up to a whole word.
    var headerSize: Int {
        var count = 1
        for index in 0..<ForwardedExtensionIDs.keptCount where self[index] > 0 { count += 1 }
        let form = self[ForwardedExtensionIDs.descriptorIndex] > 16 ? 2 : 1
        return 4 + (2 + size + count * form + 3) / 4 * 4
    }

    subscript(index: Int) -> Int {
        get {
            switch index {
            case 0: Int(sizes.0)
            case 1: Int(sizes.1)
            case 2: Int(sizes.2)
            default: Int(sizes.3)
            }
        }
        set {
            let size = UInt8(truncatingIfNeeded: newValue)
            switch index {
            case 0: sizes.0 = size
            case 1: sizes.1 = size
            case 2: sizes.2 = size
            default: sizes.3 = size
            }
        }
    }

    var isEmpty: Bool { sizes == (0, 0, 0, 0) }
}
