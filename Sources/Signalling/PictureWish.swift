package import Primitives

/// How a viewer wants the picture of one publisher.
package struct PictureWish: Hashable, Sendable {
    /// The size that it is shown at, in pixels of the viewer's screen; nothing in either direction is not
    /// visible. `nil`: the viewer has not said.
    package var shown: PictureSize?
    /// The `rid` of the layer that it asked for; `nil`, or one that the publisher does not have:
    /// automatic.
    package var layer: String?
    /// It goes before others.
    package var isPinned = false
    /// The viewer wants no picture of it, only its sound.
    package var isPaused = false

    package init() {}
}

extension PictureWish {
    /// One thing that a viewer says of a picture; the rest stays as it was.
    package enum Change: Hashable, Sendable {
        case shown(PictureSize)
        /// `nil`: automatic again.
        case layer(String?)
        case pinned(Bool)
        case paused(Bool)
    }

    package mutating func apply(_ change: Change) {
        switch change {
        case .shown(let size): shown = size
        case .layer(let name): layer = name
        case .pinned(let isPinned): self.isPinned = isPinned
        case .paused(let isPaused): self.isPaused = isPaused
        }
    }
}

/// What a viewer says of one publisher's picture.
package struct PictureRequest: Hashable, Sendable {
    package var publisher: ParticipantID
    package var change: PictureWish.Change

    package init(_ publisher: ParticipantID, _ change: PictureWish.Change) {
        self.publisher = publisher
        self.change = change
    }
}
