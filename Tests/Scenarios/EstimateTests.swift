import MediaPlane
import Primitives
import Simulation
import Testing

/// What viewers that tell of arrivals are taken to carry, in virtual time.
@Suite(.workers(1, 2, 3)) struct EstimateTests {
    private let large = (width: 1280, height: 720)

    /// Thirty frames a second of four packets.
    private func play(_ room: inout SimulatedRoom, from host: Int, frames: Int) {
        for frame in 0..<frames {
            for packet in 0..<4 {
                room.sendPicture(
                    from: host, ssrc: 1, size: frame % 30 == 0 && packet == 0 ? large : nil,
                    mark: UInt8(frame % 200), bytes: 1100)
            }
            room.run(milliseconds: 33)
        }
    }

    @Test func aWideNetworkIsFoundByProbes() throws {
        var room = try SimulatedRoom()
        let host = room.addHost("ada")
        let viewer = room.addViewer("viewer", usesRTX: true, tellsArrivals: true)
        let silent = room.addViewer("silent", usesRTX: true)
        room.run(milliseconds: 200)
        let first = room.estimate(of: viewer)
        #expect(first == MediaPlane.Limits.firstEstimate)
        play(&room, from: host, frames: 90)
        let found = room.estimate(of: viewer)
        let estimate = try #require(found)
        #expect(estimate.bitsPerSecond > 2_000_000)
        let untold = room.estimate(of: silent)
        #expect(untold == nil)
        #expect(room.counters.probesSent > 0)
        #expect(room.counters.feedbackRefused == 0)
        // Probes repeat what was sent, over RTX; they are no packets of the stream.
        let packets = room.received[viewer] ?? []
        #expect(packets.count { $0.ssrc == 0x200 } == Int(room.counters.probesSent))
        #expect(packets.count { $0.ssrc == 0x100 } == 360)
        #expect(room.received[silent]?.count == 360)
    }

    /// A probe repairs what was lost unnoticed: each packet of the last 40 once, the oldest first, and only then
    /// the newest.
    @Test func probesRepeatOnePacketAfterTheOther() throws {
        var room = try SimulatedRoom()
        let host = room.addHost("ada")
        let viewer = room.addViewer("viewer", usesRTX: true, tellsArrivals: true)
        room.run(milliseconds: 200)
        play(&room, from: host, frames: 90)
        // More is wanted from here on, and looked for.
        let second = room.addHost("bob")
        room.sendPicture(from: second, ssrc: 2, size: large)
        play(&room, from: host, frames: 300)
        let received = (room.received[viewer] ?? []).filter { $0.ssrc & 0xFF == 0 }
        var (newest, sent) = (UInt16(0), Set<UInt16>())
        var (inTurn, all) = (0, 0)
        var before: (number: UInt16, at: Instant)?
        for packet in received {
            if packet.ssrc == 0x100 {
                newest = packet.sequence
                sent.insert(packet.sequence)
            } else {
                all += 1
                #expect(sent.contains(packet.firstWord), "nothing that did not go before")
                let age = newest &- packet.firstWord
                #expect(age <= 40)
                guard age > 4 else { continue }
                inTurn += 1
                if let before, packet.at - before.at < .milliseconds(20) {
                    #expect(packet.firstWord == before.number &+ 1, "none is left out")
                }
                before = (packet.firstWord, packet.at)
            }
        }
        #expect(all > 3 && inTurn > 0, "\(inTurn) of \(all)")
    }

    /// Frames that the network carries easily are sent when they come, whatever the estimate does.
    @Test(arguments: [3, 6, 9]) func framesDoNotWait(packets: Int) throws {
        var room = try SimulatedRoom(workers: 1)
        let host = room.addHost("ada")
        let viewer = room.addViewer("viewer", usesRTX: true, tellsArrivals: true)
        room.run(milliseconds: 200)
        var latest: [Int] = []
        for frame in 0..<300 {
            let before = room.received[viewer]?.count ?? 0
            let sent = room.now
            for packet in 0..<packets {
                room.sendPicture(
                    from: host, ssrc: 1, size: frame == 0 && packet == 0 ? large : nil, bytes: 1100)
            }
            room.run(milliseconds: 33)
            let media = (room.received[viewer] ?? []).dropFirst(before).filter { $0.ssrc == 0x100 }
            if frame > 60 { #expect(media.count == packets) }
            latest.append(Int((media.last.map { $0.at - sent } ?? .zero).milliseconds))
        }
        // 5 ms there and 5 ms on, and a millisecond's step; what is more than 15 ms of the pace waits for some.
        let limit = packets < 9 ? 13 : 18
        #expect(latest.dropFirst(60).count { $0 > limit } <= 6)
        #expect(latest.dropFirst(60).max() ?? 0 <= 20, "after a probe")
    }

    /// There is something to measure, and nothing to measure it with: the worker goes on.
    @Test func aViewerOfAnEmptyStageIsNotProbed() throws {
        var room = try SimulatedRoom()
        let viewer = room.addViewer(
            "viewer", slots: 2, usesRTX: true, hasSound: true, tellsArrivals: true)
        let speaker = room.addSpeaker("bob")
        room.run(milliseconds: 200)
        for number in 0..<50 {
            room.sendSound(from: speaker, ssrc: 7, mark: UInt8(number))
            room.run(milliseconds: 20)
        }
        #expect(room.received[viewer]?.count == 50)
        #expect(room.counters.probesSent == 0)
        let host = room.addHost("ada")
        room.run(milliseconds: 200)
        play(&room, from: host, frames: 10)
        #expect(room.received[viewer]?.contains { $0.mark == 9 && $0.ssrc == 0x101 } == true)
    }

    /// Feedback on what was never sent, from one who negotiated it and from one who did not.
    @Test func feedbackThatLiesChangesNothing() throws {
        var room = try SimulatedRoom()
        let host = room.addHost("ada")
        let liar = room.addViewer("liar", usesRTX: true, tellsArrivals: true)
        let other = room.addViewer("other", usesRTX: true)
        room.run(milliseconds: 200)
        play(&room, from: host, frames: 30)
        var random = SeededGenerator(seed: 5)
        for _ in 0..<500 {
            for viewer in [liar, other] {
                let count = 4 * Int.random(in: 4..<40, using: &random)
                let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
                room.sendRTCP(from: viewer) { writer in
                    writer.append(contentsOf: [0x8F, 205])
                    writer.append(UInt16(count / 4))
                    for byte in bytes { writer.append(byte) }
                }
            }
            room.run(milliseconds: 1)
        }
        let found = room.estimate(of: liar)
        let estimate = try #require(found)
        #expect(
            (MediaPlane.Limits.leastEstimate...MediaPlane.Limits.largestEstimate)
                .contains(estimate))
        #expect(room.counters.feedbackRefused > 0)
        #expect(room.ended(liar) == nil)
        play(&room, from: host, frames: 10)
        #expect(room.received[other]?.count == 160)
    }
}
