/// Which spatial layers a viewer gets of VP9 with several in one stream: the wanted one, and those
/// below that it refers to. Up at key pictures; down at any picture, as long as every frame of the lower
/// layer was passed on, which it is not where layers refer to each other in key pictures only (K-SVC).
package struct SpatialSelector: Sendable {
    /// The highest spatial layer that is wanted.
    package var wanted: UInt8
    /// The highest that is passed on.
    package private(set) var current: UInt8
    /// The highest that the source sends.
    private var highest: UInt8
    /// Bit i: every frame of layer i was passed on since the key picture.
    private var whole: UInt8 = .max
    /// Lower layers have been seen to be referred to outside of key pictures.
    private var refersDown = false
    /// The newest key picture: in it, layers always refer to each other.
    private var keyPicture: UInt16?

    /// Starts with a key picture.
    package init(wanted: UInt8, highest: UInt8) {
        self.wanted = wanted
        self.highest = highest
        current = min(wanted, highest)
    }

    /// Whether only a keyframe brings what is wanted, or anything at all.
    package var needsKeyframe: Bool {
        let reachable = min(wanted, highest)
        if reachable > current || highest < current && !isWhole(highest) { return true }
        return reachable < current && !isWhole(reachable)
    }

    private func isWhole(_ layer: UInt8) -> Bool { whole >> (layer & 7) & 1 != 0 }

    /// Looks whether the layers change with the picture that begins.
    mutating func pictureBegins(_ info: LayerInfo) {
        highest = info.highestSpatialID
        let reachable = min(wanted, highest)
        if info.isKeyframe {
            current = reachable
            whole = .max
        } else if reachable < current, isWhole(reachable) {
            current = reachable
        }
    }

    /// Notes a frame of a layer up to the current one, whether it is passed on or not.
    mutating func note(_ info: LayerInfo, isOmitted: Bool) {
        if info.isKeyframe { keyPicture = info.number }
        guard info.spatialID < current else { return }
        if isOmitted {
            whole &= ~(1 << (info.spatialID & 7))
            refersDown = false
        } else if info.number != keyPicture, !info.flags.contains(.notReferredToAbove) {
            refersDown = true
        }
    }

    /// Notes that packets are missing. When they come late, what was current then decides; frames of
    /// lower layers among them may be left out.
    mutating func noteHole() {
        if !refersDown { whole &= 1 << (current & 7) }
    }
}
