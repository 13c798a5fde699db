package import Primitives

/// Who uses a relay: a bounded table of addresses, from which the silent are dropped.
package struct RelayClients: Sendable {
    package enum Admission: Equatable, Sendable {
        case known(Int)
        /// The place is a new client's.
        case new(Int)
        /// There is no place left.
        case refused
    }

    private struct Entry: Sendable {
        var address: TransportAddress
        var lastSeen: Instant
    }

    private var entries: [Entry?]
    private var places: [TransportAddress: Int] = [:]
    private let idle: Duration
    /// Datagrams of newcomers that found no place.
    package private(set) var refused: UInt64 = 0
    /// How many clients there have been.
    package private(set) var admitted: UInt64 = 0

    package init(limit: Int = Limits.clients, idle: Duration = .seconds(60)) {
        entries = Array(repeating: nil, count: limit)
        self.idle = idle
    }

    package var count: Int { places.count }

    /// A datagram came from `address`. New clients get the lowest place that is free.
    package mutating func admit(_ address: TransportAddress, at now: Instant) -> Admission {
        if let place = places[address] {
            entries[place]?.lastSeen = now
            return .known(place)
        }
        guard let place = entries.firstIndex(where: { $0 == nil }) else {
            refused += 1
            return .refused
        }
        entries[place] = Entry(address: address, lastSeen: now)
        places[address] = place
        admitted += 1
        return .new(place)
    }

    /// Something came for the client.
    package mutating func note(_ place: Int, at now: Instant) { entries[place]?.lastSeen = now }

    package func address(of place: Int) -> TransportAddress? { entries[place]?.address }

    package mutating func remove(_ place: Int) {
        if let entry = entries[place] { places[entry.address] = nil }
        entries[place] = nil
    }

    /// Drops those who were silent for too long.
    /// - Returns: their places.
    package mutating func dropIdle(at now: Instant) -> [Int] {
        let silent = entries.indices.filter { place in
            entries[place].map { now - $0.lastSeen > idle } ?? false
        }
        for place in silent { remove(place) }
        return silent
    }
}
