import MediaPlane
import Primitives
import Simulation
import Testing

/// How what comes in a burst goes out, in virtual time.
@Suite(.workers(1, 2, 3)) struct PacingTests {
    private let large = (width: 1280, height: 720)

    /// How many packets came in each millisecond.
    private func bursts(of packets: some Sequence<SimulatedRoom.Received>) -> [Int] {
        Dictionary(grouping: packets, by: \.at).sorted { $0.key < $1.key }.map(\.value.count)
    }

    @Test func aKeyframeGoesOutInBursts() throws {
        var room = try SimulatedRoom.connected {
            _ = $0.addHost("ada")
            for name in ["one", "two", "three"] { _ = $0.addViewer(name) }
        }
        room.sendPicture(from: 0, ssrc: 1, size: large, mark: 1)
        for mark in 2...64 {
            room.sendPicture(from: 0, ssrc: 1, mark: UInt8(mark), bytes: 1140)
        }
        room.run(milliseconds: 250)
        for viewer in 1...3 {
            let packets = try #require(room.received[viewer])
            #expect(packets.map(\.mark) == Array(1...64))
            let bursts = bursts(of: packets)
            #expect(bursts.allSatisfy { $0 <= MediaPlane.Limits.blindBurst }, "\(bursts)")
            let span = try #require(packets.last).at - packets[0].at
            #expect((.milliseconds(150)...(.milliseconds(190))).contains(span), "3 Mbit/s: \(span)")
        }
    }

    @Test func aFrameOfAFewPacketsGoesOutAtOnce() throws {
        var room = try SimulatedRoom.connected {
            _ = $0.addHost("ada")
            _ = $0.addViewer("viewer")
        }
        room.sendPicture(from: 0, ssrc: 1, size: large, mark: 0)
        for frame in 1...20 {
            room.run(milliseconds: 33)
            for _ in 0..<8 { room.sendPicture(from: 0, ssrc: 1, mark: UInt8(frame)) }
        }
        room.run(milliseconds: 50)
        #expect(bursts(of: room.received[1]?.dropFirst() ?? []) == [Int](repeating: 8, count: 20))
    }

    /// What is held back of a picture does not hold back what comes late of an earlier one.
    @Test func whatComesLateOvertakesWhatIsHeldBack() throws {
        var room = try SimulatedRoom.connected {
            _ = $0.addHost("ada")
            _ = $0.addViewer("viewer")
        }
        room.sendPicture(from: 0, ssrc: 1, size: large, mark: 1)
        for mark in 2...100 where mark != 5 {
            if mark == 6 { room.skip(1, of: 1) }
            room.sendPicture(from: 0, ssrc: 1, mark: UInt8(mark))
        }
        room.run(milliseconds: 3)
        room.skip(-96, of: 1)
        room.sendPicture(from: 0, ssrc: 1, mark: 5)
        room.run(milliseconds: 100)
        let packets = try #require(room.received[1])
        #expect(Set(packets.map(\.sequence)).count == 100)
        #expect(packets.map(\.mark).sorted() == Array(1...100))
        let place = try #require(packets.firstIndex { $0.mark == 5 })
        // It came 3 ms after the others, which take 20; a worker in between may be late by some more.
        #expect((10..<90).contains(place))
    }

    /// A viewer that leaves while it is being sent a picture leaves nothing behind for the next one.
    @Test func whoLeavesInTheMiddleOfAPictureIsForgotten() throws {
        var room = try SimulatedRoom.connected {
            _ = $0.addHost("ada")
            _ = $0.addViewer("one")
            _ = $0.addViewer("two")
        }
        room.sendPicture(from: 0, ssrc: 1, size: large, mark: 1)
        for mark in 2...60 { room.sendPicture(from: 0, ssrc: 1, mark: UInt8(mark)) }
        room.run(milliseconds: 22)
        room.remove(1)
        // Until the keyframe is too old to begin with.
        room.run(milliseconds: 3000)
        let next = room.addViewer("three")
        room.run(milliseconds: 200)
        #expect(room.received[2]?.count == 60)
        #expect(room.received[next] == nil, "there was no keyframe since it came")
        room.sendPicture(from: 0, ssrc: 1, size: large, mark: 61)
        room.run(milliseconds: 50)
        #expect(room.received[next]?.map(\.mark) == [61])
    }

    /// A viewer that gets the lower of two layers, with the mark 1, and is about to get the better one.
    private func watchLayers(in room: inout SimulatedRoom) -> (host: Int, viewer: Int) {
        let host = room.addHost("ada", rids: ["q", "f"])
        let viewer = room.addViewer("viewer")
        room.run(milliseconds: 200)
        room.sendPicture(from: host, ssrc: 1, rid: "q", size: (width: 320, height: 180), mark: 1)
        room.run(milliseconds: 50)
        // Its size is known from now on, and that it is the better one.
        room.sendPicture(from: host, ssrc: 2, rid: "f", size: large, mark: 90)
        room.run(milliseconds: 600)
        return (host, viewer)
    }

    private func expectEachNumber(of packets: [SimulatedRoom.Received]) {
        for (before, after) in zip(packets, packets.dropFirst()) {
            #expect(after.sequence == before.sequence &+ 1)
        }
    }

    /// A track that changes to another layer sends what it has of the former first.
    @Test func aChangeOfLayersCutsNoPictureOff() throws {
        var room = try SimulatedRoom()
        let (host, viewer) = watchLayers(in: &room)
        for mark in 2...25 { room.sendPicture(from: host, ssrc: 1, rid: "q", mark: UInt8(mark)) }
        room.sendPicture(from: host, ssrc: 2, rid: "f", size: large, mark: 100)
        room.run(milliseconds: 60)
        let packets = try #require(room.received[viewer])
        #expect(packets.map(\.mark) == Array(1...25) + [100])
        expectEachNumber(of: packets)
    }

    /// What a viewer's pacer is far behind with of a layer does not go in one burst when another begins.
    @Test func aChangeOfLayersMakesNoBurst() throws {
        var room = try SimulatedRoom()
        let (host, viewer) = watchLayers(in: &room)
        for mark in 2...60 {
            room.sendPicture(from: host, ssrc: 1, rid: "q", mark: UInt8(mark), bytes: 1140)
        }
        room.run(milliseconds: 20)
        room.sendPicture(from: host, ssrc: 2, rid: "f", size: large, mark: 200)
        room.run(milliseconds: 60)
        let packets = try #require(room.received[viewer])
        #expect(packets.last?.mark == 200)
        let bursts = bursts(of: packets)
        #expect(bursts.allSatisfy { $0 <= MediaPlane.Limits.blindBurst + 1 }, "\(bursts)")
        expectEachNumber(of: packets)
    }

    /// Sound of hosts whose pictures are held back goes out when it comes.
    @Test func soundDoesNotWaitBehindPictures() throws {
        var room = try SimulatedRoom()
        let host = room.addHost("ada")
        let speaker = room.addSpeaker("bob")
        let viewer = room.addViewer("viewer", slots: 2, hasSound: true)
        room.run(milliseconds: 200)
        room.sendPicture(from: host, ssrc: 1, size: large, mark: 1)
        for mark in 2...100 {
            room.sendPicture(from: host, ssrc: 1, mark: UInt8(mark), bytes: 1140)
        }
        room.run(milliseconds: 3)
        room.sendSound(from: speaker, ssrc: 2, mark: 200)
        room.run(milliseconds: 400)
        let packets = try #require(room.received[viewer])
        let place = try #require(packets.firstIndex { $0.mark == 200 })
        #expect(packets.count == 101)
        #expect(place < 40, "100 packets of pictures take 300 ms, and it came 3 ms after them")
    }
}
