package import Primitives

/// Writes a dependency descriptor anew with another frame number and, where a viewer gets less than
/// the source sends, the mask of its decode targets (AV1 RTP specification §A.4).
package struct DependencyDescriptorWriter: Hashable, Sendable {
    package var frameNumber: UInt16
    /// The decode targets that the viewer gets; `nil` to leave what the source says.
    package var activeTargets: UInt32?

    package init(frameNumber: UInt16, activeTargets: UInt32? = nil) {
        self.frameNumber = frameNumber
        self.activeTargets = activeTargets
    }

    /// How many bytes more than the source's a descriptor can have: the flags, a mask of 32 targets, and
    /// the byte that it ends in.
    package static let maximumGrowth = 6

    /// How many bytes ``write(_:targetCount:maskPosition:into:)`` appends.
    package func size(of bytes: RawSpan, targetCount: Int, maskPosition: Int) -> Int {
        guard activeTargets != nil, targetCount > 0, maskPosition <= max(bytes.byteCount, 4) * 8
        else { return bytes.byteCount }
        guard bytes.byteCount > DependencyDescriptor.mandatorySize else {
            return (maskPosition + targetCount + 7) / 8
        }
        let hasMask = bytes.byte(at: DependencyDescriptor.mandatorySize) & 0x40 != 0
        let rest = max(0, bytes.byteCount * 8 - maskPosition - (hasMask ? targetCount : 0))
        return (maskPosition + targetCount + rest + 7) / 8
    }

    /// Appends the descriptor. All bits but the frame number, the mask and its flag are the source's.
    ///
    /// - Parameters:
    ///   - bytes: the source's, of at least ``DependencyDescriptor/mandatorySize`` bytes.
    ///   - targetCount: how many decode targets the structure has, 0...32; 0 when it is not known, then
    ///     no mask is written.
    ///   - maskPosition: see ``DependencyDescriptor/maskPosition``.
    ///   - writer: with room for ``maximumGrowth`` bytes more than the source's.
    package func write(
        _ bytes: RawSpan, targetCount: Int, maskPosition: Int, into writer: inout ByteWriter
    ) {
        precondition(bytes.byteCount >= DependencyDescriptor.mandatorySize)
        writer.append(bytes.byte(at: 0))
        writer.append(frameNumber)
        let start = DependencyDescriptor.mandatorySize
        guard let activeTargets, targetCount > 0, maskPosition <= max(bytes.byteCount, 4) * 8 else {
            writer.append(bytes.extracting(start..<bytes.byteCount))
            return
        }
        var reader = BitReader(bytes, from: start * 8)
        var bits = BitWriter()
        let flags = reader.bits(DependencyDescriptor.flagCount) ?? 0
        bits.append(flags | 0x08, DependencyDescriptor.flagCount, into: &writer)
        while reader.position < maskPosition, let bit = reader.bits(1) {
            bits.append(bit, 1, into: &writer)
        }
        bits.append(activeTargets, targetCount, into: &writer)
        if flags & 0x08 != 0 { _ = reader.skip(targetCount) }
        while reader.remaining > 0 {
            let width = min(8, reader.remaining)
            bits.append(reader.bits(width) ?? 0, width, into: &writer)
        }
        bits.end(into: &writer)
    }
}

/// Appends bits to bytes, highest first.
struct BitWriter {
    private var pending: UInt64 = 0
    private var count = 0

    /// Appends the lower `width` bits, at most 32.
    mutating func append(_ value: UInt32, _ width: Int, into writer: inout ByteWriter) {
        let mask = UInt64(1) << UInt64(width) - 1
        pending = pending << UInt64(width) | UInt64(value) & mask
        count += width
        while count >= 8 {
            count -= 8
            writer.append(UInt8(truncatingIfNeeded: pending >> UInt64(count)))
        }
    }

    /// Fills the last byte with zeros.
    mutating func end(into writer: inout ByteWriter) {
        if count > 0 { append(0, 8 - count, into: &writer) }
    }
}
