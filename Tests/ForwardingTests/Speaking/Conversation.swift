import Forwarding
import Primitives
import RTP

/// People who talk, as their microphones and encoders tell of it.
struct Conversation {
    struct Person {
        /// Of its noise and its speech, in -dBov.
        var noise = 65.0
        var noiseSpread = 2.0
        var speech = 26.0
        /// Sends nothing while it is silent, but a packet each 400 ms.
        var isDiscontinuous = false
        /// Milliseconds of a packet.
        var packet = 20
        var loss = 0.0
        /// The greatest delay in the network, beyond the least.
        var jitter = 0
        /// What it claims whatever it says.
        var claim: UInt8?
    }

    /// Milliseconds in which somebody speaks.
    struct Turn {
        var person: Int
        var start: Int
        var end: Int
    }

    struct Packet {
        var person: Int
        var at: Int
        var level: UInt8
    }

    var people: [Person]
    var turns: [Turn] = []
    var coughs: [Turn] = []
    var duration: Int

    /// All packets in the order of their arrival.
    func packets(seed: UInt64) -> [Packet] {
        var random = SeededGenerator(seed: seed)
        var packets: [Packet] = []
        for person in people.indices {
            append(person, to: &packets, using: &random)
        }
        return packets.sorted { ($0.at, $0.person) < ($1.at, $1.person) }
    }

    private func append(
        _ index: Int, to packets: inout [Packet], using random: inout SeededGenerator
    ) {
        let person = people[index]
        let loudness = loudness(of: index, using: &random)
        var silence = 0
        var lastArrival = 0
        let offset = Int.random(in: 0..<20, using: &random)
        for start in stride(from: 0, to: duration - person.packet, by: person.packet) {
            let frames = loudness[(start / 10)..<((start + person.packet) / 10)]
            let isSilent = !frames.contains { $0.isVoice }
            silence = isSilent ? silence + person.packet : 0
            // The encoder goes on for 200 ms before it stops.
            let isLeft = person.isDiscontinuous && silence > 200 && silence % 400 >= person.packet
            let arrives =
                start + person.packet + offset + Int.random(in: 0...person.jitter, using: &random)
            lastArrival = max(lastArrival, arrives)
            guard !isLeft, Double.random(in: 0..<1, using: &random) >= person.loss else { continue }
            let mean = frames.reduce(0) { $0 + $1.level } / Double(frames.count)
            let level = person.claim ?? UInt8(max(0, min(127, mean.rounded())))
            packets.append(Packet(person: index, at: lastArrival, level: level))
        }
    }

    /// For each 10 ms the level, and whether somebody would call it voice.
    private func loudness(
        of index: Int, using random: inout SeededGenerator
    ) -> [(level: Double, isVoice: Bool)] {
        let person = people[index]
        var levels = (0..<duration / 10).map { _ in
            (level: person.noise + spread(person.noiseSpread, using: &random), isVoice: false)
        }
        for turn in turns where turn.person == index {
            speak(turn, as: person, into: &levels, using: &random)
        }
        for cough in coughs where cough.person == index {
            for frame in (cough.start / 10)..<(cough.end / 10) {
                levels[frame] = (12 + spread(3, using: &random), true)
            }
        }
        return levels
    }

    /// Phrases of 0.8 to 2.5 s with pauses between them; in them syllables, with short dips.
    private func speak(
        _ turn: Turn, as person: Person, into levels: inout [(level: Double, isVoice: Bool)],
        using random: inout SeededGenerator
    ) {
        var time = turn.start
        while time < turn.end {
            let phraseEnd = min(turn.end, time + Int.random(in: 800...2500, using: &random))
            while time < phraseEnd {
                let end = min(phraseEnd, time + Int.random(in: 100...280, using: &random))
                let level = person.speech + spread(4, using: &random)
                for frame in (time / 10)..<(end / 10) {
                    let isEdge = frame * 10 < time + 20 || frame * 10 >= end - 20
                    levels[frame] = (level + (isEdge ? 6 : 0) + spread(2, using: &random), true)
                }
                let dip = Int.random(in: 20...70, using: &random)
                for frame in (end / 10)..<(min(phraseEnd, end + dip) / 10) {
                    levels[frame] = ((person.noise + person.speech) / 2, true)
                }
                time = end + dip
            }
            time = phraseEnd + Int.random(in: 150...350, using: &random)
        }
    }

    /// About normal, with this standard deviation.
    private func spread(_ deviation: Double, using random: inout SeededGenerator) -> Double {
        let sum = (0..<4).reduce(0.0) { sum, _ in sum + Double.random(in: -1...1, using: &random) }
        return sum * deviation * 0.866
    }
}

extension Conversation {
    /// A conversation of two to eight people: turns of 1.2 to 6 s with 50 to 800 ms between them, and
    /// coughs of those who listen.
    static func random(seed: UInt64, seconds: Int = 60) -> Conversation {
        var random = SeededGenerator(seed: seed)
        let people = (0..<Int.random(in: 2...8, using: &random)).map { _ in
            let noise = Double.random(in: 46...88, using: &random)
            return Person(
                noise: noise, noiseSpread: Double.random(in: 0.5...2.5, using: &random),
                speech: Double.random(in: 18...min(38, noise - 20), using: &random),
                isDiscontinuous: Bool.random(using: &random),
                packet: [20, 20, 20, 40, 60].randomElement(using: &random)!,
                loss: Double.random(in: 0...0.03, using: &random),
                jitter: Int.random(in: 0...20, using: &random))
        }
        var conversation = Conversation(people: people, duration: seconds * 1000)
        var (time, last) = (4000, -1)
        while time < seconds * 1000 - 8000 {
            let others = people.indices.filter { $0 != last }
            last = others.randomElement(using: &random)!
            let end = time + Int.random(in: 120...600, using: &random) * 10
            conversation.turns.append(Turn(person: last, start: time, end: end))
            if Bool.random(using: &random) {
                let start = Int.random(in: time / 10...(end / 10), using: &random) * 10
                let cougher = others.filter { $0 != last }.randomElement(using: &random)
                if let cougher {
                    let length = Int.random(in: 5...20, using: &random) * 10
                    conversation.coughs.append(
                        Turn(person: cougher, start: start, end: start + length))
                }
            }
            time = end + Int.random(in: 5...80, using: &random) * 10
        }
        return conversation
    }
}

/// What a detector made of a conversation.
struct Hearing {
    /// Who had the floor, from when on.
    var floor: [(at: Int, person: Int?)] = []
    var speaking: [(at: Int, person: Int, speaks: Bool)] = []
    var forwarded: [(at: Int, person: Int, passes: Bool)] = []
    var detector: SpeakerDetector

    init(_ conversation: Conversation, seed: UInt64, loudest: Int? = nil) {
        detector = SpeakerDetector(loudest: loudest, at: .zero)
        for _ in conversation.people { _ = detector.add() }
        var events: [SpeakerEvent] = []
        for packet in conversation.packets(seed: seed) {
            advance(to: packet.at, &events)
            detector.note(
                AudioLevel(level: packet.level, isVoice: true), of: packet.person,
                at: Self.instant(packet.at))
        }
        advance(to: conversation.duration, &events)
    }

    private static func instant(_ milliseconds: Int) -> Instant {
        Instant(nanoseconds: UInt64(milliseconds) * 1_000_000)
    }

    private mutating func advance(to time: Int, _ events: inout [SpeakerEvent]) {
        while detector.wakeup <= Self.instant(time) {
            let now = detector.wakeup
            detector.advance(to: now, into: &events)
            let at = Int(now.nanoseconds / 1_000_000)
            for event in events {
                switch event {
                case .floor(let person): floor.append((at, person))
                case .speaking(let person, let speaks): speaking.append((at, person, speaks))
                case .forwarded(let person, let passes): forwarded.append((at, person, passes))
                }
            }
            events.removeAll(keepingCapacity: true)
        }
    }

    func holder(at time: Int) -> Int? { floor.last { $0.at <= time }?.person ?? nil }

    /// How long after its start a turn had the floor; `nil`: not before its end.
    func delay(of turn: Conversation.Turn) -> Int? {
        if holder(at: turn.start) == turn.person { return 0 }
        return floor.first { $0.at > turn.start && $0.at <= turn.end && $0.person == turn.person }
            .map { $0.at - turn.start }
    }
}
