import Links
import MediaPlane
import Primitives
import Signalling
import Simulation
import Testing

/// Layers that nobody watches are not sent, and come back when somebody does, in virtual time.
@Suite(.workers(1, 2, 3)) struct DynamicPublishingTests {
    private func host(_ change: (inout HostScript) -> Void = { _ in }) -> HostScript {
        var script = HostScript.simulcast
        script.obeys = true
        change(&script)
        return script
    }

    /// How many frames of each layer a host sent in the last so many seconds.
    private func sent(_ room: borrowing SimulatedRoom, _ host: Int, lastSeconds: Int) -> [Int] {
        let since = room.now - .seconds(lastSeconds)
        return (0..<3).map { layer in
            room.framesSent(by: host, layer: layer).values.count { $0 > since }
        }
    }

    private let small = PictureSize(width: 320, height: 180)
    private let large = PictureSize(width: 1280, height: 720)

    @Test func onlyWhatSomebodyWatchesIsSent() throws {
        var room = try SimulatedRoom()
        let ada = room.addHost("ada", host())
        let viewer = room.addViewer("viewer", ViewerScript())
        room.setWish(of: viewer, for: "ada") { $0.shown = small }
        room.run(milliseconds: 12_000)
        let frames = sent(room, ada, lastSeconds: 4)
        #expect(frames[0] > 110 && frames[1] == 0 && frames[2] == 0)
        #expect(room.wanted(of: ada).last == ["q"])
        // The stage still lists all three, with what they would take.
        let listed = room.layersSent(by: ada)
        #expect(listed.map(\.rid) == ["f", "h", "q"])
        #expect(listed.map(\.width) == [1280, 640, 320])
        #expect(listed[0].bitsPerSecond > 1_000_000)
        #expect(room.picture(of: viewer).freezes.frozen == .zero)
    }

    @Test func whatIsWantedComesBackWithinARoundTripAndAKeyframe() throws {
        var room = try SimulatedRoom()
        let ada = room.addHost("ada", host())
        let viewer = room.addViewer("viewer", ViewerScript())
        room.setWish(of: viewer, for: "ada") { $0.shown = small }
        room.run(milliseconds: 12_000)
        room.setWish(of: viewer, for: "ada") { $0.shown = large }
        let asked = room.now
        room.run(milliseconds: 3_000)
        #expect(room.wanted(of: ada).last?.contains("f") == true)
        let figures = room.picture(of: viewer)
        let first = try #require(figures.frames.first { $0.layer == 2 && $0.decoded > asked })
        #expect(first.isKeyframe)
        // To be told 10 ms, the next frame 33, a keyframe's pace and 5 ms each way, workers a few more.
        #expect(first.decoded - asked < .milliseconds(150))
        #expect(figures.freezes.frozen == .zero)
        #expect(figures.orphans + figures.cut == 0)
        #expect(room.layers(of: viewer).last == "ada f REQUESTED")
        room.run(milliseconds: 8_000)
        #expect(room.wanted(of: ada).last == ["f"])
    }

    @Test func aPublisherWithoutViewersIsPaused() throws {
        for layers in [host().layers, HostScript.single(.kilobitsPerSecond(1_500)).layers] {
            var room = try SimulatedRoom()
            let ada = room.addHost("ada", host { $0.layers = layers })
            // A worker of its own, and perhaps not the host's.
            _ = room.addViewer("elsewhere", ViewerScript(), on: "other")
            room.run(milliseconds: 10_000)
            #expect(sent(room, ada, lastSeconds: 3) == [0, 0, 0])
            #expect(room.wanted(of: ada).last == [])
            let came = room.now
            let viewer = room.addViewer("viewer", ViewerScript())
            room.run(milliseconds: 1_500)
            let figures = room.picture(of: viewer)
            let first = try #require(figures.frames.first)
            #expect(first.decoded - came < .milliseconds(350))
            #expect(figures.orphans + figures.cut == 0)
            // Nobody ever stopped publishing.
            #expect(room.ended(ada) == nil)
            room.run(milliseconds: 5_000)
            #expect(room.picture(of: viewer).frames.last?.layer == UInt8(layers.count - 1))
        }
    }

    /// Two viewers at any workers want different layers: nobody's is held.
    @Test func whatAnybodyWatchesAnywhereIsSent() throws {
        var room = try SimulatedRoom()
        let ada = room.addHost("ada", host(), on: "a")
        let first = room.addViewer("first", ViewerScript(), on: "a")
        let second = room.addViewer("second", ViewerScript(), on: "b")
        room.replicate("ada", from: "a", to: "b")
        room.setWish(of: first, for: "ada") { $0.shown = small }
        room.setWish(of: second, for: "ada") { $0.layer = "h" }
        room.run(milliseconds: 12_000)
        let frames = sent(room, ada, lastSeconds: 3)
        #expect(frames[0] > 80 && frames[1] > 80 && frames[2] == 0)
        room.remove(second)
        room.run(milliseconds: 7_000)
        #expect(sent(room, ada, lastSeconds: 1)[1] == 0)
        #expect(room.picture(of: first).freezes.frozen == .zero)
    }

    /// A viewer who comes begins with what flows, and does not wait for what is held.
    @Test func whoComesBeginsWithWhatFlows() throws {
        var room = try SimulatedRoom()
        _ = room.addHost(
            "ada",
            host {
                $0.toldDelay = .milliseconds(600)
                $0.keyframeInterval = .seconds(2)
                // No more than its pacer lets go within a frame's time.
                $0.keyframeFactor = 2...3
            })
        let first = room.addViewer("first", ViewerScript())
        room.setWish(of: first, for: "ada") { $0.shown = small }
        room.run(milliseconds: 12_000)
        // The second is at a worker that has what flows, however many there are.
        for name in ["third", "fourth"] {
            _ = room.addViewer(name, ViewerScript(), on: "other")
        }
        let came = room.now
        let second = room.addViewer("second", ViewerScript())
        room.run(milliseconds: 4_000)
        let figures = room.picture(of: second)
        let start = try #require(figures.frames.first)
        #expect(start.layer == 0 && start.decoded - came < .milliseconds(500))
        let better = try #require(figures.frames.first { $0.layer > 0 })
        #expect(better.decoded - came > .milliseconds(600))
        #expect(room.layers(of: second).first?.hasSuffix("STARTED") == true)
        #expect(!room.layers(of: second).contains { $0.contains("paused") })
    }

    @Test func lookingAwayForAMomentCostsNothing() throws {
        var room = try SimulatedRoom()
        let ada = room.addHost("ada", host())
        let viewer = room.addViewer("viewer", ViewerScript())
        for turn in 0..<10 {
            room.setWish(of: viewer, for: "ada") { $0.layer = turn % 2 == 0 ? "f" : "q" }
            room.run(milliseconds: 3_000)
        }
        // The middle one, which nobody had.
        #expect(room.wanted(of: ada) == [["q", "f"]])
    }

    @Test func aHostThatIsNotToldSendsEverything() throws {
        var room = try SimulatedRoom()
        let ada = room.addHost("ada", host { $0.obeys = false })
        let viewer = room.addViewer("viewer", ViewerScript())
        room.setWish(of: viewer, for: "ada") { $0.shown = small }
        room.run(milliseconds: 12_000)
        #expect(room.wanted(of: ada) == [])
        #expect(sent(room, ada, lastSeconds: 3).allSatisfy { $0 > 80 })
    }

    /// Its events socket is lost: it sends everything again, and is told anew when it is back.
    @Test func aHostThatLosesItsSocketSendsEverythingAgain() throws {
        var room = try SimulatedRoom()
        let ada = room.addHost("ada", host())
        let viewer = room.addViewer("viewer", ViewerScript())
        room.setWish(of: viewer, for: "ada") { $0.shown = small }
        room.run(milliseconds: 10_000)
        room.setTold(ada, false)
        room.run(milliseconds: 8_000)
        #expect(sent(room, ada, lastSeconds: 3).allSatisfy { $0 > 80 })
        room.setWish(of: viewer, for: "ada") { $0.shown = large }
        room.run(milliseconds: 2_000)
        #expect(room.picture(of: viewer).frames.last?.layer == 2)
        room.setTold(ada, true)
        room.run(milliseconds: 9_000)
        #expect(sent(room, ada, lastSeconds: 2)[1] == 0)
    }

    /// Told, but it goes on all the same: as if nothing had been said.
    @Test func aHostThatDoesNotObeyIsMeasuredOn() throws {
        var room = try SimulatedRoom()
        let ada = room.addHost("ada", host { $0.obeys = false })
        let viewer = room.addViewer("viewer", ViewerScript())
        room.setTold(ada, true)
        room.setWish(of: viewer, for: "ada") { $0.shown = small }
        room.run(milliseconds: 12_000)
        #expect(room.wanted(of: ada).last == ["q"])
        let asked = room.now
        room.setWish(of: viewer, for: "ada") { $0.shown = large }
        room.run(milliseconds: 1_000)
        let first = try #require(
            room.picture(of: viewer).frames.first { $0.layer == 2 && $0.decoded > asked })
        #expect(first.decoded - asked < .milliseconds(200))
    }

    /// The host's network has no room for the layer any more: it counts as stopped after four seconds, the
    /// picture goes on, and the next lower layer is taken.
    @Test func aLayerThatDoesNotComeBackHasStopped() throws {
        var room = try SimulatedRoom()
        let budget = RateSchedule([
            .init(start: .zero, rate: .kilobitsPerSecond(5_000)),
            .init(start: SimulatedRoom.start + .seconds(15), rate: .kilobitsPerSecond(800)),
        ])
        let ada = room.addHost("ada", host { $0.budget = budget })
        let viewer = room.addViewer("viewer", ViewerScript())
        room.setWish(of: viewer, for: "ada") { $0.shown = small }
        room.run(milliseconds: 20_000)
        #expect(room.wanted(of: ada).last == ["q"])
        room.setWish(of: viewer, for: "ada") { $0.shown = large }
        room.run(milliseconds: 7_000)
        let figures = room.picture(of: viewer)
        #expect(figures.frames.last?.layer == 1)
        #expect(figures.freezes.frozen == .zero)
        #expect(room.layersSent(by: ada).map(\.rid) == ["h", "q"])
    }

    @Test func itCanBeSwitchedOff() throws {
        var room = try SimulatedRoom(holdsUnwatched: false)
        let ada = room.addHost("ada", host())
        room.run(milliseconds: 12_000)
        #expect(room.wanted(of: ada) == [])
        #expect(sent(room, ada, lastSeconds: 3).allSatisfy { $0 > 80 })
    }
}
