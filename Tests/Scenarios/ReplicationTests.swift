import MediaPlane
import Primitives
import Signalling
import Simulation
import Testing

/// A host of one stage that is seen on another one, in virtual time.
@Suite(.workers(1, 2, 3)) struct ReplicationTests {
    private let size = (width: 640, height: 360)

    /// `ada` on stage `a`, with a viewer there and viewers of the whole stage and of her on `b`.
    private func room(replicated: Bool = true) throws -> SimulatedRoom {
        var room = try SimulatedRoom()
        _ = room.addHost("ada", on: "a")
        _ = room.addViewer("home", on: "a")
        _ = room.addViewer("whole", slots: 2, on: "b")
        _ = room.addViewer("one", of: "ada", on: "b")
        if replicated { room.replicate("ada", from: "a", to: "b") }
        room.run(milliseconds: 200)
        return room
    }

    private func marks(_ room: borrowing SimulatedRoom, of client: Int) -> [UInt8] {
        room.received[client]?.map(\.mark) ?? []
    }

    @Test func isSeenByWholeStageAndByName() throws {
        var room = try room()
        for mark in 1...20 as ClosedRange<UInt8> {
            room.sendPicture(from: 0, ssrc: 1, size: mark == 1 ? size : nil, mark: mark)
            room.run(milliseconds: 33)
        }
        for client in 1...3 {
            let got = marks(room, of: client)
            #expect(got == Array(1...20))
        }
        #expect(room.slots(of: 2) == ["ada", nil])
        #expect(
            room.reports.contains(
                .subscribeStarted(room.resource(of: 3), to: ParticipantID("ada"))))
    }

    @Test func beginsWithAKeyframeThatTheHostIsAskedFor() throws {
        var room = try room(replicated: false)
        room.sendPicture(from: 0, ssrc: 1, size: size, mark: 1)
        // Too long ago for anybody to begin with.
        room.run(milliseconds: 3_000)
        let before = room.keyframeRequests[0]?.count ?? 0
        room.replicate("ada", from: "a", to: "b")
        room.run(milliseconds: 50)
        #expect((room.keyframeRequests[0]?.count ?? 0) > before)
        room.sendPicture(from: 0, ssrc: 1, mark: 2)
        room.sendPicture(from: 0, ssrc: 1, size: size, mark: 3)
        room.sendPicture(from: 0, ssrc: 1, mark: 4)
        room.run(milliseconds: 50)
        #expect(marks(room, of: 1) == [1, 2, 3, 4])
        #expect(marks(room, of: 2) == [3, 4], "nothing that cannot be decoded")
    }

    @Test func endsWhenItIsStopped() throws {
        var room = try room()
        room.sendPicture(from: 0, ssrc: 1, size: size, mark: 1)
        room.run(milliseconds: 50)
        room.replicate("ada", from: "a", to: "b", ends: true)
        room.sendPicture(from: 0, ssrc: 1, size: size, mark: 2)
        room.run(milliseconds: 50)
        #expect(marks(room, of: 1) == [1, 2])
        #expect(marks(room, of: 2) == [1])
        #expect(room.slots(of: 2) == [nil, nil])
        #expect(
            room.reports.contains(
                .subscribeStopped(room.resource(of: 2), to: ParticipantID("ada"))))
    }

    @Test func outlivesTheHostsReload() throws {
        var room = try room()
        room.sendPicture(from: 0, ssrc: 1, size: size, mark: 1)
        room.run(milliseconds: 50)
        let again = room.addHost("ada", on: "a")
        room.run(milliseconds: 200)
        room.sendPicture(from: again, ssrc: 2, size: size, mark: 2)
        room.run(milliseconds: 50)
        room.remove(0)
        room.sendPicture(from: again, ssrc: 2, mark: 3)
        room.run(milliseconds: 50)
        #expect(marks(room, of: 2) == [1, 2, 3])
        let sequences = room.received[2]!.map(\.sequence)
        #expect(sequences == (0..<3).map { sequences[0] &+ $0 }, "one stream to the viewer")
        room.remove(again)
        room.run(milliseconds: 50)
        #expect(room.slots(of: 2) == [nil, nil])
    }

    @Test func whatIsHeldBackAtTheSourceIsHeldBackThere() throws {
        var room = try SimulatedRoom()
        _ = room.addHost("ada")
        _ = room.addViewer("one", of: "ada", on: "b")
        room.replicate("ada", from: "stage", to: "b")
        room.run(milliseconds: 200)
        room.sendPicture(from: 0, ssrc: 1, size: size, mark: 1)
        room.run(milliseconds: 50)
        room.setForwarding(of: "ada", audio: true, video: false)
        room.sendPicture(from: 0, ssrc: 1, size: size, mark: 2)
        room.run(milliseconds: 50)
        room.setForwarding(of: "ada", audio: true, video: true)
        room.sendPicture(from: 0, ssrc: 1, size: size, mark: 3)
        room.run(milliseconds: 50)
        #expect(marks(room, of: 1) == [1, 3])
    }

    @Test func waitsForAHostThatIsNotThereYet() throws {
        var room = try SimulatedRoom()
        room.replicate("ada", from: "a", to: "b")
        _ = room.addViewer("whole", slots: 1, on: "b")
        room.run(milliseconds: 200)
        let host = room.addHost("ada", on: "a")
        room.run(milliseconds: 200)
        room.sendPicture(from: host, ssrc: 1, size: size, mark: 9)
        room.run(milliseconds: 50)
        #expect(marks(room, of: 0) == [9])
    }

    @Test func doesNotTakeThePlaceOfAHostOfTheStage() throws {
        var room = try SimulatedRoom()
        _ = room.addHost("ada", on: "a")
        _ = room.addHost("ada", on: "b")
        _ = room.addViewer("whole", slots: 1, on: "b")
        room.replicate("ada", from: "a", to: "b")
        room.run(milliseconds: 200)
        room.sendPicture(from: 0, ssrc: 1, size: size, mark: 1)
        room.sendPicture(from: 1, ssrc: 2, size: size, mark: 2)
        room.run(milliseconds: 50)
        #expect(marks(room, of: 2) == [2])
    }

    @Test func aViewerThatLeavesIsForgottenOnBothStages() throws {
        var room = try room()
        room.sendPicture(from: 0, ssrc: 1, size: size, mark: 1)
        room.run(milliseconds: 50)
        room.remove(2)
        room.remove(3)
        room.sendPicture(from: 0, ssrc: 1, mark: 2)
        room.run(milliseconds: 50)
        #expect(marks(room, of: 1) == [1, 2])
        #expect(marks(room, of: 2) == [1])
        room.replicate("ada", from: "a", to: "b", ends: true)
        room.remove(0)
        room.run(milliseconds: 50)
        #expect(room.publisherCount == 0)
    }
}
