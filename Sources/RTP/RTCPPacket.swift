package import Primitives

/// Why bytes are not an RTCP compound packet.
package enum RTCPViolation: Error, Hashable, Sendable {
    case truncated
    case version(UInt8)
    case padding
    /// A packet that is too short for its type.
    case malformed(type: UInt8)
}

/// One packet of an RTCP compound (RFC 3550 §6, RFC 4585 §6). Lists stay in the bytes: ranges say
/// where.
package enum RTCPPacket: Hashable, Sendable {
    /// `blocks`: report blocks of 24 bytes each (see ``ReportBlock``).
    case senderReport(SenderReport, blocks: Range<Int>)
    case receiverReport(sender: SSRC, blocks: Range<Int>)
    /// `items`: PID and BLP, four bytes each (see ``NACK``).
    case nack(media: SSRC, items: Range<Int>)
    case pictureLoss(media: SSRC)
    /// `entries`: eight bytes each, the SSRC first (RFC 5104 §4.3.1.1).
    case fullIntraRequest(entries: Range<Int>)
    /// REMB (draft-alvestrand-rmcat-remb-03).
    case receiverEstimatedMaximumBitrate(DataRate)
    /// Transport-wide feedback, from the sender's SSRC on.
    case transportFeedback(Range<Int>)
    case bye(ssrcs: Range<Int>)
    case sourceDescription(Range<Int>)
    case extendedReport(Range<Int>)
    case other(type: UInt8)
}

/// The sender's part of a sender report (RFC 3550 §6.4.1).
package struct SenderReport: Hashable, Sendable {
    package var ssrc: SSRC
    /// The 64-bit NTP timestamp of the moment that ``rtp`` names.
    package var ntp: UInt64
    package var rtp: RTPTimestamp
    package var packetCount: UInt32
    package var octetCount: UInt32

    package init(
        ssrc: SSRC, ntp: UInt64, rtp: RTPTimestamp, packetCount: UInt32, octetCount: UInt32
    ) {
        self.ssrc = ssrc
        self.ntp = ntp
        self.rtp = rtp
        self.packetCount = packetCount
        self.octetCount = octetCount
    }
}

/// One reception report block (RFC 3550 §6.4.1), 24 bytes.
package struct ReportBlock: Hashable, Sendable {
    package static let size = 24

    package var ssrc: SSRC
    /// Lost since the last report, in units of 1/256.
    package var fractionLost: UInt8
    /// Lost since the start, -2^23...2^23-1.
    package var cumulativeLost: Int32
    package var extendedHighest: UInt32
    /// Interarrival jitter in units of the RTP clock.
    package var jitter: UInt32
    /// The middle 32 bits of the last sender report's NTP timestamp; 0 before the first.
    package var lastSR: UInt32
    /// Time since then in units of 1/65536 s.
    package var delaySinceLastSR: UInt32

    package init(
        ssrc: SSRC, fractionLost: UInt8, cumulativeLost: Int32, extendedHighest: UInt32,
        jitter: UInt32, lastSR: UInt32, delaySinceLastSR: UInt32
    ) {
        self.ssrc = ssrc
        self.fractionLost = fractionLost
        self.cumulativeLost = cumulativeLost
        self.extendedHighest = extendedHighest
        self.jitter = jitter
        self.lastSR = lastSR
        self.delaySinceLastSR = delaySinceLastSR
    }

    /// Reads the 24 bytes at `offset`, which must lie inside `bytes`.
    package init(at offset: Int, in bytes: RawSpan) {
        let lost = bytes.uint24(at: offset + 5)
        self.init(
            ssrc: SSRC(rawValue: bytes.uint32(at: offset)),
            fractionLost: bytes.byte(at: offset + 4),
            // Sign-extended from 24 bits.
            cumulativeLost: Int32(bitPattern: lost << 8) >> 8,
            extendedHighest: bytes.uint32(at: offset + 8), jitter: bytes.uint32(at: offset + 12),
            lastSR: bytes.uint32(at: offset + 16),
            delaySinceLastSR: bytes.uint32(at: offset + 20))
    }
}

/// Walks an RTCP compound packet, also a reduced-size one (RFC 5506). Allocates nothing.
package struct RTCPCursor: Sendable {
    private var position = 0

    package init() {}

    /// The next packet; `nil` at the end.
    /// - Throws: what is wrong with the rest; the walk is over then.
    package mutating func next(in bytes: RawSpan) throws(RTCPViolation) -> RTCPPacket? {
        guard position < bytes.byteCount else { return nil }
        let start = position
        position = bytes.byteCount
        guard start + 4 <= bytes.byteCount else { throw .truncated }
        let first = bytes.byte(at: start)
        guard first >> 6 == 2 else { throw .version(first >> 6) }
        let type = bytes.byte(at: start + 1)
        var end = start + 4 + Int(bytes.uint16(at: start + 2)) * 4
        guard end <= bytes.byteCount else { throw .truncated }
        let next = end
        if first & 0x20 != 0 {
            let padding = Int(bytes.byte(at: end - 1))
            guard padding > 0, padding <= end - start - 4 else { throw .padding }
            end -= padding
        }
        let packet = try Self.read(
            type: type, count: Int(first & 0x1F), body: start + 4..<end, in: bytes)
        position = next
        return packet
    }

    private static func read(
        type: UInt8, count: Int, body: Range<Int>, in bytes: RawSpan
    ) throws(RTCPViolation) -> RTCPPacket {
        let start = body.lowerBound
        switch type {
        case 200:
            let blocks = start + 24..<start + 24 + count * ReportBlock.size
            guard blocks.upperBound <= body.upperBound else { throw .malformed(type: type) }
            return .senderReport(SenderReport(at: start, in: bytes), blocks: blocks)
        case 201:
            let blocks = start + 4..<start + 4 + count * ReportBlock.size
            guard blocks.upperBound <= body.upperBound else { throw .malformed(type: type) }
            return .receiverReport(
                sender: SSRC(rawValue: bytes.uint32(at: start)), blocks: blocks)
        case 202: return .sourceDescription(body)
        case 203:
            guard count * 4 <= body.count else { throw .malformed(type: type) }
            return .bye(ssrcs: start..<start + count * 4)
        case 205, 206:
            guard body.count >= 8 else { throw .malformed(type: type) }
            return feedback(type: type, format: count, body: body, in: bytes)
        case 207: return .extendedReport(body)
        default: return .other(type: type)
        }
    }

    /// Transport-layer and payload-specific feedback (RFC 4585 §6.2, §6.3).
    private static func feedback(
        type: UInt8, format: Int, body: Range<Int>, in bytes: RawSpan
    ) -> RTCPPacket {
        let media = SSRC(rawValue: bytes.uint32(at: body.lowerBound + 4))
        let items = body.lowerBound + 8..<body.upperBound
        switch (type, format) {
        case (205, 1): return .nack(media: media, items: items)
        case (205, 15): return .transportFeedback(body)
        case (206, 1): return .pictureLoss(media: media)
        case (206, 4): return .fullIntraRequest(entries: items)
        case (206, 15):
            // "REMB", then the number of SSRCs, a 6-bit exponent and an 18-bit mantissa.
            guard items.count >= 8, bytes.uint32(at: items.lowerBound) == 0x5245_4D42 else {
                return .other(type: type)
            }
            let packed = bytes.uint24(at: items.lowerBound + 5)
            let (mantissa, exponent) = (Int64(packed & 0x3FFFF), Int64(packed >> 18))
            let isSane = exponent < 44
            return .receiverEstimatedMaximumBitrate(
                DataRate(bitsPerSecond: isSane ? mantissa << exponent : Int64.max))
        default: return .other(type: type)
        }
    }
}

extension SenderReport {
    fileprivate init(at offset: Int, in bytes: RawSpan) {
        self.init(
            ssrc: SSRC(rawValue: bytes.uint32(at: offset)), ntp: bytes.uint64(at: offset + 4),
            rtp: RTPTimestamp(rawValue: bytes.uint32(at: offset + 12)),
            packetCount: bytes.uint32(at: offset + 16), octetCount: bytes.uint32(at: offset + 20))
    }
}

/// Generic NACK items: a packet id and a mask of the 16 that follow it (RFC 4585 §6.2.1).
package enum NACK {
    /// Calls `body` for each number that is asked for, at most 17 for each four bytes.
    package static func forEach(
        in bytes: RawSpan, items: Range<Int>, _ body: (SequenceNumber) -> Void
    ) {
        var offset = items.lowerBound
        while offset + 4 <= items.upperBound {
            let first = SequenceNumber(bytes.uint16(at: offset))
            var mask = bytes.uint16(at: offset + 2)
            body(first)
            var distance = 1
            while mask != 0 {
                if mask & 1 != 0 { body(first.advanced(by: distance)) }
                mask >>= 1
                distance += 1
            }
            offset += 4
        }
    }
}
