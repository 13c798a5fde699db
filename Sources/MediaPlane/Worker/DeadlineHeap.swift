package import Primitives

/// The peers' next deadlines, soonest first (a binary heap).
///
/// Each peer has one entry, which is pushed again when it was popped, a host one more while packets of it
/// are missing, and a viewer while its layers are to be chosen, while one waits for its time to go up, and
/// while repairs are to go once more. An entry of a peer that is gone is recognised by its generation.
package struct DeadlineHeap: Sendable {
    package enum Purpose: UInt8, Hashable, Sendable {
        /// What a peer does again and again.
        case tick
        /// To ask a host for what is missing.
        case repair
        /// To choose a viewer's layers.
        case allocation
        /// The same, because a layer may go up then.
        case rise
        /// To send a viewer once more what was sent again.
        case copies
    }

    package struct Entry: Hashable, Sendable {
        package var at: Instant
        package var peer: Int32
        package var generation: UInt32
        package var purpose: Purpose

        package init(
            at: Instant, peer: Int32, generation: UInt32, purpose: Purpose = .tick
        ) {
            self.at = at
            self.peer = peer
            self.generation = generation
            self.purpose = purpose
        }
    }

    private var heap: [Entry] = []

    package init(capacity: Int) { heap.reserveCapacity(capacity) }

    package var soonest: Instant? { heap.first?.at }

    package var count: Int { heap.count }

    package mutating func push(_ entry: Entry) {
        heap.append(entry)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].at < heap[parent].at else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes the soonest entry if its time has come.
    package mutating func pop(at now: Instant) -> Entry? {
        guard let first = heap.first, first.at <= now else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            let left = 2 * parent + 1
            if left < heap.count, heap[left].at < heap[least].at { least = left }
            if left + 1 < heap.count, heap[left + 1].at < heap[least].at { least = left + 1 }
            guard least != parent else { return first }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
