import MediaPlane
import Primitives
import RTP
import Simulation
import Testing

/// No two packets that differ are sealed with the same key under the same number (RFC 7714 §8.4).
@Suite(.workers(1, 2, 3)) struct ResendTests {
    private func play(
        tellsArrivals: Bool, usesRTX: Bool
    ) throws -> (datagrams: [[UInt8]], counters: ForwardingCounters) {
        var room = try SimulatedRoom()
        let host = room.addHost("ada")
        let viewer = room.addViewer("viewer", usesRTX: usesRTX, tellsArrivals: tellsArrivals)
        room.keptClients = [viewer]
        room.run(milliseconds: 200)
        for number in 0..<60 {
            if number == 30 { room.deaf = [viewer] }
            if number == 31 { room.deaf = [] }
            room.sendPicture(
                from: host, ssrc: 1, size: number == 0 ? (640, 360) : nil, mark: UInt8(number))
            room.run(milliseconds: 33)
        }
        let got = (room.received[viewer] ?? []).filter { $0.ssrc == 0x100 }.map(\.sequence)
        let holes = zip(got, got.dropFirst()).filter { $1 != $0 &+ 1 }.map { $0.0 &+ 1 }
        #expect(holes.count == 1)
        room.sendRTCP(from: viewer) {
            _ = RTCPWriter.nack(
                sender: SSRC(1), media: SSRC(0x100), missing: holes.map { SequenceNumber($0) },
                into: &$0)
        }
        room.run(milliseconds: 50)
        return (room.sealed[viewer] ?? [], room.counters)
    }

    /// Datagrams that differ under one SSRC and number.
    private func reused(_ datagrams: [[UInt8]]) -> Int {
        let byIndex = Dictionary(grouping: datagrams) { Array($0[2..<4] + $0[8..<12]) }
        return byIndex.values.count { Set($0).count > 1 }
    }

    @Test func whatCannotBeTheSameIsNotSentAgain() throws {
        let (datagrams, counters) = try play(tellsArrivals: true, usesRTX: false)
        #expect(reused(datagrams) == 0)
        #expect(counters.retransmitted == 0 && counters.resendsRefused == 1)
    }

    @Test(arguments: [(false, false), (true, true), (false, true)])
    func everythingElseIs(tellsArrivals: Bool, usesRTX: Bool) throws {
        let (datagrams, counters) = try play(tellsArrivals: tellsArrivals, usesRTX: usesRTX)
        #expect(reused(datagrams) == 0)
        #expect(counters.retransmitted == 1 && counters.resendsRefused == 0)
        if !usesRTX { #expect(datagrams.count == Set(datagrams).count + 1) }
    }
}
