/// The figures of the allocation, each with its reason. Rates in bits a second, times in nanoseconds.
enum AllocationRules {
    /// One goes up when the target is 1.15 of what that takes: estimates wander by a tenth, and a keyframe
    /// must not undo the step.
    static let marginPercent: Int64 = 115
    /// The estimator is content with 0.95 of what is desired; it has to look for 1.15 of it.
    static let desiredPercent: Int64 = 122
    /// The target has to be there for a second before a layer goes up: a probe's result that does not last
    /// is gone by then.
    static let hold: UInt64 = 1_000_000_000
    /// Two seconds before a pause ends: a picture that comes and goes is worse than a small one.
    static let resumeHold: UInt64 = 2_000_000_000
    /// After a step down, a publisher stays there for five seconds: the queue drains and the estimate
    /// finds its level first.
    static let restAfterDown: UInt64 = 5_000_000_000
    /// A publisher goes up while it had at most two switches in the last minute: with this one and the
    /// step down that may follow, four.
    static let switchWindow: UInt64 = 60_000_000_000
    /// For a second after a publisher came to others, switches are not counted: a dozen who come one after the other
    /// take from each other what the first were given. Eight of each publisher's at the most, so that one who
    /// comes and goes does not keep the others changing.
    static let gathering: UInt64 = 1_000_000_000
    static let excusedSwitches = 8
    /// The only picture, of which nobody else's depends, in three seconds: a moving phone's network really
    /// changes so often.
    static let loneSwitchWindow: UInt64 = 3_000_000_000
    /// The only picture goes up when the target was enough for 50 ms, one message of feedback, and 0.5 s after a
    /// step down: a fade lasts a second or two, and each half second after it is seen. It resumes after the
    /// same time.
    static let loneHold: UInt64 = 50_000_000
    static let loneRestAfterDown: UInt64 = 500_000_000
    /// A temporal layer comes back half a second after it would fit: it costs no keyframe.
    static let thinningHold: UInt64 = 500_000_000
    /// What the viewer asks for is done at once, but a second after the last switch: each costs a
    /// keyframe.
    static let wishInterval: UInt64 = 1_000_000_000
    /// Who pins a publisher wants to see that: it counts as if it were shown four times as large.
    static let pinnedWeight: Int64 = 4
    /// Speakers change; twice as large.
    static let speakerWeight: Int64 = 2
    /// A layer covers a size from 0.8 of its pixels on, which is nine tenths of each side: nobody sees
    /// that.
    static let coverPercent: Int64 = 125
    /// Who has not said how large it shows a publisher counts as 1280 x 720.
    static let unsaidPixels: Int64 = 1280 * 720
    /// A lowest layer that costs more is no thumbnail, but a publisher with a single layer. Where it does
    /// not fit, others that do are not made to wait for it.
    static let thumbnailRate: Int64 = 500_000
    /// Where nothing says what the viewer's network carries: the rate that layers above the lowest share.
    /// One picture of 720p and some small ones; it is what other servers start with.
    static let assumedRate: Int64 = 2_500_000

    /// A lowest layer is kept for two seconds when it does not fit any more, while all that is sent takes
    /// no more than 1.15 of the target: estimates dip, and come back.
    static let squeezeHold: UInt64 = 2_000_000_000
    static let squeezePercent: Int64 = 115
    /// The only picture for 20 s, up to four times the target: late pictures are better than none.
    static let loneSqueezeHold: UInt64 = 20_000_000_000
    static let loneSqueezePercent: Int64 = 400

    /// Sizes beyond this are not a screen's.
    static let longestSide: Int64 = 16_384
    static let largestPicture: Int64 = longestSide * longestSide
    /// Rates beyond these are not measured, but made up.
    static let largestRate: Int64 = 100_000_000
    static let largestAudioRate: Int64 = 2_000_000
    static let largestTarget: Int64 = 100_000_000_000

    /// The pixels of layers whose size is not known yet, by rank from below: what the web client sends.
    static let assumedPixels: InlineArray<3, Int64> = [320 * 180, 640 * 360, 1280 * 720]

    /// What a layer takes whose rate is not known yet: what the web client sets its encoders to, and 1.8
    /// bits a second a pixel beyond that. With 15 frames a second or fewer, two thirds.
    static func assumedRate(pixels: Int64, framesPerSecond: Int) -> Int64 {
        let full: Int64 =
            switch pixels {
            case ...90_000: 200_000
            case ...260_000: 700_000
            case ...600_000: 1_000_000
            case ...1_000_000: 1_700_000
            default: min(pixels * 18 / 10, largestRate)
            }
        return (1...15).contains(framesPerSecond) ? full * 2 / 3 : full
    }
}
