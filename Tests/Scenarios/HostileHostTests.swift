import MediaPlane
import Primitives
import RTP
import Simulation
import Testing

/// What a host, or somebody who has its token, can do to a stage with the packets that it sends: nothing but to
/// its own picture.
@Suite(.workers(1, 2, 3)) struct HostileHostTests {
    private let large = (width: 640, height: 360)

    private func room() throws -> SimulatedRoom {
        try SimulatedRoom.connected {
            _ = $0.addHost("ada", rids: ["l", "h"])
            _ = $0.addHost("grace")
            _ = $0.addViewer("viewer", slots: 2, usesRTX: true)
        }
    }

    private func marks(_ room: borrowing SimulatedRoom, from first: UInt8) -> [UInt8] {
        (room.received[2] ?? []).map(\.mark).filter { $0 >= first }
    }

    @Test("A stream stays the layer that it began as, whatever its packets say later")
    func rid() throws {
        var room = try room()
        for (number, rid) in ["h", "l", "h", "zz", "?", "l"].enumerated() {
            room.sendPicture(
                from: 0, ssrc: 1, rid: rid, size: number == 0 ? large : nil,
                mark: UInt8(number + 1))
            room.run(milliseconds: 33)
        }
        #expect(marks(room, from: 1) == [1, 2, 3, 4, 5, 6])
        #expect(room.counters.packetsUnbound == 0)
    }

    @Test("What belongs to nothing that was offered is counted, and nothing else")
    func unknown() throws {
        var room = try room()
        room.sendPicture(from: 0, ssrc: 1, rid: "h", size: large, mark: 1)
        room.run(milliseconds: 33)
        // Names that were not offered, none where there are layers, and a payload type of nobody's.
        for number in 0..<100 {
            room.sendPicture(from: 0, ssrc: 0x1000 + UInt32(number), rid: "x\(number)", mark: 2)
            room.sendPicture(from: 0, ssrc: 0x2000 + UInt32(number), mark: 3)
        }
        room.run(milliseconds: 33)
        room.sendPicture(from: 0, ssrc: 1, rid: "h", mark: 4)
        room.run(milliseconds: 33)
        #expect(marks(room, from: 1) == [1, 4])
        // Of so many SSRCs most are not even opened (``SRTPOpener``).
        let refused = room.counters.packetsUnbound
        #expect(refused >= 50 && refused + room.counters.violations == 200)
    }

    @Test("A layer that begins anew with each packet does so twice a second, and others go on")
    func restarts() throws {
        var room = try room()
        room.sendPicture(from: 1, ssrc: 9, size: large, mark: 200)
        for number in 0..<300 {
            room.sendPicture(
                from: 0, ssrc: 0x1000 + UInt32(number % 40), rid: "h", size: large,
                mark: UInt8(number % 100))
            room.sendPicture(from: 1, ssrc: 9, mark: 201)
            room.run(milliseconds: 10)
        }
        room.run(milliseconds: 50)
        // 3 s: at once, and each 500 ms.
        #expect(room.counters.packetsUnbound >= 280)
        #expect((room.received[2] ?? []).count { $0.mark < 100 } >= 6)
        #expect(marks(room, from: 200).count == 301, "the other host's picture is whole")
        #expect(room.counters.streamsRefused == 0)
    }

    @Test("A host that sends nothing but keyframes, and a viewer who asks for nothing else")
    func keyframes() throws {
        var room = try room()
        for number in 0..<600 {
            room.sendPicture(
                from: 0, ssrc: 1, rid: number % 2 == 0 ? "h" : "l", size: large,
                mark: UInt8(1 + number % 100), bytes: 1100)
            room.sendPicture(from: 1, ssrc: 9, size: number == 0 ? large : nil, mark: 201)
            room.sendRTCP(from: 2) { packet in
                for slot in UInt32(0)..<2 {
                    RTCPWriter.pictureLoss(
                        sender: SSRC(1), media: SSRC(0x100 + slot), into: &packet)
                }
            }
            room.run(milliseconds: 5)
        }
        room.run(milliseconds: 50)
        #expect(room.counters.keyframesWanted > 1000)
        // Each 500 ms, for the first and for the second picture.
        let asked = (0..<2).map { room.keyframeRequests[$0]?.count ?? 0 }
        #expect(asked.allSatisfy { (1...8).contains($0) }, "asked \(asked)")
        #expect(marks(room, from: 201).count == 600, "the other host's picture is whole")
        #expect((room.received[2] ?? []).count { $0.mark <= 100 } == 600)
    }
}
