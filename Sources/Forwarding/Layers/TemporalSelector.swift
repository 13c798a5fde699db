/// Which temporal layers a viewer gets of VP8, and of VP9: down at once, up only where no picture that
/// was left out is referred to any more.
package struct TemporalSelector: Sendable {
    /// The highest temporal layer that is wanted.
    package var wanted: UInt8
    /// The highest that is passed on.
    package private(set) var current: UInt8

    /// Starts with a keyframe.
    package init(wanted: UInt8) {
        self.wanted = wanted
        current = wanted
    }

    /// Looks whether the layers change with the picture that begins.
    mutating func pictureBegins(_ info: LayerInfo) {
        if wanted < current || info.isKeyframe {
            current = wanted
        } else if wanted > current {
            goUp(info)
        }
    }

    private mutating func goUp(_ info: LayerInfo) {
        if info.flags.contains(.switchingUp), info.temporalID <= current {
            // What follows refers to nothing that was left out (RFC 9628 §4.2, U).
            current = wanted
        } else if info.flags.contains(.layerSync), info.temporalID == current + 1 {
            // One layer at a time: pictures of this layer may still refer to older ones of those
            // between (RFC 7741 §4.2, Y).
            current += 1
        }
    }
}
