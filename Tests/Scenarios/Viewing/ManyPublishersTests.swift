import Links
import Primitives
import Simulation
import Testing

/// Twelve publishers and a viewer of all.
@Suite("Viewing: twelve publishers") struct ManyPublishersTests {
    private let hosts = 0..<12
    private let viewer = 12

    private func stage(
        loss: LossProcess, down: SimulatedLink, seconds: Double, seed: UInt64
    ) throws -> SimulatedRoom {
        var room = try SimulatedRoom(capacity: Scale.capacity, workers: 1, seed: seed)
        var script = HostScript.simulcast
        script.hasSound = true
        for number in hosts {
            _ = room.addHost(
                "host\(number)", script,
                up: path(loss: number == 3 ? loss : .none, seed: seed &+ UInt64(number)),
                down: path(seed: seed &* 100 &+ UInt64(number)))
        }
        _ = room.addViewer(
            "viewer", ViewerScript(slots: 12, hasSound: true), up: path(seed: seed), down: down)
        room.run(seconds: seconds)
        return room
    }

    @Test("6: one of twelve loses 10 % on its way up; the others are not concerned")
    func lossyPublisher() throws {
        var (others, own, calm) = ([Double](), [Double](), [Double]())
        for seed in Scale.seeds(1) {
            let room = try stage(
                loss: .random(0.1), down: path(seed: seed), seconds: 20, seed: seed)
            for slot in 0..<12 {
                let figures = room.picture(of: viewer, slot: slot)
                let host = Int(figures.frames.last?.host ?? 255)
                guard hosts.contains(host) else {
                    others.append(0)
                    continue
                }
                let share = room.shareInTime(
                    figures, from: host, layer: 2, between: at(10), and: at(19.5),
                    within: .milliseconds(210))
                if host == hosts[3] {
                    own.append(share)
                } else {
                    others.append(share)
                    calm.append(Double(figures.switches.count { $0 > at(10) }))
                }
                #expect(figures.orphans == 0, "SEED=\(seed) \(figures.fault ?? "")")
            }
        }
        Scale.reached("6 the others: frames of the highest layer in time", others, bound: "1")
        Scale.reached("6 the others: switches", calm, bound: "0")
        Scale.reached("6 its own", own, bound: "-")
        #expect(others.allSatisfy { $0 == 1 })
        #expect(calm.allSatisfy { $0 == 0 })
    }

    @Test("7: twelve publishers over 1.2 Mbit/s")
    func narrow() throws {
        var (heard, late, visible, switches) = ([Double](), [Double](), [Double](), [Double]())
        for seed in Scale.seeds(1) {
            let room = try stage(
                loss: .none, down: path(.constant(megabits(1.2)), seed: seed), seconds: 25,
                seed: seed)
            for slot in 0..<12 {
                let sound = room.sound(of: viewer, slot: slot)
                heard.append(Double(sound.numbers.count) / Double(room.soundsSent(by: hosts[0])))
                late.append(sound.longestDelay.milliseconds)
                let figures = room.picture(of: viewer, slot: slot)
                let shown = figures.frames.count { $0.shown > at(15) }
                // Ten frames a second, or nothing at all.
                visible.append(shown >= 100 || figures.packets == 0 ? 1 : 0)
                switches.append(Double(figures.switches.count) * 60 / 25)
            }
        }
        Scale.reached("7 share of sound heard", heard, bound: "1")
        Scale.reached("7 latest packet of sound, ms", late, bound: "≤ 150")
        Scale.reached("7 visible or paused", visible, bound: "1")
        Scale.reached("7 switches a minute", switches, bound: "≤ 4")
        withKnownIssue(
            "the first second fills the queue before the limit is known", isIntermittent: true
        ) {
            #expect(heard.allSatisfy { $0 > 0.97 })
            #expect(late.allSatisfy { $0 <= 150 })
            #expect(visible.allSatisfy { $0 == 1 })
            #expect(switches.allSatisfy { $0 <= 4 })
        }
    }
}
