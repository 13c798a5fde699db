/// What a forwarder must know of a packet to decide who gets it: found once, when it arrives, and kept
/// beside it, so that what is left to do for each viewer is to compare integers.
package struct LayerInfo: Hashable, Sendable {
    /// Where the layers are told.
    package enum Format: UInt8, Hashable, Sendable {
        /// Nowhere: every packet belongs to every viewer (H.264, and sound).
        case plain
        /// In the payload descriptor (RFC 7741 §4.2, RFC 9628 §4.2).
        case vp8, vp9
        /// In the dependency descriptor (AV1 RTP specification appendix A).
        case dependencyDescriptor
        /// In a dependency descriptor whose structure has not come: only its frame number is known.
        case unknownStructure
    }

    package struct Flags: OptionSet, Hashable, Sendable {
        package let rawValue: UInt16
        package init(rawValue: UInt16) { self.rawValue = rawValue }

        /// The packet starts, and ends, a frame: of one spatial layer, where there are several.
        package static let beginsFrame = Flags(rawValue: 1 << 0)
        package static let endsFrame = Flags(rawValue: 1 << 1)
        /// The RTP marker: no packet of this picture follows.
        package static let endsPicture = Flags(rawValue: 1 << 2)
        /// The frame refers to no earlier picture.
        package static let keyframe = Flags(rawValue: 1 << 3)
        /// The frame's references have lower temporal ids than its own: VP8's Y bit.
        package static let layerSync = Flags(rawValue: 1 << 4)
        /// Later frames of higher temporal layers refer to none before this one that is of a higher
        /// layer than this one: VP9's U bit.
        package static let switchingUp = Flags(rawValue: 1 << 5)
        /// Higher spatial layers do not refer to this frame: VP9's Z bit.
        package static let notReferredToAbove = Flags(rawValue: 1 << 6)
        package static let hasPictureID = Flags(rawValue: 1 << 7)
        package static let hasTL0PicIdx = Flags(rawValue: 1 << 8)
        /// The frame refers to more than ``LayerInfo/references`` can say.
        package static let refersFarther = Flags(rawValue: 1 << 9)
        /// The packet carries a dependency structure.
        package static let hasStructure = Flags(rawValue: 1 << 10)
        /// Nothing but padding: no viewer needs it.
        package static let padding = Flags(rawValue: 1 << 11)
    }

    /// The decode target indications, in two bit planes: see `DecodeTargetIndications`.
    package var indicationsLow: UInt32 = 0
    package var indicationsHigh: UInt32 = 0
    /// Bit i: the frame refers to the one i + 1 before, in frame numbers.
    package var references: UInt32 = 0
    /// The decode targets that the source sends.
    package var activeTargets: UInt32 = 0
    /// The picture id, made 16 bits wide, or the frame number.
    package var number: UInt16 = 0
    package var flags: Flags = []
    /// The bit of the dependency descriptor at which the mask of active targets stands, or would stand.
    package var maskPosition: UInt16 = 0
    package var format: Format = .plain
    package var spatialID: UInt8 = 0
    package var temporalID: UInt8 = 0
    package var tl0PicIdx: UInt8 = 0
    package var keyIndex: UInt8 = 0
    /// The generation of the dependency structure.
    package var structure: UInt8 = 0
    /// How many decode targets it has.
    package var targetCount: UInt8 = 0
    /// The highest spatial layer that the source sends, as far as that is known.
    package var highestSpatialID: UInt8 = .max

    package init() {}

    package var beginsFrame: Bool { flags.contains(.beginsFrame) }
    package var endsFrame: Bool { flags.contains(.endsFrame) }
    package var endsPicture: Bool { flags.contains(.endsPicture) }
    package var isKeyframe: Bool { flags.contains(.keyframe) }

    /// See `DecodeTargetIndications`.
    var present: UInt32 { indicationsLow | indicationsHigh }
    var needed: UInt32 { indicationsHigh }
    var switching: UInt32 { indicationsHigh & ~indicationsLow }
}
