package import Primitives

/// Writes RTP headers.
package enum RTPHeaderWriter {
    /// Appends the fixed 12 bytes (RFC 3550 §5.1), without contributing sources.
    ///
    /// - Parameters:
    ///   - payloadType: 0...127.
    ///   - hasExtension: sets the X bit; an extension block must follow.
    ///   - hasPadding: sets the P bit; the packet must end with padding.
    @inlinable
    package static func write(
        marker: Bool, payloadType: PayloadType, sequenceNumber: SequenceNumber,
        timestamp: RTPTimestamp, ssrc: SSRC, hasExtension: Bool = false, hasPadding: Bool = false,
        into writer: inout ByteWriter
    ) {
        writer.append(0x80 | (hasPadding ? 0x20 : 0) | (hasExtension ? 0x10 : 0) as UInt8)
        writer.append((marker ? 0x80 : 0) | (payloadType & 0x7F))
        writer.append(sequenceNumber.rawValue)
        writer.append(timestamp.rawValue)
        writer.append(ssrc.rawValue)
    }

    /// Appends the start of an extension block (RFC 8285 §4.2, §4.3).
    ///
    /// - Parameter form: what each of its elements is to be appended in.
    /// - Returns: the mark that ``endExtensions(begunAt:into:)`` needs.
    @inlinable
    package static func beginExtensions(
        _ form: HeaderExtensionForm = .oneByte, into writer: inout ByteWriter
    ) -> Int {
        let mark = writer.count
        writer.append(form.profile)
        writer.append(0 as UInt16)
        return mark
    }

    /// Appends one element of 1...16 bytes, in the two-byte form of 0...255. `id` is 1...14, in the
    /// two-byte form 1...255.
    package static func appendElement(
        id: UInt8, _ value: RawSpan, form: HeaderExtensionForm = .oneByte,
        into writer: inout ByteWriter
    ) {
        appendElementHeader(id: id, size: value.byteCount, form: form, into: &writer)
        writer.append(value)
    }

    /// Appends a one-byte element, as audio level and video orientation are.
    @inlinable
    package static func appendElement(
        id: UInt8, _ value: UInt8, form: HeaderExtensionForm = .oneByte,
        into writer: inout ByteWriter
    ) {
        appendElementHeader(id: id, size: 1, form: form, into: &writer)
        writer.append(value)
    }

    /// Appends a two-byte element, as the transport-wide sequence number is.
    @inlinable
    package static func appendElement(
        id: UInt8, _ value: UInt16, form: HeaderExtensionForm = .oneByte,
        into writer: inout ByteWriter
    ) {
        appendElementHeader(id: id, size: 2, form: form, into: &writer)
        writer.append(value)
    }

    /// Appends the lower 24 bits of `value` as an element, as abs-send-time and playout delay are.
    @inlinable
    package static func appendElement(
        id: UInt8, uint24 value: UInt32, form: HeaderExtensionForm = .oneByte,
        into writer: inout ByteWriter
    ) {
        appendElementHeader(id: id, size: 3, form: form, into: &writer)
        writer.append(uint24: value)
    }

    /// Appends an eight-byte element, as abs-capture-time is.
    @inlinable
    package static func appendElement(
        id: UInt8, _ value: UInt64, form: HeaderExtensionForm = .oneByte,
        into writer: inout ByteWriter
    ) {
        appendElementHeader(id: id, size: 8, form: form, into: &writer)
        writer.append(value)
    }

    /// Appends what stands in front of a value of `size` bytes, which the caller appends.
    @inlinable
    package static func appendElementHeader(
        id: UInt8, size: Int, form: HeaderExtensionForm, into writer: inout ByteWriter
    ) {
        switch form {
        case .oneByte:
            precondition((1...14).contains(id) && (1...16).contains(size))
            writer.append(id << 4 | UInt8(size - 1))
        case .twoByte:
            precondition(id > 0 && (0...255).contains(size))
            writer.append(id)
            writer.append(UInt8(size))
        }
    }

    /// Pads the block to whole words and writes its length.
    @inlinable
    package static func endExtensions(begunAt mark: Int, into writer: inout ByteWriter) {
        let size = writer.count - mark - 4
        let padding = (4 - size % 4) % 4
        writer.append(repeating: 0, count: padding)
        writer.set(UInt16((size + padding) / 4), at: mark + 2)
    }
}
