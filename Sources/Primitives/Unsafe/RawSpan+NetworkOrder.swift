extension RawSpan {
    /// The byte at `offset`; traps outside the span, so parsers check the size first.
    @inlinable
    package func byte(at offset: Int) -> UInt8 {
        precondition(offset >= 0 && offset < byteCount)
        return unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    /// The big-endian integer at `offset`; traps when it does not lie inside the span.
    @inlinable
    package func uint16(at offset: Int) -> UInt16 {
        precondition(offset >= 0 && offset &+ 2 <= byteCount)
        return unsafe UInt16(
            bigEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt16.self))
    }

    @inlinable
    package func uint24(at offset: Int) -> UInt32 {
        UInt32(byte(at: offset)) << 16 | UInt32(uint16(at: offset + 1))
    }

    @inlinable
    package func uint32(at offset: Int) -> UInt32 {
        precondition(offset >= 0 && offset &+ 4 <= byteCount)
        return unsafe UInt32(
            bigEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self))
    }

    @inlinable
    package func uint64(at offset: Int) -> UInt64 {
        precondition(offset >= 0 && offset &+ 8 <= byteCount)
        return unsafe UInt64(
            bigEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
    }

    /// A copy of the bytes, for tests and for paths that are not hot.
    package var array: [UInt8] {
        unsafe withUnsafeBytes { unsafe Array($0) }
    }

    /// The bytes as text; bytes that are not UTF-8 become U+FFFD.
    package var utf8String: String {
        unsafe withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }
}

extension Array where Element == UInt8 {
    /// The array's bytes, borrowed.
    @inlinable
    package var rawSpan: RawSpan {
        @_lifetime(borrow self)
        get { unsafe span.bytes }
    }
}
