/// A table of at most `capacity` values at fixed places: what a worker keeps its peers and streams
/// in. Values never move, need not be copyable, and are changed in place.
///
/// A slot is named by its index. Whoever keeps an index longer than one turn of the loop checks
/// ``isOccupied(_:)`` or keeps the generation beside it.
@safe
package struct SlotTable<Element: ~Copyable>: ~Copyable {
    @usableFromInline let storage: UnsafeMutablePointer<Element>
    package let capacity: Int
    private var free: [Int32]
    @usableFromInline var generations: [UInt32]
    /// How many slots are in use.
    package private(set) var count = 0
    /// One more than the highest slot ever used: the bound for a loop over all of them.
    package private(set) var endIndex = 0

    package init(capacity: Int) {
        precondition(capacity > 0 && capacity <= Int32.max)
        self.capacity = capacity
        unsafe storage = .allocate(capacity: capacity)
        free = []
        free.reserveCapacity(capacity)
        generations = Array(repeating: 0, count: capacity)
    }

    deinit {
        // Odd generations are occupied.
        for index in 0..<endIndex where generations[index] & 1 == 1 {
            unsafe (storage + index).deinitialize(count: 1)
        }
        unsafe storage.deallocate()
    }

    /// Puts `element` into a free slot; gives `nil`, and drops the element, when there is none.
    package mutating func insert(_ element: consuming Element) -> Int? {
        let index: Int
        if let reused = free.popLast() {
            index = Int(reused)
        } else if endIndex < capacity {
            index = endIndex
            endIndex += 1
        } else {
            return nil
        }
        // Sound because a slot on the free list, or behind endIndex, is uninitialised.
        unsafe (storage + index).initialize(to: element)
        generations[index] &+= 1
        count += 1
        return index
    }

    package mutating func remove(_ index: Int) { _ = take(index) }

    /// Takes a value out.
    package mutating func take(_ index: Int) -> Element {
        precondition(isOccupied(index))
        generations[index] &+= 1
        free.append(Int32(index))
        count -= 1
        // Sound because the slot is occupied, and is on the free list from now on.
        return unsafe (storage + index).move()
    }

    @inlinable @inline(__always)
    package func isOccupied(_ index: Int) -> Bool {
        index >= 0 && index < generations.count && generations[index] & 1 == 1
    }

    /// Changes each time the slot is filled or emptied.
    @inlinable @inline(__always)
    package func generation(of index: Int) -> UInt32 { generations[index] }

    @inlinable
    package subscript(index: Int) -> Element {
        @inline(__always) unsafeAddress {
            precondition(isOccupied(index))
            return unsafe UnsafePointer(storage + index)
        }
        @inline(__always) unsafeMutableAddress {
            precondition(isOccupied(index))
            return unsafe storage + index
        }
    }
}
