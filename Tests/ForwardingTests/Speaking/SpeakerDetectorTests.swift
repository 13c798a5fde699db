import Forwarding
import Foundation
import Primitives
import RTP
import Testing

/// Who speaks, in conversations with a seed.
@Suite struct SpeakerDetectorTests {
    private typealias Person = Conversation.Person
    private typealias Turn = Conversation.Turn

    /// Of every hundred turns ninety-nine have the floor within 500 ms of their first sound, network and
    /// packet included; and nobody has it who has not spoken.
    @Test(arguments: 0..<10 as Range<UInt64>)
    func turnsAreFollowed(batch: UInt64) {
        var delays: [Int] = []
        var (missed, wrong) = (0, 0)
        for seed in batch * 100..<batch * 100 + 100 {
            let conversation = Conversation.random(seed: seed)
            let hearing = Hearing(conversation, seed: seed)
            for turn in conversation.turns {
                if let delay = hearing.delay(of: turn) { delays.append(delay) } else { missed += 1 }
            }
            for change in hearing.floor {
                let speaks = conversation.turns.contains {
                    $0.person == change.person
                        && ($0.start..<$0.end + 400).contains(change.at)
                }
                if !speaks { wrong += 1 }
            }
        }
        delays.sort()
        #expect(missed == 0)
        #expect(wrong == 0)
        #expect(delays[delays.count * 99 / 100] <= 500)
        #expect(delays.last! <= 1500)
    }
}

/// Single situations, each in many variants.
@Suite struct SpeakerSituationTests {
    private typealias Person = Conversation.Person
    private typealias Turn = Conversation.Turn

    /// Coughs while somebody speaks, pauses, or nobody has spoken yet.
    @Test(arguments: 0..<300 as Range<UInt64>)
    func aCoughDoesNotTakeTheFloor(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let turns = seed % 3 == 0 ? [] : [Turn(person: 0, start: 4000, end: 20_000)]
        var coughs: [Turn] = []
        for start in stride(from: 1000, to: 38_000, by: 1000) {
            let at = start + Int.random(in: 0...30, using: &random) * 10
            let end = at + Int.random(in: 5...20, using: &random) * 10
            coughs.append(Turn(person: 1, start: at, end: end))
        }
        let noise = Double.random(in: 46...88, using: &random)
        let cougher = Person(noise: noise, isDiscontinuous: seed % 2 == 0, jitter: 20)
        let hearing = Hearing(
            Conversation(
                people: [Person(), cougher], turns: turns, coughs: coughs, duration: 40_000),
            seed: seed)
        #expect(!hearing.floor.contains { $0.person == 1 })
        #expect(hearing.detector.rank(of: 1) == nil)
    }

    /// Noise alone, however loud, is never speech.
    @Test(arguments: 0..<100 as Range<UInt64>)
    func noiseDoesNotSpeak(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let people = (0..<8).map { _ in
            Person(
                noise: .random(in: 56...90, using: &random),
                noiseSpread: .random(in: 0...3, using: &random), jitter: 20)
        }
        let hearing = Hearing(Conversation(people: people, duration: 30_000), seed: seed)
        #expect(hearing.floor.isEmpty && hearing.speaking.isEmpty)
    }

    /// A host that claims to be as loud as can be has the floor for as long as it takes to learn that it
    /// always says so; then it loses it to the next who speaks, and does not get it back.
    @Test(arguments: [0, 10, 40] as [UInt8], 0..<50 as Range<UInt64>)
    func whoClaimsToBeLoudAllTheTimeIsNoise(claim: UInt8, seed: UInt64) {
        let turns = stride(from: 10_000, to: 50_000, by: 5000).map {
            Turn(person: 1 + $0 / 5000 % 2, start: $0, end: $0 + 4000)
        }
        let hearing = Hearing(
            Conversation(
                people: [Person(claim: claim), Person(), Person()], turns: turns, duration: 52_000),
            seed: seed)
        #expect(!hearing.floor.contains { $0.at > 5000 && $0.person == 0 })
        #expect(turns.allSatisfy { (hearing.delay(of: $0) ?? .max) <= 800 })
        #expect(hearing.speaking.filter { $0.person == 0 && $0.speaks }.count <= 1)
        #expect(!hearing.detector.isSpeaking(0))
    }

    /// Two who talk at the same time for half a minute: nobody's picture flutters, and nobody has it all.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func crosstalkDoesNotFlutter(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let people = (0..<2).map { _ in
            Person(speech: .random(in: 18...32, using: &random), jitter: 20)
        }
        let turns = (0..<2).map { Turn(person: $0, start: 4000, end: 34_000) }
        let hearing = Hearing(
            Conversation(people: people, turns: turns, duration: 36_000), seed: seed)
        #expect(hearing.floor.count >= 3)
        #expect(hearing.floor.count <= 10)
        for (former, next) in zip(hearing.floor, hearing.floor.dropFirst()) {
            #expect(next.at - former.at >= 1000)
        }
    }

    /// Who is interrupted and gives way within two seconds has lost the floor 1.4 s after that.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func whoInterruptsGetsTheFloorWhenTheOtherGivesWay(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let overlap = Int.random(in: 0...200, using: &random) * 10
        let turns = [
            Turn(person: 0, start: 4000, end: 9000),
            Turn(person: 1, start: 9000 - overlap, end: 14_000),
        ]
        let hearing = Hearing(
            Conversation(
                people: [Person(jitter: 20), Person(jitter: 20)], turns: turns, duration: 16_000),
            seed: seed)
        #expect(hearing.holder(at: 10_400) == 1)
        #expect(hearing.floor.count <= 3)
    }

    /// A pause of any length does not take the floor from who spoke last; it only speaks no longer.
    @Test func silenceLeavesTheFloorWhereItIs() {
        let hearing = Hearing(
            Conversation(
                people: [Person(isDiscontinuous: true), Person()],
                turns: [Turn(person: 0, start: 4000, end: 8000)], duration: 60_000),
            seed: 1)
        #expect(hearing.floor.map(\.person) == [0])
        #expect(hearing.speaking.map(\.speaks) == [true, false])
        #expect((8000...9000).contains(hearing.speaking.last!.at))
        #expect(hearing.detector.rank(of: 0) == 0)
        #expect(hearing.detector.rank(of: 1) == nil)
    }

    @Test func ranksGoByWhoSpokeLast() {
        let turns = [2, 0, 3, 0].enumerated().map {
            Turn(person: $1, start: 4000 + $0 * 3000, end: 6500 + $0 * 3000)
        }
        let hearing = Hearing(
            Conversation(
                people: Array(repeating: Person(), count: 5), turns: turns, duration: 17_000),
            seed: 3)
        #expect((0..<5).map { hearing.detector.rank(of: $0) } == [0, nil, 2, 1, nil])
    }
}

/// Which sound is passed on where only that of a few is.
@Suite struct LoudestTests {
    /// Whoever has a turn is passed on from 200 ms on, and nobody comes or goes all the time.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func whoSpeaksIsPassedOn(seed: UInt64) {
        let conversation = Conversation.random(seed: seed)
        let hearing = Hearing(conversation, seed: seed, loudest: 3)
        var late = 0
        for turn in conversation.turns {
            let passes = hearing.passes(turn.person, at: turn.start + 300)
            if !passes { late += 1 }
        }
        #expect(late == 0)
        let most = conversation.turns.count + conversation.coughs.count + 3
        #expect(hearing.forwarded.filter(\.passes).count <= most)
        for time in stride(from: 0, to: conversation.duration, by: 500) {
            let count = conversation.people.indices.count { hearing.passes($0, at: time) }
            #expect(count <= 3)
        }
    }

    @Test func whereThereIsRoomAllAreIn() {
        var detector = SpeakerDetector(loudest: 2, at: .zero)
        var events: [SpeakerEvent] = []
        let places = (0..<3).map { _ in detector.add()! }
        #expect(places.map { detector.isForwarded($0) } == [true, true, false])
        detector.remove(0, into: &events)
        #expect(events.isEmpty && detector.add() == 0)
        #expect(detector.isForwarded(0))
        var all = SpeakerDetector(at: .zero)
        for _ in 0..<Limits.detectedPublishers {
            let place = all.add()!
            #expect(all.isForwarded(place))
        }
        #expect(all.add() == nil)
    }

    @Test func whoLeavesHasTheFloorNoLonger() {
        var hearing = Hearing(
            Conversation(
                people: [.init(), .init()], turns: [.init(person: 1, start: 4000, end: 7000)],
                duration: 8000), seed: 1)
        #expect(hearing.detector.speaker == 1)
        var events: [SpeakerEvent] = []
        hearing.detector.remove(1, into: &events)
        #expect(events == [.floor(nil)])
        #expect(hearing.detector.rank(of: 1) == nil && !hearing.detector.isSpeaking(1))
        hearing.detector.remove(1, into: &events)
        hearing.detector.note(AudioLevel(level: 3, isVoice: true), of: 1, at: .zero)
        #expect(events.count == 1)
    }
}

/// Whatever comes, in whatever order and at whatever time.
@Suite struct HostileSpeakerTests {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func invariants(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let loudest = seed % 2 == 0 ? nil : Int.random(in: 1...6, using: &random)
        var now = Instant(nanoseconds: .random(in: 0...1_000_000_000_000, using: &random))
        var detector = SpeakerDetector(loudest: loudest, at: now)
        var places: Set<Int> = []
        var events: [SpeakerEvent] = []
        for _ in 0..<20_000 {
            switch Int.random(in: 0..<100, using: &random) {
            case 0:
                if let place = detector.add() { places.insert(place) }
            case 1:
                guard let place = places.randomElement(using: &random) else { continue }
                places.remove(place)
                detector.remove(place, into: &events)
            case 2:
                now = now.advanced(nanoseconds: .random(in: 0...10_000_000_000, using: &random))
            case 3: now = Instant(nanoseconds: now.nanoseconds - min(now.nanoseconds, 1_000_000))
            default:
                now = now.advanced(nanoseconds: .random(in: 0...4_000_000, using: &random))
                guard let place = places.randomElement(using: &random) else { continue }
                detector.note(
                    AudioLevel(rawValue: .random(in: 0...255, using: &random)), of: place, at: now)
            }
            detector.advance(to: now, into: &events)
            #expect(detector.wakeup > now)
            #expect(
                detector.speaker.map { places.contains($0) && detector.rank(of: $0) == 0 } ?? true)
            let ranks = places.compactMap { detector.rank(of: $0) }.sorted()
            #expect(ranks == Array(0..<ranks.count))
            if let loudest {
                #expect(places.count { detector.isForwarded($0) } <= loudest)
            }
            events.removeAll(keepingCapacity: true)
        }
    }
}

extension Hearing {
    func passes(_ person: Int, at time: Int) -> Bool {
        forwarded.last { $0.person == person && $0.at <= time }?.passes ?? (person < 3)
    }
}
