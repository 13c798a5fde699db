/// A fixed piece of memory that bytes are appended to: the one way that cores write to the wire.
///
/// It never grows: an append that does not fit traps, so callers check ``remaining`` first where the
/// size depends on a peer. A small one holds a reply; a large one is a worker's send arena.
/// All multi-byte integers are written in network order.
@safe
package struct ByteWriter: ~Copyable {
    @usableFromInline let storage: UnsafeMutableRawPointer
    /// The most bytes that fit.
    package let capacity: Int
    /// How many bytes are written.
    package private(set) var count: Int

    package init(capacity: Int) {
        precondition(capacity > 0)
        unsafe storage = .allocate(byteCount: capacity, alignment: 64)
        self.capacity = capacity
        count = 0
    }

    deinit { unsafe storage.deallocate() }

    /// How many more bytes fit.
    package var remaining: Int { capacity - count }

    /// Forgets what was written; the memory stays.
    package mutating func removeAll() { count = 0 }

    /// Forgets what was written behind the first `count` bytes.
    package mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= self.count)
        self.count = count
    }

    /// What is written, borrowed until the next change.
    package var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            let span = unsafe RawSpan(
                _unsafeBytes: UnsafeRawBufferPointer(start: storage, count: count))
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// A part of what is written.
    @_lifetime(borrow self)
    package func bytes(in range: Range<Int>) -> RawSpan {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        let span = unsafe RawSpan(
            _unsafeBytes: UnsafeRawBufferPointer(
                start: storage + range.lowerBound, count: range.count))
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// A copy, for tests and for paths that are not hot.
    package var array: [UInt8] { bytes.array }

    package mutating func append(_ byte: UInt8) {
        precondition(count < capacity)
        unsafe storage.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    package mutating func append(_ value: UInt16) {
        precondition(count + 2 <= capacity)
        unsafe storage.storeBytes(of: value.bigEndian, toByteOffset: count, as: UInt16.self)
        count += 2
    }

    /// Appends the lower 24 bits of `value`.
    package mutating func append(uint24 value: UInt32) {
        append(UInt8(truncatingIfNeeded: value >> 16))
        append(UInt16(truncatingIfNeeded: value))
    }

    package mutating func append(_ value: UInt32) {
        precondition(count + 4 <= capacity)
        unsafe storage.storeBytes(of: value.bigEndian, toByteOffset: count, as: UInt32.self)
        count += 4
    }

    package mutating func append(_ value: UInt64) {
        precondition(count + 8 <= capacity)
        unsafe storage.storeBytes(of: value.bigEndian, toByteOffset: count, as: UInt64.self)
        count += 8
    }

    package mutating func append(_ span: RawSpan) {
        let size = span.byteCount
        precondition(size <= remaining)
        guard size > 0 else { return }
        unsafe span.withUnsafeBytes { source in
            unsafe (storage + count).copyMemory(from: source.baseAddress!, byteCount: size)
        }
        count += size
    }

    package mutating func append(contentsOf array: [UInt8]) {
        append(array.rawSpan)
    }

    package mutating func append(repeating byte: UInt8, count size: Int) {
        precondition(size >= 0 && size <= remaining)
        unsafe (storage + count).initializeMemory(as: UInt8.self, repeating: byte, count: size)
        count += size
    }

    /// Overwrites one byte that is already written.
    package mutating func set(_ byte: UInt8, at offset: Int) {
        precondition(offset >= 0 && offset + 1 <= count)
        unsafe storage.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
    }

    package mutating func set(_ value: UInt16, at offset: Int) {
        precondition(offset >= 0 && offset + 2 <= count)
        unsafe storage.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt16.self)
    }

    package mutating func set(_ value: UInt32, at offset: Int) {
        precondition(offset >= 0 && offset + 4 <= count)
        unsafe storage.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self)
    }

    /// Lets C code write up to `size` bytes behind what is written, and takes over as many as it
    /// says it wrote.
    ///
    /// - Parameter body: gets the start of everything written, the offset at which to write, and
    ///   returns how many bytes it wrote, at most `size`.
    @unsafe
    package mutating func withUnsafeTail<Failure: Error>(
        reserving size: Int,
        _ body: (_ base: UnsafeMutableRawPointer, _ offset: Int) throws(Failure) -> Int
    ) throws(Failure) {
        precondition(size >= 0 && size <= remaining)
        let written = try unsafe body(storage, count)
        precondition(written >= 0 && written <= size)
        count += written
    }

    /// The start of the memory, for a system call that reads what is written.
    @unsafe
    package var baseAddress: UnsafeMutableRawPointer { unsafe storage }
}
