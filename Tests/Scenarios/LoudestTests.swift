import MediaPlane
import Primitives
import Simulation
import Testing

/// Only the loudest are passed on, whichever workers the hosts are at.
@Suite(.workers(1, 2, 3)) struct LoudestTests {
    /// Everybody sends a packet each 20 ms, marked with its place: who `speaks` loud ones, with a pause now
    /// and then.
    private func talk(
        _ room: inout SimulatedRoom, _ hosts: [Int], speaks: Set<Int>, milliseconds: Int
    ) {
        for packet in 0..<milliseconds / 20 {
            for (place, host) in hosts.enumerated() {
                let isVoice = speaks.contains(place) && packet % 12 < 10
                room.sendSound(
                    from: host, ssrc: UInt32(10 + place), mark: UInt8(place),
                    level: isVoice ? 30 : 80)
            }
            room.run(milliseconds: 20)
        }
    }

    private struct Scene: ~Copyable {
        var room: SimulatedRoom
        let hosts: [Int]
        let listener: Int

        init(loudest: Int?, speakers: Int = 4, hasLevels: Bool = true) throws {
            room = try SimulatedRoom(loudest: loudest)
            var hosts: [Int] = []
            // One after the other: places among the loudest go to who comes first.
            for number in 0..<speakers {
                hosts.append(room.addSpeaker("host \(number)", hasLevels: hasLevels))
                room.run(milliseconds: 50)
            }
            self.hosts = hosts
            listener = room.addListener("listener", slots: speakers)
            room.run(milliseconds: 200)
        }
    }

    /// The hosts who were heard in the last so many milliseconds.
    private func heard(
        _ room: borrowing SimulatedRoom, _ listener: Int, last milliseconds: Int
    ) -> Set<UInt8> {
        let since = room.now - .milliseconds(milliseconds)
        return Set((room.received[listener] ?? []).filter { $0.at > since }.map(\.mark))
    }

    @Test func whoSpeaksIsHeardInPlaceOfWhoDoesNot() throws {
        var scene = try Scene(loudest: 2)
        talk(&scene.room, scene.hosts, speaks: [], milliseconds: 3_000)
        #expect(heard(scene.room, scene.listener, last: 2_000) == [0, 1])
        let began = scene.room.now
        talk(&scene.room, scene.hosts, speaks: [3], milliseconds: 2_000)
        let first = try #require(
            scene.room.received[scene.listener]?.first { $0.mark == 3 && $0.at > began })
        #expect(first.at - began < .milliseconds(300))
        let now = heard(scene.room, scene.listener, last: 1_000)
        #expect(now.count == 2 && now.contains(3))
        #expect(scene.room.speakers.last?.active == "host 3")
        talk(&scene.room, scene.hosts, speaks: [2, 3], milliseconds: 3_000)
        #expect(heard(scene.room, scene.listener, last: 1_000) == [2, 3])
        // Whose sound goes nowhere is measured all the same.
        talk(&scene.room, scene.hosts, speaks: [0], milliseconds: 3_000)
        #expect(scene.room.speakers.last?.active == "host 0")
        #expect(heard(scene.room, scene.listener, last: 500).contains(0))
    }

    /// What a listener gets of each slot has no hole that it would ask for, and its times go on.
    @Test func theNumbersGoOnWithoutAHole() throws {
        var scene = try Scene(loudest: 1)
        var random = SeededGenerator(seed: 5)
        var ticks = 0
        for _ in 0..<25 {
            let speaker = Int.random(in: 0..<4, using: &random)
            let length = Int.random(in: 20...80, using: &random) * 20
            talk(&scene.room, scene.hosts, speaks: [speaker], milliseconds: length)
            ticks += length / 20
        }
        let all = try #require(scene.room.received[scene.listener])
        #expect(Set(all.map(\.mark)).count == 4)
        for (_, packets) in Dictionary(grouping: all, by: \.ssrc) {
            let inOrder = zip(packets, packets.dropFirst())
            #expect(inOrder.allSatisfy { $1.sequence == $0.sequence &+ 1 })
            #expect(
                inOrder.allSatisfy { before, after in
                    let time = Int32(bitPattern: after.timestamp &- before.timestamp)
                    return time > 0 && time < 48 * 60_000
                })
        }
        // One at a time: nothing of what was not passed on comes later.
        #expect((ticks - 50...ticks + 50).contains(all.count))
    }

    @Test func aSpeakerWhoLeavesMakesRoom() throws {
        var scene = try Scene(loudest: 1)
        talk(&scene.room, scene.hosts, speaks: [0], milliseconds: 2_000)
        #expect(heard(scene.room, scene.listener, last: 500) == [0])
        scene.room.remove(scene.hosts[0])
        scene.room.run(milliseconds: 100)
        talk(&scene.room, Array(scene.hosts.dropFirst()), speaks: [1], milliseconds: 1_000)
        // Marks are places in what is left.
        #expect(heard(scene.room, scene.listener, last: 500) == [1])
    }

    @Test func hostsWithoutLevelsAreAlwaysHeard() throws {
        var scene = try Scene(loudest: 1, hasLevels: false)
        for _ in 0..<50 {
            for (place, host) in scene.hosts.enumerated() {
                scene.room.sendSound(from: host, ssrc: UInt32(10 + place), mark: UInt8(place))
            }
            scene.room.run(milliseconds: 20)
        }
        #expect(heard(scene.room, scene.listener, last: 500) == [0, 1, 2, 3])
    }

    @Test func everybodyIsHeardUnlessToldOtherwise() throws {
        var scene = try Scene(loudest: nil)
        talk(&scene.room, scene.hosts, speaks: [3], milliseconds: 2_000)
        #expect(heard(scene.room, scene.listener, last: 500) == [0, 1, 2, 3])
    }
}
