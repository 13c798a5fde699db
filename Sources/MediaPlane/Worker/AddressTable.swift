package import Primitives

/// Finds the peer of a source address: open addressing with linear probing, at most half full.
///
/// Only addresses from which a peer has authenticated itself get in, so nobody outside chooses the
/// keys; the seed keeps a participant from choosing collisions.
package struct AddressTable: ~Copyable {
    private struct Cell {
        var address = TransportAddress(high: 0, low: 0, port: 0)
        var peer: Int32 = -1
    }

    private var cells: [Cell]
    private let mask: Int
    private let seed: UInt64
    package private(set) var count = 0

    /// - Parameter capacity: the most addresses that fit.
    package init(capacity: Int, seed: UInt64) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        cells = Array(repeating: Cell(), count: size)
        mask = size - 1
        self.seed = seed
    }

    private func home(of address: TransportAddress) -> Int {
        var hash = (address.low ^ seed) &* 0x9E37_79B9_7F4A_7C15
        hash ^= (address.high ^ UInt64(address.port) << 32 ^ hash >> 29) &* 0xBF58_476D_1CE4_E5B9
        return Int(truncatingIfNeeded: (hash ^ hash >> 32)) & mask
    }

    package func find(_ address: TransportAddress) -> Int? {
        var index = home(of: address)
        while cells[index].peer >= 0 {
            if cells[index].address == address { return Int(cells[index].peer) }
            index = (index + 1) & mask
        }
        return nil
    }

    /// Enters an address, or moves it to another peer. - Returns: false when the table is full.
    package mutating func insert(_ address: TransportAddress, peer: Int) -> Bool {
        var index = home(of: address)
        while cells[index].peer >= 0 {
            if cells[index].address == address {
                cells[index].peer = Int32(peer)
                return true
            }
            index = (index + 1) & mask
        }
        guard count * 2 < cells.count else { return false }
        cells[index] = Cell(address: address, peer: Int32(peer))
        count += 1
        return true
    }

    /// Takes an address out, and closes the gap so that probing still finds what lies behind it.
    package mutating func remove(_ address: TransportAddress) {
        var gap = home(of: address)
        while cells[gap].peer >= 0, cells[gap].address != address { gap = (gap + 1) & mask }
        guard cells[gap].peer >= 0 else { return }
        count -= 1
        var next = (gap + 1) & mask
        while cells[next].peer >= 0 {
            let home = home(of: cells[next].address)
            // The cell may move into the gap unless its home lies between the gap and itself.
            if (next - home) & mask >= (next - gap) & mask {
                cells[gap] = cells[next]
                gap = next
            }
            next = (next + 1) & mask
        }
        cells[gap] = Cell()
    }
}
