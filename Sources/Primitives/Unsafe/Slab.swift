/// Memory for `slotCount` byte strings of at most `slotSize` bytes each, allocated once.
@safe
package struct Slab: ~Copyable {
    private let storage: UnsafeMutableRawPointer
    package let slotCount: Int
    package let slotSize: Int

    package init(slotCount: Int, slotSize: Int) {
        precondition(slotCount > 0 && slotSize > 0)
        self.slotCount = slotCount
        self.slotSize = slotSize
        unsafe storage = .allocate(byteCount: slotCount * slotSize, alignment: 64)
    }

    deinit { unsafe storage.deallocate() }

    /// Copies `bytes` into a slot, `offset` bytes behind its start; they must fit.
    package mutating func store(_ bytes: RawSpan, in slot: Int, at offset: Int = 0) {
        let size = bytes.byteCount
        precondition(slot >= 0 && slot < slotCount && offset >= 0 && offset + size <= slotSize)
        guard size > 0 else { return }
        unsafe bytes.withUnsafeBytes { source in
            unsafe (storage + slot * slotSize + offset).copyMemory(
                from: source.baseAddress!, byteCount: size)
        }
    }

    /// Moves bytes within a slot, towards its end.
    package mutating func move(_ range: Range<Int>, by distance: Int, in slot: Int) {
        precondition(slot >= 0 && slot < slotCount && distance >= 0)
        precondition(range.lowerBound >= 0 && range.upperBound + distance <= slotSize)
        // Sound because both ranges lie in the slot; they may overlap.
        let start = unsafe storage + slot * slotSize + range.lowerBound
        unsafe (start + distance).copyMemory(from: start, byteCount: range.count)
    }

    /// Combines bytes with those in a slot, by exclusive or, `offset` bytes behind its start.
    package mutating func combine(_ bytes: RawSpan, in slot: Int, at offset: Int = 0) {
        let size = bytes.byteCount
        precondition(slot >= 0 && slot < slotCount && offset >= 0 && offset + size <= slotSize)
        guard size > 0 else { return }
        unsafe bytes.withUnsafeBytes { source in
            // Sound because both sides have `size` bytes, and the slab's memory is its own.
            let start = source.baseAddress!
            let target = unsafe storage + slot * slotSize + offset
            var index = 0
            while index + 8 <= size {
                let word =
                    unsafe target.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                    ^ start.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                unsafe target.storeBytes(of: word, toByteOffset: index, as: UInt64.self)
                index += 8
            }
            while index < size {
                let byte =
                    unsafe target.load(fromByteOffset: index, as: UInt8.self)
                    ^ start.load(fromByteOffset: index, as: UInt8.self)
                unsafe target.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
                index += 1
            }
        }
    }

    /// Fills a part of a slot with one byte.
    package mutating func fill(_ range: Range<Int>, with byte: UInt8, in slot: Int) {
        precondition(slot >= 0 && slot < slotCount)
        precondition(range.lowerBound >= 0 && range.upperBound <= slotSize)
        unsafe (storage + slot * slotSize + range.lowerBound).initializeMemory(
            as: UInt8.self, repeating: byte, count: range.count)
    }

    /// A part of a slot. Bytes that were never stored have no defined value, so callers keep sizes.
    @_lifetime(borrow self)
    package func bytes(_ range: Range<Int>, in slot: Int) -> RawSpan {
        precondition(slot >= 0 && slot < slotCount)
        precondition(range.lowerBound >= 0 && range.upperBound <= slotSize)
        // Sound because the memory lives as long as the slab, and changes need exclusive access.
        let span = unsafe RawSpan(
            _unsafeBytes: UnsafeRawBufferPointer(
                start: storage + slot * slotSize + range.lowerBound, count: range.count))
        return unsafe _overrideLifetime(span, borrowing: self)
    }
}
