internal import Primitives
internal import Synchronization

/// The addresses of this machine that datagrams came to, in the order in which they were first seen.
///
/// Sockets of one port share a book, so that a ``LocalAddress`` means the same to all of their threads.
/// Each has a copy that it reads (``LocalAddressReader``); the book is locked only when an address is new.
package final class LocalAddressBook: Sendable {
    private let addresses = Mutex<[TransportAddress]>([])

    package init() {}

    /// Enters an address, if it is new and there is room, and returns all of them.
    func entering(_ address: TransportAddress?) -> [TransportAddress] {
        addresses.withLock { addresses in
            if let address, addresses.count < Limits.localAddresses,
                !addresses.contains(address)
            {
                addresses.append(address)
            }
            return addresses
        }
    }
}

/// One thread's copy of a ``LocalAddressBook``.
struct LocalAddressReader {
    private let book: LocalAddressBook
    private var known: [TransportAddress] = []

    init(_ book: LocalAddressBook) { self.book = book }

    /// What names an address; ``LocalAddress/any`` when the book is full.
    mutating func name(_ address: TransportAddress) -> LocalAddress {
        if let place = known.firstIndex(of: address) {
            return LocalAddress(place: UInt8(place + 1))
        }
        guard known.count < Limits.localAddresses else { return .any }
        known = book.entering(address)
        return known.firstIndex(of: address).map { LocalAddress(place: UInt8($0 + 1)) } ?? .any
    }

    /// The address with that name; `nil` for ``LocalAddress/any``.
    mutating func address(_ name: LocalAddress) -> TransportAddress? {
        guard name != .any else { return nil }
        // Another thread named it.
        if Int(name.place) > known.count { known = book.entering(nil) }
        return Int(name.place) <= known.count ? known[Int(name.place) - 1] : nil
    }
}
