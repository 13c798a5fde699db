import Primitives
import Testing

@Suite("Instant")
struct InstantTests {
    @Test("saturates at both ends of the clock")
    func saturation() {
        #expect(Instant.distantFuture.advanced(by: .seconds(1)) == .distantFuture)
        #expect(Instant.zero - .seconds(1) == .zero)
        #expect(Instant(nanoseconds: 5).advanced(by: .nanoseconds(-6)) == .zero)
        #expect(Instant.zero.advanced(by: .seconds(Int64.max)) < .distantFuture)
        #expect(Instant.zero.advanced(by: .seconds(Int64.min)) == .zero)
    }

    @Test("measures forwards and backwards")
    func durations() {
        let early = Instant(nanoseconds: 1_000)
        let late = early + .milliseconds(2)
        #expect(late - early == .milliseconds(2))
        #expect(late.duration(to: early) == .milliseconds(-2))
        #expect(early < late)
    }

    @Test("a duration's nanoseconds saturate")
    func nanoseconds() {
        #expect(Duration.seconds(Int64.max).nanoseconds == .max)
        #expect(Duration.seconds(Int64.min).nanoseconds == .min)
        #expect(Duration.seconds(-1.5).nanoseconds == -1_500_000_000)
        #expect(Duration.microseconds(250).milliseconds == 0.25)
        #expect(Duration.milliseconds(1500).seconds == 1.5)
    }
}

@Suite("Clock anchor and NTP time")
struct ClockAnchorTests {
    private let anchor = ClockAnchor(
        monotonic: Instant(nanoseconds: 1_000_000), unixNanoseconds: 1_700_000_000_000_000_000)

    @Test("wall time follows the monotonic clock")
    func wallTime() {
        let later = anchor.monotonic + .milliseconds(1500)
        #expect(anchor.unixNanoseconds(at: later) == 1_700_000_001_500_000_000)
        #expect(anchor.unixNanoseconds(at: .zero) == 1_699_999_999_999_000_000)
    }

    @Test("the Unix epoch is 2,208,988,800 s after NTP's")
    func epoch() {
        #expect(NTPTime.encode(unixNanoseconds: 0) == 2_208_988_800 << 32)
        #expect(NTPTime.encode(unixNanoseconds: 500_000_000) & 0xFFFF_FFFF == 0x8000_0000)
        #expect(NTPTime.encode(unixNanoseconds: -1) == 2_208_988_800 << 32)
        #expect(NTPTime.middle(0x1122_3344_5566_7788) == 0x3344_5566)
    }

    @Test("survives a round trip to a nanosecond")
    func roundTrip() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<2000 {
            let time = Int64.random(in: 0..<2_000_000_000_000_000_000, using: &generator)
            let back = NTPTime.unixNanoseconds(NTPTime.encode(unixNanoseconds: time))
            #expect((time - 1...time).contains(back))
        }
        #expect(NTPTime.unixNanoseconds(0) == -2_208_988_800_000_000_000)
    }
}
