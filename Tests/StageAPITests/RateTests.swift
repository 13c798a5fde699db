import Primitives
import Testing

@testable import StageAPI

@Suite("API rates")
struct RateTests {
    private let start = TestService.start

    @Test("a bucket lets its burst through, then its rate, and says when to come back")
    func bucket() {
        let rate = APIRate(perSecond: 5)
        var bucket = TokenBucket(rate, at: start)
        for _ in 0..<10 { #expect(bucket.take(rate, at: start) == .admitted) }
        #expect(bucket.take(rate, at: start) == .refused(retryAfter: .milliseconds(200)))
        let soon = start + .milliseconds(150)
        #expect(bucket.take(rate, at: soon) == .refused(retryAfter: .milliseconds(50)))
        #expect(bucket.take(rate, at: start + .milliseconds(200)) == .admitted)
        #expect(!bucket.isFull(rate, at: start + .milliseconds(2000)))
        #expect(bucket.isFull(rate, at: start + .milliseconds(2200)))
    }

    @Test(
        "in the long run exactly the rate gets through, however it is asked", arguments: [1, 3, 7])
    func longRun(_ perSecond: Int) {
        let rate = APIRate(perSecond: perSecond)
        var bucket = TokenBucket(rate, at: start)
        var random = SeededGenerator(seed: UInt64(perSecond))
        var (now, admitted) = (start, 0)
        while now < start + .seconds(600) {
            if bucket.take(rate, at: now) == .admitted { admitted += 1 }
            now = now + .milliseconds(Int64.random(in: 0...20, using: &random))
        }
        #expect((0...1).contains(600 * perSecond + rate.burst - admitted))
    }

    @Test("a refusal is kept: after the time that it named there is a token")
    func promise() {
        let rate = APIRate(perSecond: 7)
        var bucket = TokenBucket(rate, at: start)
        var now = start
        for _ in 0..<1000 {
            if case .refused(let wait) = bucket.take(rate, at: now) {
                now = now + wait
                #expect(bucket.take(rate, at: now) == .admitted)
            }
        }
    }

    @Test("a clock that jumps neither gives nor takes more than a bucket")
    func jumps() {
        let rate = APIRate(perSecond: 100_000)
        var bucket = TokenBucket(rate, at: start)
        #expect(bucket.take(rate, at: WallTime(unixMilliseconds: .max / 4)) == .admitted)
        #expect(bucket.take(rate, at: WallTime(unixMilliseconds: 0)) == .admitted)
        let slow = APIRate(perSecond: 1)
        var other = TokenBucket(slow, at: start)
        for _ in 0..<2 { #expect(other.take(slow, at: start) == .admitted) }
        let past = start + .seconds(-3600)
        #expect(other.take(slow, at: past) == .refused(retryAfter: .seconds(1)))
        #expect(other.take(slow, at: past + .seconds(1)) == .admitted)
    }

    @Test("each key and each operation has its own; the table is bounded")
    func table() {
        var table = RateTable(.standard)
        func admitted(_ operation: String, _ key: String = "a", at now: WallTime) -> Int {
            (0..<200).count { _ in
                table.admit(operation, accessKey: key, at: now) == .admitted
            }
        }
        #expect(admitted("CreateParticipantToken", at: start) == 100)
        #expect(admitted("CreateParticipantToken", "b", at: start) == 100)
        #expect(admitted("CreateStage", at: start) == 10)
        #expect(admitted("GetStage", at: start) == 10)
        #expect(admitted("TagResource", at: start) == 20)
        #expect(admitted("ImportPublicKey", at: start) == 6)
        for index in 0..<(2 * APILimits.rateBuckets) {
            _ = table.admit("GetStage", accessKey: "\(index)", at: start)
            #expect(table.count <= APILimits.rateBuckets)
        }
        #expect(admitted("CreateStage", "new", at: start + .seconds(10)) == 10)
        for index in 0..<(2 * APILimits.rateBuckets) {
            let now = start + .seconds(Int64(10 + index / 100))
            _ = table.admit("GetStage", accessKey: "\(index)", at: now)
        }
        #expect(table.count <= APILimits.rateBuckets)
    }

    @Test("too many calls are answered 429 with the time to wait")
    func throttled() async throws {
        let test = try await TestService(rates: .standard)
        for _ in 0..<10 { #expect(try await test.call("ListStages").status == 200) }
        let answer = try await test.call("ListStages")
        #expect(answer.error == "429 ThrottlingException")
        #expect(answer.headers.contains { $0.name == "Retry-After" && $0.value == "1" })
        #expect(answer.message.contains("ListStages") && answer.message.contains("5"))
        // Who has another key, or calls something else, does not notice.
        let other = try await test.accessKeys.create(at: test.now)
        #expect(try await test.call("ListStages", key: other).status == 200)
        #expect(try await test.call("GetStage", ["arn": "x"]).status != 429)
        // Nor does a wrong signature use anything up.
        var wrong = other
        wrong.secret = Redacted("wrong")
        for _ in 0..<20 { #expect(try await test.call("ListStages", key: wrong).status == 403) }
        #expect(try await test.call("ListStages", key: other).status == 200)
        test.wait(.seconds(1))
        #expect(try await test.call("ListStages").status == 200)
    }
}
