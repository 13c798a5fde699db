import DatagramIO
import Primitives

/// Where a client is: viewers and publishers have a table each.
enum Seat: Hashable {
    case viewer(Int)
    case publisher(Int)

    /// What the poller names the client's socket by.
    var token: UInt64 {
        switch self {
        case .viewer(let index): UInt64(index) << 1 | 1
        case .publisher(let index): UInt64(index + 1) << 1
        }
    }

    /// - Parameter token: not 0.
    init(token: UInt64) {
        self =
            token & 1 == 1
            ? .viewer(Int(token >> 1)) : .publisher(Int(token >> 1) - 1)
    }
}

/// The clients of a thread.
struct ClientTable: ~Copyable {
    var viewers: SlotTable<Viewer>
    var publishers: SlotTable<Publisher>
    private var seats: [ClientID: Seat] = [:]
    /// Viewers that wait for something, and whether one is in that list already.
    private var busy: [Int] = []
    private var isBusy: [Bool]

    /// - Parameter capacity: how many there can be of each kind.
    init(capacity: Int) {
        viewers = SlotTable(capacity: capacity)
        publishers = SlotTable(capacity: capacity)
        isBusy = Array(repeating: false, count: capacity)
    }

    mutating func insert(_ viewer: consuming Viewer, id: ClientID) -> Seat? {
        guard let index = viewers.insert(viewer) else { return nil }
        seats[id] = .viewer(index)
        isBusy[index] = true
        busy.append(index)
        return .viewer(index)
    }

    mutating func insert(_ publisher: consuming Publisher, id: ClientID) -> Seat? {
        guard let index = publishers.insert(publisher) else { return nil }
        seats[id] = .publisher(index)
        return .publisher(index)
    }

    /// Takes the client's name off its seat, whose slot is still to be emptied.
    mutating func release(_ id: ClientID) -> Seat? { seats.removeValue(forKey: id) }

    var ids: [ClientID] { Array(seats.keys) }

    mutating func noteBusy(_ index: Int) {
        guard !isBusy[index], viewers[index].isBusy else { return }
        isBusy[index] = true
        busy.append(index)
    }

    /// The viewers that waited for something since the last call; those that still do must be noted
    /// again.
    mutating func takeBusy() -> [Int] {
        defer { busy.removeAll() }
        for index in busy { isBusy[index] = false }
        return busy.filter { viewers.isOccupied($0) }
    }
}
