internal import Forwarding

/// What a turn has for its viewers, sorted by viewer: lists through one array, so that sorting takes a few
/// nanoseconds a delivery and no memory.
///
/// Streams arrive side by side, and each knows its subscribers; what one viewer gets of all of them must
/// lie together to leave as one message.
struct ViewerOrder {
    struct Delivery {
        var stream: Int32
        var track: Int32
        /// The viewer's next one; -1 for none.
        fileprivate var next: Int32
    }

    private var deliveries: [Delivery] = []
    /// Each viewer's first and last delivery; -1 for none.
    private var ends: [(first: Int32, last: Int32)]
    /// The viewers that get something, in the order of their first delivery.
    private(set) var viewers: [Int32] = []

    /// - Parameter peers: how many there can be.
    init(peers: Int) {
        ends = Array(repeating: (-1, -1), count: peers)
        deliveries.reserveCapacity(Limits.deliveries)
        viewers.reserveCapacity(min(peers, Limits.deliveries))
    }

    var isFull: Bool { deliveries.count == Limits.deliveries }

    mutating func append(_ stream: Int, to subscriber: Subscriber) {
        let place = Int32(deliveries.count)
        let viewer = Int(subscriber.peer)
        deliveries.append(Delivery(stream: Int32(stream), track: subscriber.track, next: -1))
        if ends[viewer].first < 0 {
            ends[viewer].first = place
            viewers.append(subscriber.peer)
        } else {
            deliveries[Int(ends[viewer].last)].next = place
        }
        ends[viewer].last = place
    }

    func first(of viewer: Int32) -> Int32 { ends[Int(viewer)].first }

    /// A delivery, and the place of the viewer's next one.
    func delivery(at place: Int32) -> (delivery: Delivery, next: Int32) {
        let delivery = deliveries[Int(place)]
        return (delivery, delivery.next)
    }

    mutating func removeAll() {
        for viewer in viewers { ends[Int(viewer)] = (-1, -1) }
        viewers.removeAll(keepingCapacity: true)
        deliveries.removeAll(keepingCapacity: true)
    }
}
