internal import Congestion
internal import MediaPlane
package import Primitives
internal import RTP

// What viewers tell of the packets that arrive (draft-holmer-rmcat-transport-wide-cc-extensions-01).
extension SimulatedRoom {
    /// The extension's id.
    static let transportSequence: UInt8 = 5

    mutating func noteArrival(of packet: [UInt8], header: RTPHeader, at client: Int) {
        guard recorders[client] != nil,
            let range = HeaderExtensions.find(
                Self.transportSequence, in: packet.rawSpan, header: header), range.count == 2
        else { return }
        let number = packet.rawSpan.uint16(at: range.lowerBound)
        recorders[client]!.record(sequence: SequenceNumber(number), at: now)
    }

    /// Each viewer tells every 50 ms.
    mutating func tellArrivals() {
        guard now.nanoseconds / 1_000_000 % 50 == 0 else { return }
        for client in recorders.keys.sorted() where recorders[client]!.hasPending {
            var recorder = recorders[client]!
            sendRTCP(from: client) { writer in
                _ = recorder.writeFeedback(sender: SSRC(9), media: SSRC(0x100), into: &writer)
            }
            recorders[client] = recorder
        }
    }

    /// What the way to a viewer carries, as its worker takes it.
    package mutating func estimate(of viewer: Int) -> DataRate? {
        for worker in 0..<workerCount {
            if let rate = workers[worker].estimate(of: resource(of: viewer)) { return rate }
        }
        return nil
    }
}
