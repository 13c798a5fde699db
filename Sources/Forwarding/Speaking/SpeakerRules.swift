/// The figures of the detection, each with its reason. Loudness in dB above -127 dBov, times in
/// nanoseconds or in steps of ``step``.
enum SpeakerRules {
    /// What a packet of Opus lasts; 64 steps, the memory of one publisher, are 1.28 s.
    static let step: UInt64 = 20_000_000
    /// So long a packet counts while no other comes: three steps, so that packets of 60 ms leave no
    /// holes, and 20 ms of jitter do not either.
    static let hold: UInt64 = 50_000_000
    /// So long where packets come further apart than ``hold``, twice in a row: Opus has up to 120 ms.
    static let longHold: UInt64 = 130_000_000

    /// Voice is 9 dB above the publisher's own noise: noise that varies by 3 dB rarely is, and the soft
    /// half of a syllable is.
    static let voiceAboveFloor = 9
    /// Nothing below -70 dBov is voice: that is a breath, or a neighbour.
    static let leastVoice = 57
    /// Nothing below -110 dBov says anything of the noise: that is a muted microphone, or a gate.
    static let leastNoise = 18
    /// Noise is not taken to be below -85 dBov.
    static let leastFloor = 42
    /// The noise is the least of five seconds: speech has a pause in each of them.
    static let floorSlots = 5
    static let floorSlot: UInt64 = 1_000_000_000
    /// In its first three seconds nobody's noise is taken to be above -50 dBov, since all that was heard
    /// may be speech. Who claims to be loud all the time is believed for so long.
    static let youngAge: UInt64 = 3_000_000_000
    static let youngFloor = 77

    /// Speaks: 320 of the last 400 ms. A cough of 200 ms touches 220 ms of packets, 300 if they are of
    /// 60 ms, and the network and ``hold`` stretch that a little.
    static let turnWindow = 20
    static let turnVoice = 16
    /// Speaks no longer: 40 of the last 640 ms, longer than the pause behind a comma.
    static let restWindow = 32
    static let restVoice = 2
    /// Makes room for somebody who has just begun: 160 of the last 400 ms or less.
    static let yieldVoice = 8
    /// Who has spoken for more than that of the last 1.28 s has not just begun, but talks over another.
    static let freshVoice = 44
    /// Makes room for that one: 200 of the last 800 ms or less.
    static let crosstalkWindow = 40
    static let crosstalkVoice = 10
    /// And whatever it says, after so long: nobody keeps the floor for ever from others who speak.
    static let longestCrosstalk = 300
    /// A new speaker stays for a second, unless it falls silent: 20 of the last 400 ms.
    static let shortestTurn: UInt64 = 1_000_000_000
    static let silentVoice = 1

    /// Among the loudest after 80 of the last 100 ms: before the first word is over.
    static let loudWindow = 5
    static let loudVoice = 4
    /// In place of one who says something by 320 of the last 1.28 s more than that one.
    static let loudMargin = 16
}
