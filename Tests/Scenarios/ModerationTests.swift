import MediaPlane
import Primitives
import Signalling
import Simulation
import Testing

/// Media that the control plane holds back, in virtual time.
@Suite(.workers(1, 2, 3)) struct ModerationTests {
    private let size = (width: 1280, height: 720)

    private func marks(_ room: borrowing SimulatedRoom, of viewer: Int = 0) -> [UInt8] {
        room.received[viewer]?.map(\.mark) ?? []
    }

    @Test func aMutedPictureStopsAndStartsAgainWithAKeyframe() throws {
        var room = try SimulatedRoom()
        _ = room.addViewer("viewer")
        let host = room.addHost("ada")
        room.run(milliseconds: 200)
        room.sendPicture(from: host, ssrc: 1, size: size, mark: 1)
        room.run(milliseconds: 20)
        room.setForwarding(of: "ada", audio: true, video: false)
        for mark in 2...9 as ClosedRange<UInt8> {
            room.sendPicture(from: host, ssrc: 1, size: mark == 5 ? size : nil, mark: mark)
            room.run(milliseconds: 20)
        }
        #expect(marks(room) == [1])
        let asked = room.keyframeRequests[host]?.count ?? 0
        room.run(milliseconds: 1000)
        room.setForwarding(of: "ada", audio: true, video: true)
        // What comes before the keyframe is of no use to anybody.
        room.sendPicture(from: host, ssrc: 1, mark: 10)
        room.run(milliseconds: 50)
        #expect(marks(room) == [1])
        #expect((room.keyframeRequests[host]?.count ?? 0) > asked)
        room.sendPicture(from: host, ssrc: 1, size: size, mark: 11)
        room.sendPicture(from: host, ssrc: 1, mark: 12)
        room.run(milliseconds: 50)
        let packets = try #require(room.received[0])
        #expect(packets.map(\.mark) == [1, 11, 12])
        #expect(packets.map(\.sequence) == (0..<3).map { packets[0].sequence &+ $0 })
        #expect(packets[1].timestamp &- packets[0].timestamp > 90_000)
        // The viewer never lost its host.
        for case .subscribeStopped in room.reports { Issue.record("subscription stopped") }
    }

    @Test func mutingOneKindLeavesTheOther() throws {
        var room = try SimulatedRoom()
        _ = room.addViewer("viewer", slots: 2)
        _ = room.addListener("listener", slots: 2)
        let (host, speaker) = (room.addHost("ada"), room.addSpeaker("bob"))
        room.run(milliseconds: 200)
        room.setForwarding(of: "bob", audio: true, video: false)
        room.setForwarding(of: "ada", audio: false, video: true)
        room.sendPicture(from: host, ssrc: 1, size: size, mark: 1)
        room.sendSound(from: speaker, ssrc: 2, mark: 2)
        room.run(milliseconds: 50)
        #expect(marks(room, of: 0) == [1])
        #expect(marks(room, of: 1) == [2])
        room.setForwarding(of: "bob", audio: false, video: true)
        room.sendSound(from: speaker, ssrc: 2, mark: 3)
        room.run(milliseconds: 50)
        #expect(marks(room, of: 1) == [2])
        room.setForwarding(of: "bob", audio: true, video: true)
        room.sendSound(from: speaker, ssrc: 2, mark: 4)
        room.run(milliseconds: 50)
        let packets = try #require(room.received[1])
        #expect(packets.map(\.mark) == [2, 4])
        #expect(packets[1].sequence == packets[0].sequence &+ 1)
    }

    @Test func mutingHoldsForLaterPublications() throws {
        var room = try SimulatedRoom()
        _ = room.addViewer("viewer")
        room.setForwarding(of: "ada", audio: true, video: false)
        let first = room.addHost("ada")
        room.run(milliseconds: 200)
        room.sendPicture(from: first, ssrc: 1, size: size, mark: 1)
        room.run(milliseconds: 50)
        room.remove(first)
        let second = room.addHost("ada")
        room.run(milliseconds: 200)
        room.sendPicture(from: second, ssrc: 2, size: size, mark: 2)
        room.run(milliseconds: 50)
        #expect(marks(room) == [])
        room.setForwarding(of: "ada", audio: true, video: true)
        room.sendPicture(from: second, ssrc: 2, size: size, mark: 3)
        room.run(milliseconds: 50)
        #expect(marks(room) == [3])
    }

    /// Muted while the viewer was on its way from one layer to another one.
    @Test func aViewerBetweenLayersEndsOnTheOneItWanted() throws {
        var room = try SimulatedRoom()
        _ = room.addViewer("viewer")
        let host = room.addHost("ada", rids: ["lo", "hi"])
        room.run(milliseconds: 200)
        room.sendPicture(from: host, ssrc: 1, rid: "lo", size: (320, 180), mark: 1)
        room.run(milliseconds: 20)
        // The larger layer is wanted from now on, and waits for its next keyframe.
        room.sendPicture(from: host, ssrc: 2, rid: "hi", size: size, mark: 20)
        for _ in 0..<30 {
            room.sendPicture(from: host, ssrc: 1, rid: "lo", mark: 1)
            room.sendPicture(from: host, ssrc: 2, rid: "hi", mark: 21)
            room.run(milliseconds: 20)
        }
        #expect(Set(marks(room)) == [1])
        room.setForwarding(of: "ada", audio: true, video: false)
        room.run(milliseconds: 50)
        room.setForwarding(of: "ada", audio: true, video: true)
        room.sendPicture(from: host, ssrc: 2, rid: "hi", size: size, mark: 22)
        room.run(milliseconds: 20)
        room.sendPicture(from: host, ssrc: 1, rid: "lo", size: (320, 180), mark: 2)
        room.sendPicture(from: host, ssrc: 2, rid: "hi", mark: 23)
        room.run(milliseconds: 20)
        #expect(marks(room).drop { $0 == 1 } == [22, 23])
    }
}
