package import Primitives

/// Writes a VP8 payload descriptor anew with other numbers (RFC 7741 §4.2), for a viewer who gets one
/// run of them out of several sources, or out of part of a source's temporal layers.
package struct VP8DescriptorWriter: Hashable, Sendable {
    /// The bytes of the longest descriptor.
    package static let maximumSize = 6

    /// 15 bits; written only where the source has a picture id, and always in the long form: so that a
    /// viewer's ids have one width whatever the sources' have.
    package var pictureID: UInt16
    /// Written only where the source has TL0PICIDX.
    package var tl0PicIdx: UInt8
    /// Five bits; written only where the source has KEYIDX.
    package var keyIndex: UInt8

    package init(pictureID: UInt16, tl0PicIdx: UInt8, keyIndex: UInt8) {
        self.pictureID = pictureID & 0x7FFF
        self.tl0PicIdx = tl0PicIdx
        self.keyIndex = keyIndex & 0x1F
    }

    /// Appends what stands in place of the first ``VP8Descriptor/size`` bytes of `payload`.
    ///
    /// - Parameters:
    ///   - descriptor: what `payload` starts with.
    ///   - writer: with room for ``maximumSize`` bytes.
    package func write(
        _ descriptor: VP8Descriptor, of payload: RawSpan, into writer: inout ByteWriter
    ) {
        precondition(descriptor.size <= payload.byteCount)
        writer.append(payload.byte(at: 0))
        guard descriptor.size > 1 else { return }
        writer.append(payload.byte(at: 1))
        if descriptor.pictureID != nil { writer.append(0x8000 | pictureID) }
        if descriptor.tl0PicIdx != nil { writer.append(tl0PicIdx) }
        guard descriptor.tid != nil || descriptor.keyIndex != nil else { return }
        let layer = payload.byte(at: descriptor.size - 1)
        writer.append(descriptor.keyIndex == nil ? layer : layer & 0xE0 | keyIndex)
    }
}
