/// Which publisher is in which slot of a whole-stage subscription.
///
/// A publisher keeps its slot as long as it publishes; a slot that becomes free goes to whoever
/// waits longest. `Publisher` is whatever names one to the caller.
package struct SlotMap<Publisher: Hashable & Sendable>: Sendable {
    package private(set) var slots: [Publisher?]
    private var waiting: [Publisher] = []

    package init(count: Int) {
        slots = Array(repeating: nil, count: count)
    }

    package func slot(of publisher: Publisher) -> Int? {
        slots.firstIndex(of: publisher)
    }

    /// Gives the publisher a slot, the lowest free one; `nil` when it must wait (or waits already).
    package mutating func insert(_ publisher: Publisher) -> Int? {
        if let slot = slot(of: publisher) { return slot }
        if let free = slots.firstIndex(of: nil) {
            slots[free] = publisher
            return free
        }
        if !waiting.contains(publisher) { waiting.append(publisher) }
        return nil
    }

    /// Takes the publisher out.
    /// - Returns: its slot and who has it now, when it had one.
    package mutating func remove(_ publisher: Publisher) -> (slot: Int, successor: Publisher?)? {
        waiting.removeAll { $0 == publisher }
        guard let slot = slot(of: publisher) else { return nil }
        let successor = waiting.isEmpty ? nil : waiting.removeFirst()
        slots[slot] = successor
        return (slot, successor)
    }
}
