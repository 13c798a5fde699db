import Forwarding
import MediaPlane
import Primitives
import RTP
import Simulation
import Testing

/// Viewers who come in the middle of a picture, in virtual time.
@Suite struct FastJoinTests {
    private let large = (width: 1280, height: 720)

    /// Thirty frames a second of two packets, a keyframe every two seconds; `each` is called before each
    /// frame with its number.
    private func play(
        _ room: inout SimulatedRoom, frames: Int, _ each: (inout SimulatedRoom, Int) -> Void
    ) {
        for frame in 0..<frames {
            each(&room, frame)
            room.sendPicture(
                from: 0, ssrc: 1, size: frame % 60 == 0 ? large : nil, mark: UInt8(frame % 60))
            room.sendPicture(from: 0, ssrc: 1, mark: UInt8(frame % 60))
            room.run(milliseconds: 33)
        }
    }

    @Test func whoComesWaitsForNoHostAndCostsItNothing() throws {
        var room = try SimulatedRoom(workers: 1)
        _ = room.addHost("ada")
        _ = room.addViewer("first")
        room.run(milliseconds: 200)
        var random = SeededGenerator(seed: 3)
        var came: [Int: Instant] = [:]
        play(&room, frames: 330) { room, frame in
            guard frame >= 10, frame < 300, came.count < 50, Bool.random(using: &random) else {
                return
            }
            came[room.addViewer("viewer\(frame)")] = room.now
        }
        #expect(came.count == 50)
        #expect(room.keyframeRequests[0]?.count ?? 0 <= 1, "that of the first viewer")
        for (viewer, since) in came {
            let packets = try #require(room.received[viewer])
            #expect(packets[0].mark == 0, "it begins with a keyframe")
            // ICE takes two exchanges of 10 ms each, and the simulation looks every 50.
            #expect(packets[0].at - since <= .milliseconds(150))
            for (before, after) in zip(packets, packets.dropFirst()) {
                #expect(after.sequence == before.sequence &+ 1)
                #expect(Int32(bitPattern: after.timestamp &- before.timestamp) >= 0)
            }
        }
        #expect(room.counters.replays == 50)
    }

    /// What is replayed runs eight times as fast, and ends where the others are.
    @Test func whatIsReplayedCatchesUp() throws {
        var room = try SimulatedRoom(workers: 1)
        _ = room.addHost("ada")
        let first = room.addViewer("first")
        room.run(milliseconds: 200)
        var late = -1
        play(&room, frames: 90) { room, frame in
            if frame == 40 { late = room.addViewer("late") }
        }
        let (all, replayed) = try (
            #require(room.received[first]), #require(room.received[late])
        )
        let caughtUp = replayed[0].at + .milliseconds(40)
        #expect(
            replayed.prefix { $0.at <= caughtUp }.count >= 80, "1.3 s of pictures come within 40 ms"
        )
        func frame(_ packets: [SimulatedRoom.Received], _ mark: UInt8, from: Int) -> UInt32? {
            packets.dropFirst(from).first { $0.mark == mark }?.timestamp
        }
        // Between two frames after the others have been caught up with: the host's own time.
        let (a, b) = try (
            #require(frame(all, 50, from: 0)), #require(frame(all, 59, from: 0))
        )
        let (c, d) = try (
            #require(frame(replayed, 50, from: 0)), #require(frame(replayed, 59, from: 0))
        )
        #expect(b &- a == d &- c)
        // And among what was replayed an eighth of it.
        let (e, f) = try (
            #require(frame(all, 8, from: 0)), #require(frame(all, 32, from: 0))
        )
        let (g, h) = try (
            #require(frame(replayed, 8, from: 0)), #require(frame(replayed, 32, from: 0))
        )
        #expect((Int64(f &- e) / 8 - Int64(h &- g)).magnitude <= 1)
    }

    @Test func nothingIsReplayedAcrossAHole() throws {
        var room = try SimulatedRoom(workers: 1)
        _ = room.addHost("ada")
        _ = room.addViewer("first")
        room.run(milliseconds: 200)
        var late = -1
        play(&room, frames: 50) { room, frame in
            if frame == 20 { room.skip(1, of: 1) }
            if frame == 30 { late = room.addViewer("late") }
        }
        #expect(room.received[late] == nil)
        #expect(room.counters.replays == 0)
        #expect((room.keyframeRequests[0]?.count ?? 0) >= 1)
    }

    /// What was replayed is sent again as it was.
    @Test func aReplayedPacketIsRepairedWithItsTimestamp() throws {
        var room = try SimulatedRoom(workers: 1)
        _ = room.addHost("ada")
        _ = room.addViewer("first")
        room.run(milliseconds: 200)
        var late = -1
        play(&room, frames: 45) { room, frame in
            if frame == 30 { late = room.addViewer("late", usesRTX: true) }
        }
        let packets = try #require(room.received[late])
        let wanted = packets[11]
        room.sendRTCP(from: late) { writer in
            RTCPWriter.nack(
                sender: SSRC(9), media: SSRC(wanted.ssrc),
                missing: [SequenceNumber(wanted.sequence)], into: &writer)
        }
        room.run(milliseconds: 30)
        let again = try #require(room.received[late]).dropFirst(packets.count)
        #expect(again.map(\.firstWord) == [wanted.sequence])
        #expect(again.map(\.timestamp) == [wanted.timestamp])
    }
}
