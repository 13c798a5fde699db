import MediaPlane
import Primitives
import RTP
import Signalling
import Simulation
import Testing

/// Who gets what from whom while hosts and viewers come and go, in virtual time.
@Suite(.workers(1, 2, 3)) struct RoomTests {
    private let small = (width: 320, height: 180)
    private let large = (width: 1280, height: 720)

    @Test func eachHostTakesTheNextSlotAndFreesItWhenItLeaves() throws {
        var room = try SimulatedRoom.connected {
            _ = $0.addViewer("viewer", slots: 2)
            _ = $0.addHost("ada")
        }
        #expect(room.slots(of: 0) == ["ada", nil])
        let second = room.addHost("bob")
        room.run(milliseconds: 200)
        #expect(room.slots(of: 0) == ["ada", "bob"])
        room.sendPicture(from: 1, ssrc: 1, size: large, mark: 1)
        room.sendPicture(from: second, ssrc: 2, size: large, mark: 2)
        room.run(milliseconds: 50)
        // The two come in any order: each crosses from a worker of its own.
        #expect(
            Set(room.received[0]?.map { [$0.ssrc, UInt32($0.mark)] } ?? [])
                == [[0x100, 1], [0x101, 2]])
        room.remove(1)
        room.run(milliseconds: 50)
        #expect(room.slots(of: 0) == [nil, "bob"])
        #expect(
            room.reports.contains(
                .subscribeStopped(room.resource(of: 0), to: ParticipantID("ada"))))
    }

    @Test func aHostThatWaitedForASlotAndLeftIsForgotten() throws {
        var room = try SimulatedRoom.connected {
            _ = $0.addViewer("viewer", slots: 1)
            for name in ["ada", "bob", "eve"] {
                _ = $0.addHost(name)
                $0.run(milliseconds: 20)
            }
        }
        #expect(room.slots(of: 0) == ["ada"])
        room.remove(2)
        room.remove(1)
        room.run(milliseconds: 50)
        #expect(room.slots(of: 0) == ["eve"])
    }

    @Test func theSameParticipantOnceMoreKeepsItsSlotAndItsNumbers() throws {
        var room = try SimulatedRoom.connected {
            _ = $0.addViewer("viewer", slots: 2)
            _ = $0.addHost("ada")
        }
        room.sendPicture(from: 1, ssrc: 1, size: large, mark: 1)
        room.run(milliseconds: 50)
        let again = room.addHost("ada")
        room.run(milliseconds: 200)
        room.sendPicture(from: again, ssrc: 9, size: large, mark: 2)
        room.sendPicture(from: 1, ssrc: 1, mark: 3)
        room.run(milliseconds: 50)
        #expect(room.slots(of: 0) == ["ada", nil])
        let packets = try #require(room.received[0])
        #expect(packets.map(\.mark) == [1, 2])
        #expect(packets[1].sequence == packets[0].sequence &+ 1)
        #expect(packets.allSatisfy { $0.ssrc == 0x100 })
        room.remove(1)
        room.run(milliseconds: 50)
        #expect(room.slots(of: 0) == ["ada", nil])
    }

    /// A host that has sent nothing yet knows its viewers without a stream.
    @Test func aViewerThatLeavesBeforeTheFirstPacketIsForgotten() throws {
        var room = try SimulatedRoom.connected {
            _ = $0.addHost("ada")
            _ = $0.addViewer("viewer")
            _ = $0.addViewer("other")
        }
        room.remove(1)
        room.run(milliseconds: 20)
        room.sendPicture(from: 0, ssrc: 1, size: large, mark: 1)
        room.run(milliseconds: 600)
        #expect(room.received[2]?.map(\.mark) == [1])
    }

    @Test func theLargestArrivingLayerIsForwardedAndTheNextTakesOver() throws {
        var room = try SimulatedRoom.connected {
            _ = $0.addViewer("viewer")
            _ = $0.addHost("ada", rids: ["q", "f"])
        }
        func send(_ room: inout SimulatedRoom, seconds: Int, _ layers: [UInt32], keys: Bool) {
            for frame in 0..<seconds * 30 {
                for ssrc in layers {
                    let size = ssrc == 1 ? small : large
                    room.sendPicture(
                        from: 1, ssrc: ssrc, rid: ssrc == 1 ? "q" : "f",
                        size: keys && frame % 15 == 0 ? size : nil, mark: UInt8(ssrc))
                }
                room.run(milliseconds: 33)
            }
        }
        send(&room, seconds: 2, [1, 2], keys: true)
        #expect(room.received[0]?.last?.mark == 2)
        let asked = room.keyframeRequests[1]?.count { $0.ssrc == 1 } ?? 0
        send(&room, seconds: 3, [1], keys: false)
        #expect(room.received[0]?.last?.mark == 2, "only a keyframe can take over")
        #expect((room.keyframeRequests[1]?.count { $0.ssrc == 1 } ?? 0) > asked)
        send(&room, seconds: 1, [1], keys: true)
        let packets = try #require(room.received[0])
        #expect(packets.last?.mark == 1)
        for (before, after) in zip(packets, packets.dropFirst()) {
            #expect(after.sequence == before.sequence &+ 1)
        }
        #expect(Set(packets.map(\.ssrc)).count == 1)
    }

    @Test func keyframeRequestsAreThrottled() throws {
        var room = try SimulatedRoom.connected {
            _ = $0.addHost("ada")
            for number in 0..<8 { _ = $0.addViewer("viewer\(number)") }
        }
        room.sendPicture(from: 0, ssrc: 1, size: large)
        room.run(milliseconds: 600)
        let before = room.keyframeRequests[0]?.count ?? 0
        for _ in 0..<100 {
            for viewer in 1...8 {
                room.sendRTCP(from: viewer) {
                    RTCPWriter.pictureLoss(sender: SSRC(9), media: SSRC(0x100), into: &$0)
                }
            }
            room.run(milliseconds: 20)
        }
        let requests = (room.keyframeRequests[0] ?? []).dropFirst(before)
        #expect((4...5).contains(requests.count))
        for (first, second) in zip(requests, requests.dropFirst()) {
            #expect(second.at - first.at >= .milliseconds(495))
        }
    }

    @Test func whoFallsSilentIsEnded() throws {
        var room = try SimulatedRoom.connected {
            _ = $0.addHost("ada")
            _ = $0.addViewer("viewer")
        }
        room.silence(1)
        room.run(milliseconds: 25_000)
        #expect(room.ended(1) == nil)
        room.run(milliseconds: 10_000)
        #expect(room.ended(1) == .consentExpired)
        #expect(room.ended(0) == nil)
        #expect(room.viewerCount == 0)
    }

    @Test func aSubscriptionToOneHostEndsTenSecondsAfterIt() throws {
        var room = try SimulatedRoom.connected {
            _ = $0.addHost("ada")
            _ = $0.addViewer("viewer", of: "ada")
        }
        room.remove(0)
        room.run(milliseconds: 9000)
        #expect(room.ended(1) == nil)
        room.run(milliseconds: 2500)
        #expect(room.ended(1) == .publisherEnded)
    }

    @Test func aSubscriptionToAHostThatLeftBeforeItConnectedEndsToo() throws {
        var room = try SimulatedRoom()
        let viewer = room.addViewer("viewer", of: "ada")
        room.run(milliseconds: 12_000)
        #expect(room.ended(viewer) == .publisherEnded)
    }

    @Test func mediaGoesOnThroughManyICERestarts() throws {
        var room = try SimulatedRoom.connected {
            _ = $0.addHost("ada")
            _ = $0.addViewer("viewer")
        }
        room.sendPicture(from: 0, ssrc: 1, size: large)
        room.run(milliseconds: 100)
        for seed in UInt64(1)...100 {
            room.restartICE(0, seed: seed)
            room.restartICE(1, seed: seed + 1000)
            room.sendPicture(from: 0, ssrc: 1, mark: UInt8(seed))
            room.run(milliseconds: 500)
        }
        #expect(room.received[1]?.map(\.mark) == Array(0...100))
        #expect(room.ended(0) == nil && room.ended(1) == nil)
    }

    /// A host that loses every eighteenth packet of three layers is asked for them in datagrams
    /// that fit.
    @Test func manyHolesAreAskedForInSmallDatagrams() throws {
        var room = try SimulatedRoom.connected {
            _ = $0.addViewer("viewer")
            _ = $0.addHost("ada", rids: ["q", "h", "f"])
        }
        for _ in 0..<250 {
            for (ssrc, rid) in [(UInt32(1), "q"), (2, "h"), (3, "f")] {
                room.sendPicture(from: 1, ssrc: ssrc, rid: rid, size: small)
                room.skip(1, of: ssrc)
                for _ in 0..<17 { room.sendPicture(from: 1, ssrc: ssrc, rid: rid, bytes: 10) }
            }
        }
        room.run(milliseconds: 100)
        #expect(room.counters.nacksSent >= 600)
        #expect(room.largestRTCP <= 1250)
        #expect(room.ended(1) == nil)
    }

    /// A NAT gives a port away again, or a client dials twice from one socket.
    @Test func aNewHostConnectsFromTheAddressOfOneThatVanished() throws {
        var room = try SimulatedRoom.connected {
            _ = $0.addHost("ada")
            _ = $0.addViewer("viewer")
        }
        room.silence(0)
        let host = room.addHost("bob", inPlaceOf: 0)
        room.run(milliseconds: 500)
        let isConnected = room.isConnected(host)
        #expect(isConnected)
        #expect(room.reports.contains(.connected(room.resource(of: host))))
    }

    /// What comes together goes on as one run, but for a last packet that is much smaller.
    @Test func packetsOfAFrameAreMadeEqual() throws {
        var room = try SimulatedRoom.connected {
            _ = $0.addHost("ada")
            _ = $0.addViewer("viewer")
        }
        room.sendPicture(from: 0, ssrc: 1, size: large, mark: 1, bytes: 900)
        room.run(milliseconds: 50)
        for (mark, bytes) in [(UInt8(2), 899), (3, 900), (4, 890), (5, 700), (6, 300)] {
            room.sendPicture(from: 0, ssrc: 1, mark: mark, bytes: bytes)
        }
        room.run(milliseconds: 50)
        let received = room.received[1] ?? []
        #expect(received.map(\.mark) == [1, 2, 3, 4, 5, 6])
        #expect(received.dropFirst().map(\.padding) == [1, 0, 10, 0, 0])
        #expect(Set(received.dropFirst().prefix(3).map(\.size)).count == 1)
    }

    @Test func soundOfSeveralSpeakersIsMadeEqual() throws {
        var room = try SimulatedRoom()
        let listener = room.addListener("listener", slots: 3)
        let speakers = ["ada", "bob", "eve"].map { room.addSpeaker($0) }
        room.run(milliseconds: 300)
        func speak(_ room: inout SimulatedRoom, mark: Int) {
            for (index, speaker) in speakers.enumerated() {
                room.sendSound(
                    from: speaker, ssrc: UInt32(index + 1), mark: UInt8(mark + index),
                    bytes: 60 + 20 * index)
                room.run(milliseconds: 7)
            }
        }
        // Who else speaks is looked at now and then.
        for _ in 0..<40 { speak(&room, mark: 100) }
        room.run(milliseconds: 50)
        let before = room.received[listener]?.count ?? 0
        speak(&room, mark: 0)
        room.run(milliseconds: 50)
        let received = (room.received[listener] ?? []).dropFirst(before)
        #expect(Set(received.map(\.mark)) == [0, 1, 2])
        #expect(received.map(\.padding).sorted() == [0, 20, 40])
        #expect(Set(received.map(\.size)).count == 1)
    }

    @Test func garbageIsCountedAndBreaksNothing() throws {
        var room = try SimulatedRoom.connected {
            _ = $0.addHost("ada")
            _ = $0.addViewer("viewer")
        }
        room.sendPicture(from: 0, ssrc: 1, size: large, mark: 1)
        room.run(milliseconds: 50)
        var random = SeededGenerator(seed: 99)
        // First bytes of STUN, DTLS, RTP, RTCP, and anything.
        let starts: [[UInt8]] = [
            [0, 1, 0, 8, 0x21, 0x12, 0xA4, 0x42], [22, 254, 253], [0x80, 96], [0x90, 96, 0, 0],
            [0x80, 200], [0x81, 205, 0, 3], [],
        ]
        for number in 0..<20_000 {
            var bytes = starts.randomElement(using: &random)!
            for _ in 0..<Int.random(in: 0...90, using: &random) {
                bytes.append(UInt8.random(in: 0...255, using: &random))
            }
            room.inject(bytes, as: number % 3 == 0 ? nil : number % 3 - 1)
            if number % 500 == 0 { room.run(milliseconds: 1) }
        }
        let counters = room.counters
        #expect(counters.unknownSource >= 6600)
        #expect(counters.violations > 5000)
        room.sendPicture(from: 0, ssrc: 1, mark: 2)
        room.run(milliseconds: 50)
        #expect(room.received[1]?.map(\.mark) == [1, 2])
    }
}
