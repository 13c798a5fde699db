import MediaPlane
import Primitives
import Signalling
import Simulation
import Testing

/// A host whose address changes under it goes on, and leaves no ghost.
@Suite(.workers(1, 2, 3)) struct NetworkChangeTests {
    private let large = (width: 1280, height: 720)

    private func room() throws -> SimulatedRoom {
        var room = try SimulatedRoom()
        _ = room.addHost("ada")
        _ = room.addViewer("viewer")
        room.run(milliseconds: 200)
        room.sendPicture(from: 0, ssrc: 1, size: large, mark: 1)
        room.run(milliseconds: 50)
        return room
    }

    private func publishStarts(_ room: borrowing SimulatedRoom) -> Int {
        room.reports.count { if case .publishStarted = $0 { true } else { false } }
    }

    /// Wi-Fi to mobile, or a NAT that forgot: the same credentials from a new address.
    @Test func aNewAddressWithTheSameCredentialsIsTheSameHost() throws {
        var room = try room()
        room.move(0)
        // Media from an address that has not authenticated itself is nobody's.
        room.sendPicture(from: 0, ssrc: 1, mark: 2)
        room.run(milliseconds: 50)
        #expect(room.received[1]?.map(\.mark) == [1])
        #expect(room.counters.unknownSource >= 1)
        // Its next consent check, at most six seconds later, says who it is.
        room.run(milliseconds: 6100)
        room.sendPicture(from: 0, ssrc: 1, size: large, mark: 3)
        room.run(milliseconds: 50)
        #expect(room.received[1]?.map(\.mark) == [1, 3])
        // What is sent to it goes to where it is now.
        let before = room.referenceTimes[0]?.count ?? 0
        room.run(milliseconds: 3000)
        #expect((room.referenceTimes[0]?.count ?? 0) >= before + 2)
        room.run(milliseconds: 40_000)
        #expect(room.ended(0) == nil && room.ended(1) == nil)
        #expect(room.publisherCount == 1)
        #expect(publishStarts(room) == 1)
        #expect(room.slots(of: 1) == ["ada"])
    }

    @Test func anICERestartFromANewAddressIsTheSameHost() throws {
        var room = try room()
        room.move(0)
        room.reconnect(0, seed: 5)
        room.run(milliseconds: 200)
        room.sendPicture(from: 0, ssrc: 1, mark: 2)
        room.run(milliseconds: 50)
        #expect(room.received[1]?.map(\.mark) == [1, 2])
        let before = room.referenceTimes[0]?.count ?? 0
        room.run(milliseconds: 40_000)
        #expect((room.referenceTimes[0]?.count ?? 0) >= before + 30)
        #expect(room.ended(0) == nil && room.ended(1) == nil)
        #expect(room.publisherCount == 1)
        #expect(publishStarts(room) == 1)
    }

    /// The address that the host left is given to somebody else.
    @Test func theFormerAddressIsFreeForAnother() throws {
        var room = try room()
        room.move(0)
        room.reconnect(0, seed: 5)
        room.run(milliseconds: 200)
        let other = room.addHost("bob", from: .init(ipv4: 0x0A00_0001, port: 4000))
        room.run(milliseconds: 300)
        let isConnected = room.isConnected(other)
        #expect(isConnected)
        room.remove(other)
        room.run(milliseconds: 100)
        room.sendPicture(from: 0, ssrc: 1, mark: 2)
        room.run(milliseconds: 50)
        #expect(room.received[1]?.last?.mark == 2)
        #expect(room.ended(0) == nil)
    }
}
