import MediaPlane
import Primitives
import Simulation
import Testing

/// Who speaks, as the control plane is told, whichever workers the hosts are at.
@Suite(.workers(1, 2, 3)) struct SpeakerTests {
    /// Everybody sends a packet each 20 ms: who `speaks` loud ones, with a pause now and then.
    private func talk(
        _ room: inout SimulatedRoom, _ hosts: [Int], speaks: Int?, milliseconds: Int
    ) {
        for packet in 0..<milliseconds / 20 {
            for (place, host) in hosts.enumerated() {
                let isVoice = place == speaks && packet % 12 < 10
                room.sendSound(
                    from: host, ssrc: UInt32(10 + place), mark: 1, level: isVoice ? 30 : 80)
            }
            room.run(milliseconds: 20)
        }
    }

    @Test func theFloorGoesToWhoSpeaks() throws {
        var room = try SimulatedRoom()
        let hosts = ["ada", "bob", "eve"].map { room.addSpeaker($0, hasLevels: true) }
        _ = room.addListener("listener", slots: 3)
        room.run(milliseconds: 200)
        talk(&room, hosts, speaks: nil, milliseconds: 1000)
        #expect(room.speakers.allSatisfy { $0.active == nil && $0.speaking.isEmpty })
        talk(&room, hosts, speaks: 1, milliseconds: 2000)
        #expect(room.speakers.last?.active == "bob")
        #expect(room.speakers.last?.speaking == ["bob"])
        talk(&room, hosts, speaks: 2, milliseconds: 2000)
        #expect(room.speakers.last?.active == "eve")
        #expect(room.speakers.last?.speaking == ["eve"])
        // Nobody speaks: the floor stays.
        talk(&room, hosts, speaks: nil, milliseconds: 1500)
        #expect(room.speakers.last?.active == "eve")
        #expect(room.speakers.last?.speaking == [])
        room.remove(hosts[2])
        room.run(milliseconds: 100)
        #expect(room.speakers.last?.active == nil)
    }

    /// Who is muted by the backend is not heard.
    @Test func whoIsHeldBackDoesNotSpeak() throws {
        var room = try SimulatedRoom()
        let hosts = ["ada", "bob"].map { room.addSpeaker($0, hasLevels: true) }
        room.run(milliseconds: 200)
        room.setForwarding(of: "bob", audio: false, video: true)
        talk(&room, hosts, speaks: 1, milliseconds: 3000)
        #expect(room.speakers.allSatisfy { $0.active == nil })
        room.setForwarding(of: "bob", audio: true, video: true)
        talk(&room, hosts, speaks: 1, milliseconds: 2000)
        #expect(room.speakers.last?.active == "bob")
    }

    @Test func itIsNotToldTooOften() throws {
        var room = try SimulatedRoom()
        let hosts = (0..<8).map { room.addSpeaker("host \($0)", hasLevels: true) }
        room.run(milliseconds: 200)
        for turn in 0..<40 { talk(&room, hosts, speaks: turn % 8, milliseconds: 400) }
        #expect(room.speakers.count <= 16_000 / 300 + 1)
    }
}
