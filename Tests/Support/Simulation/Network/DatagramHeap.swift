/// What is on its way, soonest first: a binary heap.
struct DatagramHeap {
    private var items: [VirtualNetwork.Datagram] = []

    var first: VirtualNetwork.Datagram? { items.first }

    mutating func push(_ datagram: VirtualNetwork.Datagram) {
        items.append(datagram)
        var child = items.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard items[child].isBefore(items[parent]) else { return }
            items.swapAt(child, parent)
            child = parent
        }
    }

    mutating func pop() -> VirtualNetwork.Datagram? {
        guard items.count > 1 else { return items.popLast() }
        items.swapAt(0, items.count - 1)
        let first = items.removeLast()
        sift()
        return first
    }

    private mutating func sift() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < items.count {
                if items[child].isBefore(items[least]) { least = child }
            }
            guard least != parent else { return }
            items.swapAt(parent, least)
            parent = least
        }
    }
}
