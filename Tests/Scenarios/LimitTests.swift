import Forwarding
import MediaPlane
import Primitives
import RTP
import Signalling
import Simulation
import Testing

/// What happens at the worker's bounds: whoever reaches one is refused, and nobody else notices.
@Suite struct LimitTests {
    private let large = (width: 1280, height: 720)

    // MARK: - Tables

    @Test func aPeerTooManyIsRefusedAndAPlaceThatIsFreedIsGivenAgain() throws {
        var room = try SimulatedRoom.connected(capacity: MediaCapacity(peers: 3, streams: 8)) {
            _ = $0.addHost("ada")
            _ = $0.addViewer("first")
            _ = $0.addViewer("second")
        }
        let refused = room.addViewer("third")
        room.sendPicture(from: 0, ssrc: 1, size: large, mark: 1)
        room.run(milliseconds: 200)
        #expect(room.ended(refused) == .atCapacity)
        #expect(room.counters.peersRefused == 1)
        #expect(room.received[1]?.map(\.mark) == [1] && room.received[2]?.map(\.mark) == [1])
        room.remove(2)
        let late = room.addViewer("fourth")
        room.run(milliseconds: 300)
        room.sendPicture(from: 0, ssrc: 1, size: large, mark: 2)
        room.run(milliseconds: 50)
        #expect(room.received[late]?.last?.mark == 2)
        #expect(room.ended(0) == nil && room.ended(1) == nil)
    }

    @Test func aHostWhoseStreamsFindNoPlaceIsEndedAndTheOthersGoOn() throws {
        var room = try SimulatedRoom.connected(capacity: MediaCapacity(peers: 8, streams: 3)) {
            _ = $0.addHost("ada")
            _ = $0.addHost("bob", rids: ["q", "h", "f"])
            _ = $0.addViewer("viewer", slots: 3)
        }
        room.sendPicture(from: 0, ssrc: 1, size: large, mark: 1)
        for (ssrc, rid) in [(UInt32(11), "q"), (12, "h"), (13, "f")] {
            room.sendPicture(from: 1, ssrc: ssrc, rid: rid, size: large, mark: 2)
        }
        room.run(milliseconds: 300)
        #expect(room.ended(1) == .atCapacity)
        #expect(room.counters.streamsRefused >= 1)
        #expect(room.ended(0) == nil && room.ended(2) == nil)
        // Its places are free again: a host with two layers has them.
        let other = room.addHost("eve", rids: ["q", "f"])
        room.run(milliseconds: 200)
        room.sendPicture(from: 0, ssrc: 1, mark: 3)
        for (ssrc, rid) in [(UInt32(21), "q"), (22, "f")] {
            room.sendPicture(from: other, ssrc: ssrc, rid: rid, size: large, mark: 4)
        }
        room.run(milliseconds: 700)
        #expect(room.ended(other) == nil)
        let marks = Set(room.received[2]?.map(\.mark) ?? [])
        #expect(marks.isSuperset(of: [1, 3, 4]))
    }

    /// A browser that restarts a layer gives it a new SSRC: the old stream's place serves the new.
    @Test func aLayerThatStartsAnewNeedsNoSecondPlace() throws {
        var room = try SimulatedRoom.connected(capacity: MediaCapacity(peers: 2, streams: 1)) {
            _ = $0.addHost("ada", rids: ["f"])
            _ = $0.addViewer("viewer")
        }
        for ssrc in UInt32(1)...5 {
            room.sendPicture(from: 0, ssrc: ssrc, rid: "f", size: large, mark: UInt8(ssrc))
            room.run(seconds: 0.6)
        }
        #expect(room.received[1]?.map(\.mark) == [1, 2, 3, 4, 5])
        #expect(room.ended(0) == nil)
    }

    // MARK: - Retransmission

    /// Asks again for `numbers` of the viewer's picture.
    private func ask(_ numbers: [UInt16], as viewer: Int, in room: inout SimulatedRoom) {
        for start in stride(from: 0, to: numbers.count, by: 1024) {
            room.sendRTCP(from: viewer) {
                RTCPWriter.nack(
                    sender: SSRC(9), media: SSRC(0x100),
                    missing: numbers[start..<min(start + 1024, numbers.count)].map {
                        SequenceNumber($0)
                    }, into: &$0)
            }
        }
    }

    @Test(arguments: [true, false])
    func aNackIsAnsweredByRTXOrByTheSamePacketOnceMore(usesRTX: Bool) throws {
        var room = try SimulatedRoom.connected {
            _ = $0.addHost("ada")
            _ = $0.addViewer("viewer", usesRTX: usesRTX)
        }
        for mark in UInt8(1)...20 {
            room.sendPicture(from: 0, ssrc: 1, size: mark == 1 ? large : nil, mark: mark)
            if mark == 5 || mark == 10 { room.deaf = [1] }
            room.run(milliseconds: 12)
            room.deaf = []
        }
        let sent = try #require(room.received[1])
        #expect(sent.map(\.mark) == (1...20).filter { $0 != 5 && $0 != 10 })
        let lost = [sent[0].sequence &+ 4, sent[0].sequence &+ 9]
        ask(lost, as: 1, in: &room)
        room.run(milliseconds: 30)
        let again = try #require(room.received[1]).dropFirst(18)
        #expect(again.map(\.mark) == [5, 10])
        let between = again.map { sent[3].timestamp < $0.timestamp }
        #expect(between == [true, true])
        #expect(room.counters.retransmitted == 2)
        if usesRTX {
            #expect(again.allSatisfy { $0.ssrc == 0x200 && $0.payloadType == 101 })
            #expect(again.map(\.firstWord) == lost)
            #expect(again.last?.sequence == again.first.map { $0.sequence &+ 1 })
        } else {
            #expect(again.allSatisfy { $0.ssrc == 0x100 && $0.payloadType == 100 })
            #expect(again.map(\.sequence) == lost)
        }
    }

    /// A viewer that asks for all packets over and over gets a burst, and then no more than is forwarded to
    /// it.
    @Test func aNackOfAThousandPacketsIsBounded() throws {
        var room = try SimulatedRoom.connected {
            _ = $0.addHost("ada")
            _ = $0.addViewer("greedy", usesRTX: true)
            _ = $0.addViewer("other")
        }
        for number in 0..<1024 {
            room.sendPicture(from: 0, ssrc: 1, size: number == 0 ? large : nil, bytes: 20)
            if number % 16 == 0 { room.run(milliseconds: 1) }
        }
        // The pacer takes its time for so many.
        room.run(milliseconds: 300)
        let numbers = try #require(room.received[1]).map(\.sequence)
        #expect(numbers.count == 1024)
        let others = try #require(room.received[2]).count
        ask(numbers, as: 1, in: &room)
        room.run(milliseconds: 10)
        let burst = UInt64(Limits.resendBurst)
        #expect(room.counters.nacksReceived == 1024)
        #expect(room.counters.retransmitted == burst)
        // Whose numbers are still known (`SequenceMapper.capacity`).
        let known = UInt64(1024 - 63)...1024
        #expect(known.contains(room.counters.resendsRefused + burst))
        // Once more, within the round trip and long after: the budget is used up.
        for _ in 0..<10 {
            ask(numbers, as: 1, in: &room)
            room.run(milliseconds: 100)
        }
        #expect(room.counters.retransmitted == burst)
        // Ten more packets earn ten.
        for _ in 0..<10 { room.sendPicture(from: 0, ssrc: 1, bytes: 20) }
        room.run(milliseconds: 20)
        ask(numbers, as: 1, in: &room)
        room.run(milliseconds: 100)
        #expect(room.counters.retransmitted == burst + 10)
        #expect(room.received[2]?.count == others + 10, "the other viewer has what it had")
    }

    @Test func whatWasSentAgainWithinTheRoundTripIsNotSentOnceMore() throws {
        var room = try SimulatedRoom.connected {
            _ = $0.addHost("ada")
            _ = $0.addViewer("viewer", usesRTX: true)
        }
        for number in 0..<200 {
            room.sendPicture(from: 0, ssrc: 1, size: number == 0 ? large : nil, bytes: 20)
            if number % 16 == 0 { room.run(milliseconds: 1) }
        }
        room.run(milliseconds: 50)
        let numbers = try #require(room.received[1]).map(\.sequence)
        for _ in 0..<5 { ask(numbers, as: 1, in: &room) }
        room.run(milliseconds: 10)
        #expect(room.counters.retransmitted == 200)
    }

    // MARK: - Keyframes

    @Test func aWishOnASilentLayerIsGivenUpAndComesBackWithTheLayer() throws {
        var room = try SimulatedRoom.connected { _ = $0.addHost("ada") }
        room.sendPicture(from: 0, ssrc: 1, size: large)
        room.run(milliseconds: 3000)
        let viewer = room.addViewer("viewer")
        room.run(milliseconds: 12_000)
        #expect(room.keyframeRequests[0]?.count == Limits.keyframeAttempts)
        #expect(room.counters.keyframesAbandoned == 1)
        room.run(milliseconds: 5000)
        #expect(room.keyframeRequests[0]?.count == Limits.keyframeAttempts)
        // The camera is back, in the middle of its pictures: the viewer still waits.
        room.sendPicture(from: 0, ssrc: 1, mark: 1)
        room.run(milliseconds: 100)
        #expect(room.keyframeRequests[0]?.count == Limits.keyframeAttempts + 1)
        room.sendPicture(from: 0, ssrc: 1, size: large, mark: 2)
        room.run(milliseconds: 100)
        #expect(room.received[viewer]?.map(\.mark) == [2])
    }

    @Test func aWishThatNobodyHasAnyMoreIsDropped() throws {
        var room = try SimulatedRoom.connected {
            _ = $0.addHost("ada")
            _ = $0.addViewer("viewer")
        }
        room.sendPicture(from: 0, ssrc: 1)
        room.run(milliseconds: 100)
        let asked = room.keyframeRequests[0]?.count ?? 0
        #expect(asked == 1)
        room.remove(1)
        for _ in 0..<20 {
            room.sendPicture(from: 0, ssrc: 1)
            room.run(milliseconds: 100)
        }
        #expect(room.keyframeRequests[0]?.count == asked)
        #expect(room.counters.keyframesAbandoned == 1)
    }

    /// An active layer is asked for as long as somebody waits.
    @Test func aWishOnALayerThatFlowsIsKept() throws {
        var room = try SimulatedRoom.connected {
            _ = $0.addHost("ada")
            _ = $0.addViewer("viewer")
        }
        for _ in 0..<150 {
            room.sendPicture(from: 0, ssrc: 1)
            room.run(milliseconds: 100)
        }
        #expect((room.keyframeRequests[0]?.count ?? 0) >= 28)
        #expect(room.counters.keyframesAbandoned == 0)
    }
}
