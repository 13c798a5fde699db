import MediaPlane
import Primitives
import RTP
import Signalling
import Simulation
import Testing

/// What workers hand to each other when a stage spans two of them.
@Suite struct MirrorTests {
    private let large = (width: 1280, height: 720)

    /// A host with the first worker and viewers with both in turn: the first viewer is the second's.
    private func room(viewers: Int) throws -> SimulatedRoom {
        var room = try SimulatedRoom(workers: 2)
        _ = room.addHost("ada")
        for number in 0..<viewers { _ = room.addViewer("viewer \(number)") }
        room.run(milliseconds: 300)
        return room
    }

    @Test func eachPacketCrossesOnceHoweverManyViewers() throws {
        var room = try room(viewers: 9)
        for mark in UInt8(1)...20 {
            room.sendPicture(from: 0, ssrc: 1, size: mark == 1 ? large : nil, mark: mark)
            room.run(milliseconds: 10)
        }
        room.run(milliseconds: 50)
        for viewer in 1...9 { #expect(room.received[viewer]?.map(\.mark) == Array(1...20)) }
        #expect(room.packetsHandedOver == 20)
    }

    @Test func nothingCrossesWithoutAViewerThere() throws {
        var room = try SimulatedRoom(workers: 2)
        _ = room.addHost("ada")
        let there = room.addViewer("there")
        let here = room.addViewer("here")
        room.run(milliseconds: 300)
        room.sendPicture(from: 0, ssrc: 1, size: large, mark: 1)
        room.run(milliseconds: 20)
        room.remove(there)
        room.run(milliseconds: 20)
        let before = room.packetsHandedOver
        #expect(before == 1)
        room.sendPicture(from: 0, ssrc: 1, mark: 2)
        room.run(milliseconds: 20)
        #expect(room.packetsHandedOver == before)
        #expect(room.received[here]?.map(\.mark) == [1, 2])
    }

    /// A viewer who comes to the other worker while the host plays gets a keyframe through both.
    @Test func aWishForAKeyframeFindsItsWayHome() throws {
        var room = try room(viewers: 0)
        room.sendPicture(from: 0, ssrc: 1, size: large, mark: 1)
        room.run(milliseconds: 1000)
        let before = room.keyframeRequests[0]?.count ?? 0
        let viewer = room.addViewer("late")
        room.run(milliseconds: 200)
        room.sendPicture(from: 0, ssrc: 1, mark: 2)
        room.run(milliseconds: 200)
        #expect((room.keyframeRequests[0]?.count ?? 0) > before)
        room.sendPicture(from: 0, ssrc: 1, size: large, mark: 3)
        room.run(milliseconds: 50)
        #expect(room.received[viewer]?.map(\.mark) == [3])
    }

    /// The viewer's own worker answers out of its own history.
    @Test func whatTheMirrorSentItSendsAgain() throws {
        var room = try room(viewers: 1)
        for mark in UInt8(1)...5 {
            room.sendPicture(from: 0, ssrc: 1, size: mark == 1 ? large : nil, mark: mark)
        }
        room.run(milliseconds: 50)
        let third = try #require(room.received[1]?[2])
        room.sendRTCP(from: 1) {
            RTCPWriter.nack(
                sender: SSRC(9), media: SSRC(third.ssrc),
                missing: [SequenceNumber(third.sequence)], into: &$0)
        }
        room.run(milliseconds: 50)
        #expect(room.counters.retransmitted == 1 && room.counters.nacksSent == 0)
    }

    @Test func aHostThatFallsSilentLeavesNoMirror() throws {
        var room = try room(viewers: 1)
        room.sendPicture(from: 0, ssrc: 1, size: large, mark: 1)
        room.run(milliseconds: 50)
        #expect(room.slots(of: 1) == ["ada"])
        room.silence(0)
        room.run(milliseconds: 40_000)
        #expect(room.ended(0) == .consentExpired)
        #expect(room.slots(of: 1) == [nil])
        #expect(room.peerCounts == [0, 1])
    }
}
