package import Primitives
internal import Synchronization

/// A bounded queue of byte strings from one thread to one other: no lock, no system call, no allocation.
///
/// A record lies in the memory in one piece, behind its size: what would reach over the end starts anew
/// at the beginning. ``push(_:)`` and ``pop(into:)`` may run at the same time, on one thread each.
@safe
package final class RecordRing: @unchecked Sendable {
    // Sound because each byte of the memory belongs to the producer from the moment that the consumer
    // has moved `head` past it until the producer moves `tail` past it, and to the consumer in between;
    // both moves release, and both sides acquire the other's.
    private let storage: UnsafeMutableRawPointer
    private let capacity: Int
    /// Bytes ever pushed and popped, the gaps at the end included.
    private let tail = Atomic<Int>(0)
    private let head = Atomic<Int>(0)

    /// Stands in the place of a size where a record would have reached over the end.
    private static let skip = UInt32.max
    private static let sizeBytes = 4

    /// - Parameter capacity: bytes; a multiple of 8.
    package init(capacity: Int) {
        precondition(capacity > 0 && capacity % 8 == 0)
        unsafe storage = .allocate(byteCount: capacity, alignment: 64)
        self.capacity = capacity
    }

    deinit { unsafe storage.deallocate() }

    /// For the consumer, which may fall asleep on it (see ``Doorbell``).
    package var isEmpty: Bool {
        head.load(ordering: .relaxed) == tail.load(ordering: .sequentiallyConsistent)
    }

    /// Appends a record. For the producer. - Returns: false when it does not fit now.
    package func push(_ record: RawSpan) -> Bool {
        let size = Self.place(of: record.byteCount)
        let start = tail.load(ordering: .relaxed)
        let offset = start % capacity
        let gap = offset + size > capacity ? capacity - offset : 0
        guard start + gap + size - head.load(ordering: .acquiring) <= capacity else {
            return false
        }
        if gap > 0 {
            unsafe storage.storeBytes(of: Self.skip, toByteOffset: offset, as: UInt32.self)
        }
        let place = gap > 0 ? 0 : offset
        unsafe storage.storeBytes(
            of: UInt32(record.byteCount), toByteOffset: place, as: UInt32.self)
        unsafe record.withUnsafeBytes { source in
            guard let base = source.baseAddress else { return }
            unsafe (storage + place + Self.sizeBytes).copyMemory(
                from: base, byteCount: source.count)
        }
        tail.store(start + gap + size, ordering: .releasing)
        return true
    }

    /// Takes the oldest record and appends it to `writer`. For the consumer.
    /// - Returns: false when there is none.
    package func pop(into writer: inout ByteWriter) -> Bool {
        var start = head.load(ordering: .relaxed)
        guard start != tail.load(ordering: .acquiring) else { return false }
        var size = unsafe storage.load(fromByteOffset: start % capacity, as: UInt32.self)
        if size == Self.skip {
            start += capacity - start % capacity
            size = unsafe storage.load(fromByteOffset: 0, as: UInt32.self)
        }
        let record = unsafe RawSpan(
            _unsafeBytes: UnsafeRawBufferPointer(
                start: storage + start % capacity + Self.sizeBytes, count: Int(size)))
        writer.append(record)
        head.store(start + Self.place(of: Int(size)), ordering: .releasing)
        return true
    }

    /// What a record takes: with its size, and up to where the next one's stands aligned.
    private static func place(of size: Int) -> Int { (size + sizeBytes + 7) & ~7 }
}
