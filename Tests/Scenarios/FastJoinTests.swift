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

    /// The timestamps of what is replayed run as fast as it arrives, so that no player takes it for jitter,
    /// and end where the others are.
    @Test func whatIsReplayedCatchesUp() throws {
        var room = try SimulatedRoom(workers: 1)
        _ = room.addHost("ada")
        let first = room.addViewer("first")
        room.run(milliseconds: 200)
        var late = -1
        play(&room, frames: 150) { room, frame in
            // Told to be slow: what is there already takes a while.
            if frame == 40 { late = room.addViewer("late", usesRTX: true, tellsArrivals: true) }
        }
        let all = try #require(room.received[first])
        let replayed = try #require(room.received[late]).filter { $0.ssrc == 0x100 }
        for (before, after) in zip(replayed, replayed.dropFirst()) {
            let shown = Double(Int32(bitPattern: after.timestamp &- before.timestamp)) / 90
            let arrived = Double((after.at - before.at).nanoseconds) / 1e6
            // A millisecond's step, and at the end a frame's tolerance.
            #expect(shown >= 0 && abs(shown - arrived) <= 18, "\(shown) ms shown, \(arrived) came")
        }
        // From then on it is the host's own time.
        let (a, b) = try (
            #require(all.last { $0.mark == 20 }), #require(all.last { $0.mark == 29 })
        )
        let (c, d) = try (
            #require(replayed.last { $0.mark == 20 }), #require(replayed.last { $0.mark == 29 })
        )
        #expect(b.timestamp &- a.timestamp == d.timestamp &- c.timestamp)
        #expect(abs((d.at - b.at).nanoseconds) <= 10_000_000, "it is where the others are")
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
