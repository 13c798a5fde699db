package import Primitives

/// What a publisher writes behind each payload, and a viewer reads: when the packet was sent.
///
/// Twenty bytes, big-endian: a magic number, the time in nanoseconds of this machine's monotonic
/// clock, and a counter. A forwarder passes them on with the payload; a decoder takes them for part
/// of the picture, and dislikes it.
package struct Stamp: Hashable, Sendable {
    package static let size = 20
    private static let magic: UInt32 = 0x524F_5354

    package var sentAt: Instant
    /// Of the packets of one track, from 0.
    package var counter: UInt64

    package init(sentAt: Instant, counter: UInt64) {
        self.sentAt = sentAt
        self.counter = counter
    }

    /// Reads the end of a payload in the clear; `nil` when it bears no stamp.
    package init?(endOf payload: RawSpan) {
        let start = payload.byteCount - Self.size
        guard start >= 0, payload.uint32(at: start) == Self.magic else { return nil }
        sentAt = Instant(nanoseconds: payload.uint64(at: start + 4))
        counter = payload.uint64(at: start + 12)
    }

    /// Appends ``size`` bytes.
    package func write(into writer: inout ByteWriter) {
        writer.append(Self.magic)
        writer.append(sentAt.nanoseconds)
        writer.append(counter)
    }
}
