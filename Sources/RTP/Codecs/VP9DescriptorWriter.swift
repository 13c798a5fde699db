package import Primitives

/// Writes a VP9 payload descriptor anew with other numbers (RFC 9628 §4.2).
package struct VP9DescriptorWriter: Hashable, Sendable {
    /// How many bytes more than the source's a descriptor can have: a picture id made long.
    package static let maximumGrowth = 1

    /// 15 bits; written only where the source has a picture id, and always in the long form.
    package var pictureID: UInt16
    /// Written only where the source has TL0PICIDX.
    package var tl0PicIdx: UInt8

    package init(pictureID: UInt16, tl0PicIdx: UInt8) {
        self.pictureID = pictureID & 0x7FFF
        self.tl0PicIdx = tl0PicIdx
    }

    /// Appends what stands in place of the first ``VP9Descriptor/size`` bytes of `payload`.
    ///
    /// - Parameters:
    ///   - descriptor: what `payload` starts with.
    ///   - writer: with room for ``maximumGrowth`` bytes more than the descriptor's size.
    package func write(
        _ descriptor: VP9Descriptor, of payload: RawSpan, into writer: inout ByteWriter
    ) {
        precondition(descriptor.size <= payload.byteCount)
        writer.append(payload.byte(at: 0))
        var offset = 1
        if descriptor.pictureID != nil {
            writer.append(0x8000 | pictureID)
            offset += descriptor.pictureIDIsLong ? 2 : 1
        }
        if descriptor.hasLayers {
            writer.append(payload.byte(at: offset))
            offset += 1
        }
        if descriptor.tl0PicIdx != nil {
            writer.append(tl0PicIdx)
            offset += 1
        }
        writer.append(payload.extracting(offset..<descriptor.size))
    }
}
