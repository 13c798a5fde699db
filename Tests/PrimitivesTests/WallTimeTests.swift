import Primitives
import Testing

@Suite("Wall time")
struct WallTimeTests {
    @Test(
        "is printed as ISO 8601 in UTC",
        arguments: [
            (0, "1970-01-01T00:00:00Z"),
            (1, "1970-01-01T00:00:00.001Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (951_868_800_000, "2000-03-01T00:00:00Z"),
            (1_698_819_937_000, "2023-11-01T06:25:37Z"),
            (1_709_251_199_040, "2024-02-29T23:59:59.040Z"),
            (1_735_689_599_999, "2024-12-31T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00Z"),
            (-62_135_596_800_000, "0001-01-01T00:00:00Z"),
        ] as [(Int64, String)])
    func printing(milliseconds: Int64, text: String) {
        #expect(WallTime(unixMilliseconds: milliseconds).description == text)
    }

    @Test(
        "rounds whole seconds down",
        arguments: [(0, 0), (999, 0), (1000, 1), (-1, -1), (-1000, -1), (-1001, -2)]
            as [(Int64, Int64)])
    func seconds(milliseconds: Int64, seconds: Int64) {
        #expect(WallTime(unixMilliseconds: milliseconds).unixSeconds == seconds)
    }

    @Test("adds and subtracts durations")
    func arithmetic() {
        let start = WallTime(unixSeconds: 100)
        #expect(start + .milliseconds(1500) == WallTime(unixMilliseconds: 101_500))
        #expect((start + .seconds(2)) - start == .seconds(2))
        #expect(start < start + .milliseconds(1))
    }
}
