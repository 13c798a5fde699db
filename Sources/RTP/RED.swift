package import Primitives

/// The payload format for redundant data (RFC 2198), as it carries Opus: a packet has its own frame as
/// the primary block, and in front of it the frames of packets before it.
///
/// The primary block is the end of the payload, so that it can be passed on alone without a copy.
package struct REDPayload: Equatable, Sendable {
    /// A frame of a packet before this one.
    package struct Block: Hashable, Sendable {
        package var payloadType: PayloadType
        /// How much older than the packet's timestamp it is, in units of that: 0...16,383.
        package var timestampOffset: UInt16
        /// Where it lies in the payload; empty where its packet had nothing to say.
        package var bytes: Range<Int>

        package init(payloadType: PayloadType, timestampOffset: UInt16, bytes: Range<Int>) {
            self.payloadType = payloadType
            self.timestampOffset = timestampOffset
            self.bytes = bytes
        }
    }

    /// The bytes in front of a redundant block, and of the primary one.
    package static let blockHeaderSize = 4
    package static let primaryHeaderSize = 1
    /// A redundant block is no older and no larger than fits its fields of 14 and 10 bits.
    package static let maximumTimestampOffset = 0x3FFF
    package static let maximumBlockSize = 0x3FF

    /// The primary block's; the payload type of the packet is that of RED itself.
    package let primaryPayloadType: PayloadType
    /// Where the primary block starts; it goes on to the end.
    package let primaryStart: Int
    /// The redundant blocks, at most ``Limits/maximumREDBlocks``.
    package let blockCount: Int

    private let size: Int

    /// - Throws: ``RTPViolation/redundancy`` when the headers or the blocks do not fit, or there are too
    ///   many of them.
    package init(parsing payload: RawSpan) throws(RTPViolation) {
        var (offset, data, count) = (0, 0, 0)
        while true {
            guard offset < payload.byteCount else { throw .redundancy }
            let first = payload.byte(at: offset)
            guard first & 0x80 != 0 else {
                primaryPayloadType = first
                break
            }
            guard offset + Self.blockHeaderSize <= payload.byteCount,
                count < Limits.maximumREDBlocks
            else { throw .redundancy }
            data += Int(payload.uint16(at: offset + 2)) & Self.maximumBlockSize
            offset += Self.blockHeaderSize
            count += 1
        }
        primaryStart = offset + Self.primaryHeaderSize + data
        guard primaryStart <= payload.byteCount else { throw .redundancy }
        blockCount = count
        size = payload.byteCount
    }

    /// Where the primary block lies. Empty where the packet carries redundancy only.
    package var primary: Range<Int> { primaryStart..<size }

    /// The redundant block at `index`, in `0..<blockCount`; the oldest comes first, as a rule.
    ///
    /// - Parameter payload: what this was parsed from.
    package func block(at index: Int, in payload: RawSpan) -> Block {
        precondition(index >= 0 && index < blockCount && payload.byteCount == size)
        var start = blockCount * Self.blockHeaderSize + Self.primaryHeaderSize
        for earlier in 0..<index { start += blockSize(earlier, in: payload) }
        let header = index * Self.blockHeaderSize
        return Block(
            payloadType: payload.byte(at: header) & 0x7F,
            timestampOffset: payload.uint16(at: header + 1) >> 2,
            bytes: start..<start + blockSize(index, in: payload))
    }

    private func blockSize(_ index: Int, in payload: RawSpan) -> Int {
        Int(payload.uint16(at: index * Self.blockHeaderSize + 2)) & Self.maximumBlockSize
    }
}

extension REDPayload {
    /// The redundant block that is the payload of the packet with this timestamp, and so stands in for it
    /// when it is lost; `nil` when there is none.
    ///
    /// - Parameters:
    ///   - timestamp: the lost packet's: its successor's less the frames between them.
    ///   - own: the timestamp of the packet that `payload` is of.
    package func repair(
        of timestamp: RTPTimestamp, own: RTPTimestamp, in payload: RawSpan
    ) -> Block? {
        let wanted = own.rawValue &- timestamp.rawValue
        for index in 0..<blockCount {
            let block = block(at: index, in: payload)
            if UInt32(block.timestampOffset) == wanted, !block.bytes.isEmpty { return block }
        }
        return nil
    }

    /// How many packets right before this one its redundant blocks stand in for, so that no one has to
    /// ask for them again: 0 where the next older one is not among them.
    ///
    /// - Parameter frame: what a packet lasts, in units of the timestamp; 960 are Opus's 20 ms.
    package func repairedRun(frame: UInt32, in payload: RawSpan) -> Int {
        guard frame > 0 else { return 0 }
        var run = 0
        while run < blockCount,
            repair(
                of: RTPTimestamp(0 &- frame &* UInt32(run + 1)), own: RTPTimestamp(0), in: payload)
                != nil
        {
            run += 1
        }
        return run
    }
}

/// Writes RED payloads: headers first, and then the blocks in the same order (RFC 2198 §3).
package enum REDWriter {
    /// Appends the header of a redundant block; `false`, and nothing, when it is too old or too large.
    package static func beginBlock(
        payloadType: PayloadType, timestampOffset: Int, size: Int, into writer: inout ByteWriter
    ) -> Bool {
        guard (0...REDPayload.maximumTimestampOffset).contains(timestampOffset),
            (0...REDPayload.maximumBlockSize).contains(size)
        else { return false }
        writer.append(0x80 | (payloadType & 0x7F))
        writer.append(uint24: UInt32(timestampOffset) << 10 | UInt32(size))
        return true
    }

    /// Appends the headers of a payload that was parsed before, with another payload type for all of its
    /// blocks; nothing when they have it already.
    ///
    /// - Returns: how many bytes of the payload were written anew.
    package static func renumber(
        _ payload: RawSpan, as payloadType: PayloadType, into writer: inout ByteWriter
    ) -> Int {
        guard payload.byte(at: 0) & 0x7F != payloadType else { return 0 }
        var offset = 0
        while payload.byte(at: offset) & 0x80 != 0 {
            writer.append(0x80 | payloadType)
            writer.append(
                payload.extracting(offset + 1..<offset + REDPayload.blockHeaderSize))
            offset += REDPayload.blockHeaderSize
        }
        beginPrimary(payloadType: payloadType, into: &writer)
        return offset + REDPayload.primaryHeaderSize
    }

    /// Appends the header of the primary block, the last one.
    package static func beginPrimary(payloadType: PayloadType, into writer: inout ByteWriter) {
        writer.append(payloadType & 0x7F)
    }
}
