import Forwarding
import Foundation
import Testing

/// Where the graph of Docs/active-speaker.md is written, when somebody asks for it:
/// `SPEAKER_FIGURES=<folder> swift test --filter SpeakerFigures`.
private let speakerFolder = ProcessInfo.processInfo.environment["SPEAKER_FIGURES"]

/// What the loudest of the smoothed levels would give: the simple way, which the page compares with.
struct LoudestLevel {
    private var smoothed: [Double]
    private var heardAt: [Int]
    private(set) var changes: [(at: Int, person: Int)] = []

    init(_ conversation: Conversation, seed: UInt64) {
        smoothed = conversation.people.map { _ in 0 }
        heardAt = conversation.people.map { _ in 0 }
        var tick = 0
        for packet in conversation.packets(seed: seed) {
            while tick <= packet.at {
                decide(at: tick)
                tick += 20
            }
            // Over 300 ms.
            smoothed[packet.person] +=
                (127 - Double(packet.level) - smoothed[packet.person]) / 15
            heardAt[packet.person] = packet.at
        }
    }

    private mutating func decide(at now: Int) {
        for person in smoothed.indices where now - heardAt[person] > 60 {
            smoothed[person] -= smoothed[person] / 15
        }
        let holder = changes.last?.person
        guard let best = smoothed.indices.max(by: { smoothed[$0] < smoothed[$1] }), best != holder,
            smoothed[best] > 70, smoothed[best] > (holder.map { smoothed[$0] } ?? 0) + 3
        else { return }
        changes.append((now, best))
    }
}

@Suite struct SpeakerFigures {
    /// Two who take turns, one who coughs, and one who claims to be loud all the time.
    private static let story = Conversation(
        people: [
            .init(noise: 62, jitter: 10), .init(noise: 50, speech: 22, jitter: 10),
            .init(noise: 70, isDiscontinuous: true), .init(claim: 6),
        ],
        turns: [
            .init(person: 0, start: 6000, end: 11_000),
            .init(person: 1, start: 11_200, end: 15_000),
            .init(person: 0, start: 14_200, end: 19_000),
            .init(person: 2, start: 19_400, end: 22_000),
            .init(person: 1, start: 22_100, end: 25_000),
        ],
        coughs: [
            .init(person: 2, start: 8000, end: 8200), .init(person: 1, start: 16_500, end: 16_700),
        ], duration: 28_000)

    @Test func story() throws {
        let hearing = Hearing(Self.story, seed: 4)
        #expect(hearing.floor.map(\.person) == [3, 0, 1, 0, 2, 1])
        guard speakerFolder != nil else { return }
        var lines = ["time,person,level"]
        for packet in Self.story.packets(seed: 4) {
            lines.append("\(Double(packet.at) / 1000),\(packet.person),\(packet.level)")
        }
        try write(lines, to: "levels.csv")
        lines = ["time,kind,person,value"]
        for change in hearing.floor {
            lines.append("\(Double(change.at) / 1000),floor,\(change.person ?? -1),1")
        }
        for change in hearing.speaking {
            lines.append(
                "\(Double(change.at) / 1000),speaking,\(change.person),\(change.speaks ? 1 : 0)")
        }
        try write(lines, to: "events.csv")
    }

    /// How much more often the simple way is wrong: the reason for this one.
    @Test func theLoudestLevelIsNotEnough() {
        var (wrong, plainWrong, changes, plainChanges, turns) = (0, 0, 0, 0, 0)
        for seed in 0..<100 as Range<UInt64> {
            let conversation = Conversation.random(seed: seed)
            func isWrong(_ at: Int, _ person: Int?) -> Bool {
                !conversation.turns.contains {
                    $0.person == person && ($0.start..<$0.end + 400).contains(at)
                }
            }
            let floor = Hearing(conversation, seed: seed).floor
            let plain = LoudestLevel(conversation, seed: seed).changes
            turns += conversation.turns.count
            changes += floor.count
            plainChanges += plain.count
            wrong += floor.count { isWrong($0.at, $0.person) }
            plainWrong += plain.count { isWrong($0.at, $0.person) }
        }
        #expect(changes <= turns && plainChanges > turns)
        #expect(wrong == 0 && plainWrong > 10)
    }

    private func write(_ lines: [String], to name: String) throws {
        guard let speakerFolder else { return }
        try lines.joined(separator: "\n").write(
            toFile: "\(speakerFolder)/\(name)", atomically: true, encoding: .utf8)
    }
}
