import Primitives

/// NAL units in RTP payloads (RFC 6184 §5.2).
package enum H264NALUnit {
    /// The five-bit types that matter to a forwarder.
    package static let idrSlice: UInt8 = 5
    package static let sequenceParameterSet: UInt8 = 7
    package static let pictureParameterSet: UInt8 = 8
    package static let stapA: UInt8 = 24
    package static let fuA: UInt8 = 28

    /// The type in the first byte: 1...23 is a single NAL unit, 24...29 a packetization structure.
    @inlinable
    package static func type(_ header: UInt8) -> UInt8 { header & 0x1F }

    /// Calls `body` with each whole NAL unit that starts in this payload, until it returns false:
    /// the one of a single-NAL packet, or those of a STAP-A. A fragment yields none.
    ///
    /// A STAP-A that is cut short yields the units before the cut.
    package static func forEachWhole(
        in payload: RawSpan, _ body: (_ type: UInt8, _ unit: Range<Int>) -> Bool
    ) {
        guard payload.byteCount > 0 else { return }
        switch type(payload.byte(at: 0)) {
        case 1...23:
            _ = body(type(payload.byte(at: 0)), 0..<payload.byteCount)
        case stapA:
            var offset = 1
            while offset + 2 < payload.byteCount {
                let size = Int(payload.uint16(at: offset))
                let start = offset + 2
                guard size > 0, start + size <= payload.byteCount else { return }
                let unit = start..<start + size
                guard body(type(payload.byte(at: start)), unit) else { return }
                offset = start + size
            }
        default: return
        }
    }

    /// The type of the NAL unit that a FU-A payload starts; `nil` for a later fragment or for
    /// anything else (RFC 6184 §5.8).
    package static func startedFragment(in payload: RawSpan) -> UInt8? {
        guard payload.byteCount >= 2, type(payload.byte(at: 0)) == fuA,
            payload.byte(at: 1) & 0x80 != 0
        else { return nil }
        return type(payload.byte(at: 1))
    }
}
