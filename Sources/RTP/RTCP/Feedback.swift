package import Primitives

/// Generic negative acknowledgements (RFC 4585 §6.2.1).
package enum NACK {
    /// Calls `body` with each sequence number that is asked for, in the order of the items.
    ///
    /// - Parameter items: from ``RTCPPacket/nack(media:items:)``. At most 17 numbers per item.
    package static func forEach(
        in bytes: RawSpan, items: Range<Int>, _ body: (SequenceNumber) -> Void
    ) {
        var offset = items.lowerBound
        while offset + 4 <= min(items.upperBound, bytes.byteCount) {
            let first = SequenceNumber(bytes.uint16(at: offset))
            body(first)
            var following = bytes.uint16(at: offset + 2)
            while following != 0 {
                body(first.advanced(by: following.trailingZeroBitCount + 1))
                following &= following - 1
            }
            offset += 4
        }
    }
}

/// Full intra requests (RFC 5104 §4.3.1).
package enum FullIntraRequest {
    /// SSRC, command sequence number, three reserved bytes.
    package static let entrySize = 8

    /// Calls `body` with each entry: the source that shall send a keyframe, and the number that
    /// tells a new command from a repetition.
    ///
    /// - Parameter entries: from ``RTCPPacket/fullIntraRequest(entries:)``.
    package static func forEach(
        in bytes: RawSpan, entries: Range<Int>, _ body: (_ media: SSRC, _ command: UInt8) -> Void
    ) {
        var offset = entries.lowerBound
        while offset + entrySize <= min(entries.upperBound, bytes.byteCount) {
            body(SSRC(bytes.uint32(at: offset)), bytes.byte(at: offset + 4))
            offset += entrySize
        }
    }
}

/// Receiver estimated maximum bitrate (draft-alvestrand-rmcat-remb-03 §2.2).
package enum REMB {
    /// "REMB", by which the message is told from other application layer feedback.
    static let identifier: UInt32 = 0x5245_4D42

    /// The rate in the control information; `nil` when it is not a REMB. Saturates.
    static func bitrate(in bytes: RawSpan, control: Range<Int>) -> DataRate? {
        guard control.count >= 8, bytes.uint32(at: control.lowerBound) == identifier else {
            return nil
        }
        let exponent = UInt64(bytes.byte(at: control.lowerBound + 5) >> 2)
        let mantissa = UInt64(bytes.uint24(at: control.lowerBound + 5) & 0x3FFFF)
        guard mantissa == 0 || Int(exponent) < mantissa.leadingZeroBitCount else {
            return DataRate(bitsPerSecond: .max)
        }
        return DataRate(bitsPerSecond: Int64(mantissa << exponent))
    }

    /// The exponent and the mantissa of the largest rate not above `bitrate` that can be written.
    static func encode(_ bitrate: DataRate) -> (exponent: UInt8, mantissa: UInt32) {
        var mantissa = UInt64(max(0, bitrate.bitsPerSecond))
        var exponent: UInt8 = 0
        while mantissa > 0x3FFFF {
            mantissa >>= 1
            exponent += 1
        }
        return (exponent, UInt32(mantissa))
    }
}
