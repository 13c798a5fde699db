import DatagramIO
import Primitives
import RTP

/// What the clients of a thread share, one after the other: room for what they write, and what they
/// count and report.
struct Workbench: ~Copyable {
    let settings: LoadSettings
    let clock: ClockAnchor
    var queue = SendQueue()
    /// The packet that was opened last.
    var clear = ByteWriter(capacity: 4096)
    /// A payload with its stamp, before it is sealed.
    var payload = ByteWriter(capacity: 2048)
    /// The sequence numbers of one NACK.
    var missing: [SequenceNumber] = []
    var figures = Figures()
    var events: [ClientEvent] = []
    var random: SeededGenerator

    init(_ settings: LoadSettings, clock: ClockAnchor) {
        self.settings = settings
        self.clock = clock
        random = SeededGenerator(seed: settings.seed)
    }

    /// Whether a packet that came is to be taken for lost.
    mutating func losesPacket() -> Bool {
        settings.lossThreshold > 0 && random.next() < settings.lossThreshold
    }
}

/// How the clients of a thread behave.
package struct LoadSettings: Hashable, Sendable {
    /// Whether viewers ask for what is missing.
    package var asksAgain = true
    /// One packet of so many is decrypted, once a viewer has found its first keyframe; at least 1.
    package var sampling = 16
    /// The share of received packets that is thrown away, 0..<1.
    package var loss = 0.0
    /// Whether publishers stamp their packets.
    package var stamps = true
    /// Whether publishers send pictures. Where none do, a viewer's first packet is its first frame.
    package var hasPictures = true
    /// The most payload bytes of a published packet, without the stamp.
    package var payloadSize = 1150
    /// Of what is left to chance.
    package var seed: UInt64 = 1
    /// How many clients there can be, of each kind.
    package var clients = Limits.clients

    package init() {}

    /// The share as a bound for 64 random bits.
    var lossThreshold: UInt64 { UInt64(min(max(loss, 0), 0.99) * 0x1p64) }
}
