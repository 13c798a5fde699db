internal import Forwarding
internal import Primitives

/// The repair packets of one of a viewer's pictures.
struct PictureProtection {
    var policy = RepairPolicy()
    /// Its encoder's place in the worker's table; `nil` while nothing is protected.
    var encoder: Int?
    /// The unwrapped number of the newest repair packet.
    var sequence: Int64
    /// When the first packet of the group went.
    var groupBegan = Instant.zero

    /// Starts with a random number in the lower half, as ``OutgoingTrack`` does.
    init(using generator: inout some RandomNumberGenerator) {
        sequence = Int64.random(in: 0..<32_768, using: &generator)
    }
}
