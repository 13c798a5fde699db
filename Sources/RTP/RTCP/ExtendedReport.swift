package import Primitives

/// One report block of an XR packet (RFC 3611 §3). Ranges are offsets into the whole compound.
package enum ExtendedReportBlock: Equatable, Sendable {
    /// RRTR, a receiver's reference time (§4.4): the sender's wall clock in NTP's 64-bit format.
    case receiverReferenceTime(ntp: UInt64)
    /// DLRR (§4.5): whole sub-blocks of ``ReferenceTimeEcho/size`` bytes each.
    case referenceTimeEchoes(Range<Int>)
    /// A block of a type that is not read here.
    case other(type: UInt8)
}

/// XR block types (RFC 3611 §8.2).
package enum ExtendedReportBlockType {
    package static let receiverReferenceTime: UInt8 = 4
    package static let delaySinceLastReference: UInt8 = 5
}

/// Walks the report blocks of one XR packet without allocating.
package struct ExtendedReportCursor: Sendable {
    private var offset: Int
    private let end: Int

    /// - Parameter blocks: from ``RTCPPacket/extendedReport(sender:blocks:)``.
    package init(_ blocks: Range<Int>) {
        offset = blocks.lowerBound
        end = blocks.upperBound
    }

    /// The next block, or `nil` behind the last one.
    ///
    /// - Parameter bytes: the whole compound; the same at each call.
    /// - Throws: ``RTCPViolation/body(type:)`` for a block that does not fit; the walk is then over.
    package mutating func next(in bytes: RawSpan) throws(RTCPViolation) -> ExtendedReportBlock? {
        let limit = min(end, bytes.byteCount)
        guard offset < limit else { return nil }
        let start = offset
        offset = limit
        guard start + 4 <= limit else { throw .body(type: RTCPPacketType.extendedReport) }
        let type = bytes.byte(at: start)
        let body = start + 4..<start + 4 + 4 * Int(bytes.uint16(at: start + 2))
        guard body.upperBound <= limit else { throw .body(type: RTCPPacketType.extendedReport) }
        switch type {
        case ExtendedReportBlockType.receiverReferenceTime:
            // "Block length: the constant 2" (§4.4).
            guard body.count == 8 else { throw .body(type: RTCPPacketType.extendedReport) }
            offset = body.upperBound
            return .receiverReferenceTime(ntp: bytes.uint64(at: body.lowerBound))
        case ExtendedReportBlockType.delaySinceLastReference:
            guard body.count % ReferenceTimeEcho.size == 0 else {
                throw .body(type: RTCPPacketType.extendedReport)
            }
            offset = body.upperBound
            return .referenceTimeEchoes(body)
        default:
            offset = body.upperBound
            return .other(type: type)
        }
    }
}

/// What a media sender says about a receiver's reference time that it got: a DLRR sub-block
/// (RFC 3611 §4.5). It lets a receiver that sends no media measure its round trip.
package struct ReferenceTimeEcho: Equatable, Sendable {
    /// The size on the wire.
    package static let size = 12

    /// The receiver whose reference time it was.
    package var receiver: SSRC
    /// The middle 32 bits of that reference time; 0 when none came yet.
    package var lastReference: UInt32
    /// From receiving it to sending this, in 1/65536 s.
    package var delaySinceLastReference: UInt32

    package init(receiver: SSRC, lastReference: UInt32, delaySinceLastReference: UInt32) {
        self.receiver = receiver
        self.lastReference = lastReference
        self.delaySinceLastReference = delaySinceLastReference
    }

    /// Reads the 12 bytes at `offset`, which must lie inside `bytes`: take it from the range of
    /// ``ExtendedReportBlock/referenceTimeEchoes(_:)``, in steps of ``size``.
    package init(at offset: Int, in bytes: RawSpan) {
        receiver = SSRC(bytes.uint32(at: offset))
        lastReference = bytes.uint32(at: offset + 4)
        delaySinceLastReference = bytes.uint32(at: offset + 8)
    }
}

extension RTCPWriter {
    /// Appends an XR packet with one RRTR block (RFC 3611 §4.4): 20 bytes.
    ///
    /// - Parameter ntp: the wall clock now, in NTP's 64-bit format.
    package static func receiverReferenceTime(
        sender: SSRC, ntp: UInt64, into writer: inout ByteWriter
    ) {
        let mark = begin(RTCPPacketType.extendedReport, count: 0, into: &writer)
        writer.append(sender.rawValue)
        writer.append(UInt32(ExtendedReportBlockType.receiverReferenceTime) << 24 | 2)
        writer.append(ntp)
        end(mark, into: &writer)
    }

    /// Appends an XR packet with one DLRR block (RFC 3611 §4.5): 12 bytes and
    /// ``ReferenceTimeEcho/size`` for each echo, of which there are at most
    /// ``Limits/maximumReportBlocks``; more are left out.
    package static func referenceTimeEchoes(
        sender: SSRC, _ echoes: [ReferenceTimeEcho], into writer: inout ByteWriter
    ) {
        let echoes = echoes.prefix(Limits.maximumReportBlocks)
        let mark = begin(RTCPPacketType.extendedReport, count: 0, into: &writer)
        writer.append(sender.rawValue)
        writer.append(
            UInt32(ExtendedReportBlockType.delaySinceLastReference) << 24
                | UInt32(echoes.count * ReferenceTimeEcho.size / 4))
        for echo in echoes {
            writer.append(echo.receiver.rawValue)
            writer.append(echo.lastReference)
            writer.append(echo.delaySinceLastReference)
        }
        end(mark, into: &writer)
    }
}
