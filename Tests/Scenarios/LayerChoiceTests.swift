import MediaPlane
import Primitives
import Signalling
import Simulation
import Testing

/// Which layer a viewer gets, and what it is told of that, in virtual time.
@Suite(.workers(1, 2, 3)) struct LayerChoiceTests {
    /// A host with three layers that answers keyframe requests.
    private struct Host {
        let client: Int
        /// The SSRC of the lowest layer; the others follow.
        let ssrc: UInt32
        var answered = 0
        var layers = [true, true, true]
        var frame = 0

        static let rids = ["q", "h", "f"]
        static let sizes = [(width: 320, height: 180), (640, 360), (1280, 720)]

        init(_ client: Int, ssrc: UInt32) {
            self.client = client
            self.ssrc = ssrc
        }

        /// A frame of each layer: 1, 2 and 6 packets of 1,100 bytes.
        mutating func play(in room: inout SimulatedRoom) {
            let requests = room.keyframeRequests[client] ?? []
            let wanted = Set(requests[min(answered, requests.count)...].map(\.ssrc))
            answered = requests.count
            for layer in 0..<3 where layers[layer] {
                let ssrc = ssrc + UInt32(layer)
                let isKeyframe = frame == 0 || wanted.contains(ssrc)
                for packet in 0..<[1, 2, 6][layer] {
                    room.sendPicture(
                        from: client, ssrc: ssrc, rid: Self.rids[layer],
                        size: isKeyframe && packet == 0 ? Self.sizes[layer] : nil,
                        mark: UInt8(layer + 1), bytes: 1100)
                }
            }
            frame += 1
        }
    }

    /// One host with three layers, and one viewer that tells of arrivals.
    private struct Scene: ~Copyable {
        var room: SimulatedRoom
        var host: Host
        let viewer: Int

        init(wishing wish: ((inout PictureWish) -> Void)? = nil) throws {
            room = try SimulatedRoom()
            host = Host(room.addHost("ada", rids: Host.rids), ssrc: 1)
            viewer = room.addViewer("viewer", usesRTX: true, tellsArrivals: true)
            if let wish { room.setWish(of: viewer, for: "ada", wish) }
            room.run(milliseconds: 200)
        }

        mutating func play(for duration: Duration) {
            for _ in 0..<Int(duration.milliseconds / 33) {
                host.play(in: &room)
                room.run(milliseconds: 33)
            }
        }

        mutating func wish(_ change: (inout PictureWish) -> Void) {
            room.setWish(of: viewer, for: "ada", change)
        }

        /// What came of the picture itself.
        var pictures: [SimulatedRoom.Received] {
            (room.received[viewer] ?? []).filter { $0.ssrc == 0x100 }
        }

        /// The layer that the newest packet is of; 0 when half a second brought none.
        var layer: UInt8 {
            guard let last = pictures.last, room.now - last.at < .milliseconds(500) else {
                return 0
            }
            return last.mark
        }

        var said: [String] { room.layers(of: viewer) }
    }

    @Test func aFastNetworkCarriesTheHighestSoon() throws {
        var scene = try Scene()
        scene.play(for: .seconds(4))
        #expect(scene.layer == 3)
        let said = scene.said
        #expect(said.first?.hasSuffix("STARTED") == true && said.last?.hasPrefix("ada f") == true)
    }

    @Test func whatIsShownSmallIsSentSmall() throws {
        var scene = try Scene()
        scene.play(for: .seconds(4))
        scene.wish { $0.shown = .init(width: 320, height: 180) }
        scene.play(for: .seconds(2))
        #expect(scene.layer == 1)
        #expect(scene.said.last == "ada q REQUESTED")
        scene.wish { $0.shown = .init(width: 1280, height: 720) }
        scene.play(for: .seconds(2))
        #expect(scene.layer == 3)
        #expect(scene.said.last == "ada f REQUESTED")
        scene.wish { $0.shown = .init(width: 0, height: 720) }
        scene.play(for: .seconds(2))
        #expect(scene.layer == 0)
        #expect(scene.said.last == "ada paused REQUESTED")
    }

    @Test func aLayerThatIsAskedForIsGiven() throws {
        var scene = try Scene()
        scene.play(for: .seconds(4))
        scene.wish { $0.layer = "h" }
        scene.play(for: .seconds(2))
        #expect(scene.layer == 2)
        #expect(scene.said.last == "ada h REQUESTED")
        scene.wish { $0.layer = "none of that name" }
        scene.play(for: .seconds(2))
        #expect(scene.layer == 3)
    }

    @Test func aPausedPictureIsNotSentUntilItIsResumed() throws {
        var scene = try Scene()
        scene.play(for: .seconds(4))
        scene.wish { $0.isPaused = true }
        scene.room.run(milliseconds: 20)
        let count = scene.pictures.count
        scene.play(for: .seconds(3))
        #expect(scene.pictures.count == count)
        #expect(scene.said.last == "ada paused REQUESTED")
        scene.wish { _ in }
        scene.play(for: .seconds(2))
        #expect(scene.layer == 3)
        #expect(scene.said.last == "ada f REQUESTED")
        // The numbers go on as if nothing had been.
        let numbers = scene.pictures.map(\.sequence)
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $1 == $0 &+ 1 })
    }

    @Test func aWishHoldsForWhoComesLater() throws {
        var scene = try Scene { $0.layer = "q" }
        scene.play(for: .seconds(3))
        #expect(Set(scene.pictures.map(\.mark)) == [1])
        #expect(scene.said == ["ada q STARTED"])
    }

    /// A host whose uplink narrows stops its upper layers: what is left is taken up within two frames and
    /// a keyframe, and what comes back later on.
    @Test func aLayerThatStopsIsLeftAtOnceAndTakenUpAgain() throws {
        var scene = try Scene()
        scene.play(for: .seconds(4))
        #expect(scene.layer == 3)
        let stopped = scene.room.now
        scene.host.layers[2] = false
        scene.play(for: .milliseconds(400))
        #expect(scene.layer == 2)
        let first = try #require(
            scene.pictures.first { $0.at > stopped && $0.mark == 2 })
        // Two frames and 20 ms, the next frame that shows it, 10 ms to ask, a frame until it is answered.
        #expect(first.at - stopped < .milliseconds(200))
        #expect(scene.said.last == "ada h PUBLISHER")
        scene.host.layers[2] = true
        scene.play(for: .seconds(7))
        #expect(scene.layer == 3)
        #expect(scene.said.last == "ada f PUBLISHER")
    }

    /// More wishes than publishers that anybody watches are not remembered.
    @Test func wishesAreBounded() throws {
        var scene = try Scene()
        for number in 0..<200 {
            scene.room.setWish(of: scene.viewer, for: "nobody \(number)") { $0.isPaused = true }
        }
        scene.wish { $0.isPaused = true }
        scene.play(for: .seconds(2))
        #expect(scene.layer > 0)
    }
}
