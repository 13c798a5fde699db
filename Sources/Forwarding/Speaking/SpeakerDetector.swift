package import Primitives
package import RTP

/// What a ``SpeakerDetector`` finds. Publishers go by their places.
package enum SpeakerEvent: Hashable, Sendable {
    /// Another publisher has the floor; `nil`: whoever had it left.
    case floor(Int?)
    /// A publisher started or stopped to speak.
    case speaking(Int, Bool)
    /// A publisher came among the loudest, or is no longer.
    case forwarded(Int, Bool)
}

/// Who of a stage's publishers speaks, by the audio levels that come with their packets.
///
/// One of them has the floor, from its first words until another takes it: also through silence, so that
/// a picture does not shrink at each pause. See Docs/active-speaker.md.
package struct SpeakerDetector: Sendable {
    /// Who has the floor.
    package private(set) var speaker: Int?
    /// How many publishers' sound is to be passed on; `nil`: all.
    package let loudest: Int?

    /// The places that were given out; a free one is `nil`.
    private var voices: [Voice?]
    /// Who has spoken, the newest first; ``speaker`` before them.
    private var spoken: [Int] = []
    private var forwardedCount = 0
    private var stepEnd: UInt64
    private var floorSince: UInt64 = 0

    package init(loudest: Int? = nil, at now: Instant) {
        precondition(loudest.map { $0 > 0 } ?? true)
        self.loudest = loudest
        voices = []
        voices.reserveCapacity(Limits.detectedPublishers)
        spoken.reserveCapacity(Limits.detectedPublishers)
        stepEnd = now.advanced(nanoseconds: Int64(SpeakerRules.step)).nanoseconds
    }

    /// A place for a publisher; `nil` when there are ``Limits/detectedPublishers`` already. One of fewer
    /// than ``loudest`` is forwarded from the start.
    package mutating func add() -> Int? {
        var place = voices.firstIndex { $0 == nil }
        if place == nil, voices.count < Limits.detectedPublishers {
            place = voices.count
            voices.append(nil)
        }
        guard let place else { return nil }
        var voice = Voice()
        if loudest.map({ forwardedCount < $0 }) ?? true {
            voice.isForwarded = true
            forwardedCount += 1
        }
        voices[place] = voice
        return place
    }

    /// Frees a place. Who waits for one among the loudest gets it when it says something.
    package mutating func remove(_ place: Int, into events: inout [SpeakerEvent]) {
        guard let voice = voices[place] else { return }
        voices[place] = nil
        if voice.isForwarded { forwardedCount -= 1 }
        if let index = spoken.firstIndex(of: place) { spoken.remove(at: index) }
        guard speaker == place else { return }
        speaker = nil
        events.append(.floor(nil))
    }

    /// Takes a packet's level. The caller has gone on to `now` before.
    @inline(__always)
    package mutating func note(_ level: AudioLevel, of place: Int, at now: Instant) {
        voices[place]?.note(Int(AudioLevel.silence - level.level), at: now.nanoseconds)
    }

    /// The publisher's place among those that spoke: 0 has the floor, 1 spoke last before that; `nil`:
    /// it has not spoken. For ``WatchedPublisher/speakerRank``.
    package func rank(of place: Int) -> Int? { spoken.firstIndex(of: place) }

    package func isSpeaking(_ place: Int) -> Bool { voices[place]?.isSpeaking ?? false }

    /// Whether its sound is to be passed on; always true where ``loudest`` is `nil`.
    package func isForwarded(_ place: Int) -> Bool { voices[place]?.isForwarded ?? false }

    /// When the next step ends: nothing happens before.
    package var wakeup: Instant { Instant(nanoseconds: stepEnd) }

    /// Goes on to `now`, step by step, and says what has changed.
    package mutating func advance(to now: Instant, into events: inout [SpeakerEvent]) {
        guard now.nanoseconds >= stepEnd else { return }
        let due = (now.nanoseconds - stepEnd) / SpeakerRules.step + 1
        if due > 64 { skip(due - 64) }
        while stepEnd <= now.nanoseconds {
            step(into: &events)
            stepEnd += SpeakerRules.step
        }
    }

    /// The loop was late by more than anybody remembers.
    private mutating func skip(_ steps: UInt64) {
        for place in voices.indices { voices[place]?.skip(steps) }
        stepEnd += steps * SpeakerRules.step
    }
}

extension SpeakerDetector {
    private mutating func step(into events: inout [SpeakerEvent]) {
        for place in voices.indices where voices[place] != nil {
            voices[place]!.step(at: stepEnd)
            updateSpeaking(place, into: &events)
        }
        countCrosstalk()
        if let next = successor() { giveFloor(to: next, into: &events) }
        if loudest != nil { updateForwarded(into: &events) }
    }

    private mutating func updateSpeaking(_ place: Int, into events: inout [SpeakerEvent]) {
        guard let voice = voices[place] else { return }
        if voice.isSpeaking {
            guard voice.voice(in: SpeakerRules.restWindow) <= SpeakerRules.restVoice else { return }
            voices[place]!.isSpeaking = false
            events.append(.speaking(place, false))
        } else if Self.hasTurn(voice) {
            voices[place]!.isSpeaking = true
            events.append(.speaking(place, true))
            moveUp(place, to: spoken.first == speaker && place != speaker ? 1 : 0)
        }
    }

    private static func hasTurn(_ voice: Voice) -> Bool {
        voice.voice(in: SpeakerRules.turnWindow) >= SpeakerRules.turnVoice
    }

    /// Moves a publisher within ``spoken``, or into it.
    private mutating func moveUp(_ place: Int, to index: Int) {
        if let old = spoken.firstIndex(of: place) { spoken.remove(at: old) }
        spoken.insert(place, at: min(index, spoken.count))
    }

    private mutating func countCrosstalk() {
        let isContested = speaker.map { isSpeaking($0) } ?? false
        for place in voices.indices {
            guard let voice = voices[place] else { continue }
            let counts = isContested && voice.isSpeaking && place != speaker
            voices[place]!.crosstalk = counts ? voice.crosstalk + 1 : 0
        }
    }

    /// Who takes the floor now; of several the one who says most.
    private func successor() -> Int? {
        var best: (place: Int, merit: Int)?
        for place in voices.indices where place != speaker {
            guard let voice = voices[place], Self.hasTurn(voice), yields(to: voice) else {
                continue
            }
            let merit =
                voice.voice(in: SpeakerRules.turnWindow) * 64 + voice.voice(in: 64)
            if merit > best?.merit ?? -1 { best = (place, merit) }
        }
        return best?.place
    }

    /// Whether who has the floor makes room.
    private func yields(to other: Voice) -> Bool {
        guard let speaker, let holder = voices[speaker] else { return true }
        let now = holder.voice(in: SpeakerRules.turnWindow)
        if stepEnd < floorSince + SpeakerRules.shortestTurn {
            return now <= SpeakerRules.silentVoice
        }
        if other.voice(in: 64) <= SpeakerRules.freshVoice { return now <= SpeakerRules.yieldVoice }
        return holder.voice(in: SpeakerRules.crosstalkWindow) <= SpeakerRules.crosstalkVoice
            || other.crosstalk >= SpeakerRules.longestCrosstalk
    }

    private mutating func giveFloor(to place: Int, into events: inout [SpeakerEvent]) {
        speaker = place
        floorSince = stepEnd
        for other in voices.indices { voices[other]?.crosstalk = 0 }
        moveUp(place, to: 0)
        events.append(.floor(place))
    }
}

extension SpeakerDetector {
    /// Lets those in who have begun to say something, in place of those who say least.
    private mutating func updateForwarded(into events: inout [SpeakerEvent]) {
        for place in voices.indices {
            guard let voice = voices[place], !voice.isForwarded,
                voice.voice(in: SpeakerRules.loudWindow) >= SpeakerRules.loudVoice,
                makeRoom(for: voice, into: &events)
            else { continue }
            voices[place]!.isForwarded = true
            voices[place]!.forwardedAt = stepEnd
            forwardedCount += 1
            events.append(.forwarded(place, true))
        }
    }

    private mutating func makeRoom(for other: Voice, into events: inout [SpeakerEvent]) -> Bool {
        guard let loudest, forwardedCount >= loudest else { return true }
        guard let place = quietest, let voice = voices[place] else { return false }
        let isSilent = voice.activity == 0
        let isSettled = stepEnd >= voice.forwardedAt + SpeakerRules.shortestTurn
        let isLess =
            other.voice(in: 64) >= voice.voice(in: 64) + SpeakerRules.loudMargin
        guard isSilent || (isSettled && isLess) else { return false }
        voices[place]!.isForwarded = false
        forwardedCount -= 1
        events.append(.forwarded(place, false))
        return true
    }

    /// Of those who are forwarded, the one who said least in the last 1.28 s; of those who said nothing,
    /// who has been silent for longest. Never who has the floor, unless there is nobody else.
    private var quietest: Int? {
        var best: (place: Int, claim: Int)?
        for place in voices.indices {
            guard let voice = voices[place], voice.isForwarded else { continue }
            let order = spoken.firstIndex(of: place) ?? spoken.count
            let claim =
                (place == speaker ? 1 << 20 : 0) + voice.voice(in: 64) * 256
                + (Limits.detectedPublishers - order)
            if claim < best?.claim ?? .max { best = (place, claim) }
        }
        return best?.place
    }
}
