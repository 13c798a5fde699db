/// One publisher's sound: when in the last 1.28 s it was voice, by how far it stood out of the
/// publisher's own noise.
struct Voice: Sendable {
    /// A bit for each step, the newest lowest.
    private(set) var activity: UInt64 = 0
    var isSpeaking = false
    var isForwarded = false
    /// When it came among those that are forwarded.
    var forwardedAt: UInt64 = 0
    /// Steps that it has been speaking for while another had the floor and spoke, too.
    var crosstalk = 0
    private(set) var noise = NoiseFloor()

    private var hasNewVoice = false
    private var isVoice = false
    private var lastAt: UInt64?
    private var gaps: (last: UInt64, before: UInt64) = (0, 0)

    /// Takes a packet that is `loudness` above -127 dBov.
    mutating func note(_ loudness: Int, at now: UInt64) {
        let gap = lastAt.map { now > $0 ? now - $0 : 0 } ?? 0
        gaps = (gap, gaps.last)
        noise.note(loudness, after: gap)
        isVoice =
            loudness >= max(noise.floor + SpeakerRules.voiceAboveFloor, SpeakerRules.leastVoice)
        hasNewVoice = hasNewVoice || isVoice
        lastAt = now
    }

    /// Ends a step.
    mutating func step(at now: UInt64) {
        let lasts = isVoice && now < (lastAt ?? 0) + hold
        activity = activity << 1 | (hasNewVoice || lasts ? 1 : 0)
        hasNewVoice = false
    }

    /// Goes over steps in which nothing was heard.
    mutating func skip(_ steps: UInt64) {
        activity = steps >= 64 ? 0 : activity << steps
    }

    private var hold: UInt64 {
        let long = SpeakerRules.hold...SpeakerRules.longHold
        return long.contains(gaps.last) && long.contains(gaps.before)
            ? SpeakerRules.longHold : SpeakerRules.hold
    }

    /// Of the newest `window` steps, in 1...64, those that were voice.
    func voice(in window: Int) -> Int {
        (activity & (.max >> UInt64(64 - window))).nonzeroBitCount
    }
}

/// What a publisher sounds like between words: the least of two packets' mean in the last five seconds
/// of sound.
///
/// It is relative, so that a steady sound is noise however loud it is or claims to be; and time without
/// packets teaches nothing, so that it is still there after a pause of an hour.
struct NoiseFloor: Sendable {
    private(set) var floor = SpeakerRules.youngFloor
    private var minima = InlineArray<5, UInt8>(repeating: 127)
    private var slot = 0
    private var slotAge: UInt64 = 0
    private var age: UInt64 = 0
    private var last: Int?

    mutating func note(_ loudness: Int, after gap: UInt64) {
        guard loudness >= SpeakerRules.leastNoise else {
            last = nil
            return
        }
        let time = min(gap, SpeakerRules.longHold)
        age += time
        slotAge += time
        if slotAge >= SpeakerRules.floorSlot { turn() }
        guard let last else {
            self.last = loudness
            return
        }
        minima[slot] = min(minima[slot], UInt8((loudness + last) / 2))
        self.last = loudness
        var least = 127
        for index in minima.indices { least = min(least, Int(minima[index])) }
        if age < SpeakerRules.youngAge { least = min(least, SpeakerRules.youngFloor) }
        floor = max(least, SpeakerRules.leastFloor)
    }

    private mutating func turn() {
        slotAge = 0
        slot = (slot + 1) % SpeakerRules.floorSlots
        minima[slot] = 127
    }
}
