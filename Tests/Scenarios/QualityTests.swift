import MediaPlane
import Primitives
import RTP
import Signalling
import Simulation
import Testing

/// What the control plane is told of latency, networks and layers, in virtual time. The simulated
/// link takes 5 ms each way.
@Suite(.workers(1, 2, 3)) struct QualityTests {
    private let small = (width: 320, height: 180)
    private let large = (width: 1280, height: 720)

    @Test func aHostIsSentOurTimeAndItsEchoGivesTheRoundTrip() throws {
        var room = try SimulatedRoom.connected { _ = $0.addHost("ada") }
        for _ in 0..<5 {
            room.run(milliseconds: 730)
            room.echo(from: 0)
        }
        room.run(milliseconds: 500)
        let times = try #require(room.referenceTimes[0])
        #expect(times.count >= 3, "one with each receiver report")
        let sent = NTPTime.unixNanoseconds(times[1].ntp) - NTPTime.unixNanoseconds(times[0].ntp)
        #expect(abs(Double(sent) / 1e9 - (times[1].at - times[0].at).seconds) < 0.002)
        let roundTrip = try #require(room.latency(of: 0)?.roundTrip)
        #expect((9...12).contains(roundTrip.milliseconds))
    }

    /// An echo of the future, one that is older than ten seconds, one for somebody else, and none.
    @Test func echoesThatCannotBeAreNotBelieved() throws {
        var room = try SimulatedRoom.connected { _ = $0.addHost("ada") }
        room.run(milliseconds: 1500)
        let time = try #require(room.referenceTimes[0]?.last)
        let middle = NTPTime.middle(time.ntp)
        for (receiver, last) in [
            (time.sender, middle &+ 65_536), (time.sender, middle &- 11 * 65_536),
            (SSRC(77), middle), (time.sender, 0),
        ] {
            room.sendRTCP(from: 0) {
                RTCPWriter.referenceTimeEchoes(
                    sender: SSRC(1),
                    [
                        ReferenceTimeEcho(
                            receiver: receiver, lastReference: last, delaySinceLastReference: 0)
                    ], into: &$0)
            }
        }
        room.run(milliseconds: 2500)
        #expect(room.latency(of: 0) != nil)
        #expect(room.latency(of: 0)?.roundTrip == nil)
        #expect(room.latency(of: 0)?.networkQuality == nil)
    }

    @Test func aHostsLossesAreCountedAndGradeItsNetwork() throws {
        var room = try SimulatedRoom.connected { _ = $0.addHost("ada") }
        func send(_ room: inout SimulatedRoom, losing every: Int) {
            for number in 0..<200 {
                if every > 0, number % every == 0 { room.skip(1, of: 1) }
                room.sendPicture(from: 0, ssrc: 1)
                room.run(milliseconds: 20)
            }
            room.run(milliseconds: 2100)
        }
        send(&room, losing: 0)
        #expect(room.latency(of: 0)?.fractionLost == 0)
        #expect(room.latency(of: 0)?.networkQuality == .excellent)
        send(&room, losing: 4)
        let lost = try #require(room.latency(of: 0)?.fractionLost)
        #expect((0.15...0.25).contains(lost), "one in five")
        #expect(room.latency(of: 0)?.networkQuality == .poor)
    }

    @Test func aViewersOwnReportsGradeItsNetwork() throws {
        var room = try SimulatedRoom.connected {
            _ = $0.addHost("ada")
            _ = $0.addViewer("viewer")
        }
        room.sendPicture(from: 0, ssrc: 1, size: large)
        func report(_ room: inout SimulatedRoom, highest: UInt32, lost: Int32) {
            room.sendRTCP(from: 1) {
                RTCPWriter.receiverReport(
                    sender: SSRC(9),
                    blocks: [
                        ReportBlock(
                            ssrc: SSRC(0x100), fractionLost: 200, cumulativeLost: lost,
                            extendedHighest: highest, jitter: 0, lastSR: 0, delaySinceLastSR: 0)
                    ], into: &$0)
            }
            room.run(milliseconds: 2100)
        }
        report(&room, highest: 1000, lost: 0)
        #expect(room.latency(of: 1)?.fractionLost == nil, "one report says nothing of a time")
        report(&room, highest: 1100, lost: 2)
        #expect(room.latency(of: 1)?.fractionLost == 0.02)
        #expect(room.latency(of: 1)?.networkQuality == .good)
        // Two reports in one window add up; one that is older than the last says nothing.
        room.sendRTCP(from: 1) {
            RTCPWriter.receiverReport(
                sender: SSRC(9),
                blocks: [
                    ReportBlock(
                        ssrc: SSRC(0x100), fractionLost: 0, cumulativeLost: 32,
                        extendedHighest: 1150, jitter: 0, lastSR: 0, delaySinceLastSR: 0)
                ], into: &$0)
        }
        report(&room, highest: 1200, lost: 62)
        #expect(room.latency(of: 1)?.fractionLost == 0.6)
        #expect(room.latency(of: 1)?.networkQuality == .down)
        report(&room, highest: 1190, lost: 0)
        #expect(room.latency(of: 1)?.fractionLost == 0.6)
    }

    @Test func whoIsNotHeardOfIsDown() throws {
        var room = try SimulatedRoom.connected {
            _ = $0.addHost("ada")
            _ = $0.addViewer("viewer")
        }
        room.silence(0)
        room.run(milliseconds: 4000)
        #expect(room.latency(of: 0)?.networkQuality == nil)
        room.run(milliseconds: 8000)
        #expect(room.latency(of: 0)?.networkQuality == .down)
        #expect(room.latency(of: 1)?.networkQuality == nil, "its checks go on")
        #expect(room.ended(0) == nil)
    }

    @Test func aViewerIsToldWhichLayerItGetsAndWhy() throws {
        var room = try SimulatedRoom.connected {
            _ = $0.addViewer("viewer")
            _ = $0.addHost("ada", rids: ["q", "f"])
        }
        func send(_ room: inout SimulatedRoom, seconds: Int, _ layers: [UInt32]) {
            for frame in 0..<seconds * 30 {
                for ssrc in layers {
                    let size = ssrc == 1 ? small : large
                    room.sendPicture(
                        from: 1, ssrc: ssrc, rid: ssrc == 1 ? "q" : "f",
                        size: frame % 15 == 0 ? size : nil)
                }
                room.run(milliseconds: 33)
            }
        }
        send(&room, seconds: 2, [1])
        #expect(room.layers(of: 0) == ["ada q STARTED"])
        send(&room, seconds: 2, [1, 2])
        #expect(room.layers(of: 0) == ["ada q STARTED", "ada f PUBLISHER"])
        send(&room, seconds: 4, [1])
        #expect(
            room.layers(of: 0) == ["ada q STARTED", "ada f PUBLISHER", "ada q PUBLISHER"])
        // A keyframe in each half second has brought nothing new.
        send(&room, seconds: 2, [1])
        #expect(room.layers(of: 0).count == 3)
    }

    @Test func theSamePageOnceMoreIsNoChangeAndAnotherHostInTheSlotIs() throws {
        var room = try SimulatedRoom.connected {
            _ = $0.addViewer("viewer")
            _ = $0.addHost("ada")
        }
        room.sendPicture(from: 1, ssrc: 1, size: large)
        room.run(milliseconds: 50)
        let again = room.addHost("ada")
        room.run(milliseconds: 200)
        room.sendPicture(from: again, ssrc: 9, size: large)
        room.run(milliseconds: 50)
        #expect(room.layers(of: 0) == ["ada  STARTED"])
        room.remove(again)
        room.run(milliseconds: 50)
        let other = room.addHost("bob")
        room.run(milliseconds: 200)
        room.sendPicture(from: other, ssrc: 5, size: large)
        room.run(milliseconds: 50)
        #expect(room.layers(of: 0) == ["ada  STARTED", "bob  STARTED"])
        room.remove(other)
        room.run(milliseconds: 50)
        let back = room.addHost("bob")
        room.run(milliseconds: 200)
        room.sendPicture(from: back, ssrc: 6, size: large)
        room.run(milliseconds: 50)
        #expect(room.layers(of: 0) == ["ada  STARTED", "bob  STARTED", "bob  STARTED"])
    }
}
