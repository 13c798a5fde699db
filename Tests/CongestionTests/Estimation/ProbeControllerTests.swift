import Congestion
import Primitives
import Testing

private func seconds(_ value: Double) -> Instant { Instant(nanoseconds: UInt64(value * 1e9)) }

@Suite("When to probe")
struct ProbeControllerTests {
    private func controller() -> ProbeController {
        ProbeController(
            start: .kilobitsPerSecond(300), maximum: .kilobitsPerSecond(5000), at: .zero)
    }

    /// Sends what is wanted.
    private func send(_ controller: inout ProbeController, at now: Instant) -> DataRate? {
        guard let probe = controller.wanted else { return nil }
        var packets = 0
        while controller.wanted == probe, packets < 100 {
            controller.noteSent(bytes: 1200, at: now)
            packets += 1
        }
        #expect(packets >= probe.minimumPackets && packets * 1200 >= probe.minimumBytes)
        return probe.rate
    }

    @Test("3 and 6 times the start; then twice what was found, while it is enough")
    func initial() {
        var controller = controller()
        controller.begin(at: .zero)
        #expect(send(&controller, at: .zero) == .kilobitsPerSecond(900))
        #expect(send(&controller, at: .zero) == .kilobitsPerSecond(1800))
        #expect(controller.wanted == nil)
        controller.update(
            estimate: .kilobitsPerSecond(1700), constraint: .free, at: seconds(0.2))
        #expect(send(&controller, at: seconds(0.2)) == .kilobitsPerSecond(3400))
        controller.update(
            estimate: .kilobitsPerSecond(2000), constraint: .free, at: seconds(0.4))
        #expect(controller.wanted == nil)
    }

    @Test("twice the start where what is sent nearly fills a slow line")
    func careful() {
        var controller = controller()
        controller.begin(isCareful: true, at: .zero)
        #expect(send(&controller, at: .zero) == .kilobitsPerSecond(600))
        #expect(controller.wanted == nil)
        controller.update(
            estimate: .kilobitsPerSecond(550), constraint: .free, at: seconds(0.2))
        #expect(send(&controller, at: seconds(0.2)) == .kilobitsPerSecond(1100))
    }

    @Test("every 5 s while the source is the limit, and not when there is no wish for more")
    func limited() {
        var controller = controller()
        var times: [Double] = []
        for step in 1...2000 {
            let now = Double(step) / 100
            controller.tick(isApplicationLimited: true, lastDecrease: nil, at: seconds(now))
            if send(&controller, at: seconds(now)) != nil { times.append(now) }
        }
        #expect(times == [5, 10, 15, 20])
        controller.update(
            estimate: .kilobitsPerSecond(4900), constraint: .free, at: seconds(21))
        controller.tick(isApplicationLimited: true, lastDecrease: nil, at: seconds(60))
        #expect(controller.wanted == nil)
    }

    @Test("every 2 s after a drop, but not into a queue or loss, nor just after a decrease")
    func recovery() {
        var controller = controller()
        controller.update(
            estimate: .kilobitsPerSecond(2500), constraint: .free, at: seconds(1))
        controller.update(
            estimate: .kilobitsPerSecond(1500), constraint: .forbidden, at: seconds(2))
        controller.tick(isApplicationLimited: false, lastDecrease: seconds(2), at: seconds(5))
        #expect(controller.wanted == nil)
        controller.update(
            estimate: .kilobitsPerSecond(1500), constraint: .free, at: seconds(6))
        controller.tick(isApplicationLimited: false, lastDecrease: seconds(5.5), at: seconds(6))
        #expect(controller.wanted == nil)
        controller.tick(isApplicationLimited: false, lastDecrease: seconds(5.5), at: seconds(7))
        #expect(send(&controller, at: seconds(7)) == .kilobitsPerSecond(3000))
        controller.tick(isApplicationLimited: false, lastDecrease: nil, at: seconds(8.9))
        #expect(controller.wanted == nil)
        controller.tick(isApplicationLimited: false, lastDecrease: nil, at: seconds(9.1))
        #expect(controller.wanted != nil)
    }

    @Test("a link that collapsed is looked at soon, but not into its queue, and ever less often")
    func collapse() {
        var controller = controller()
        controller.update(
            estimate: .kilobitsPerSecond(2000), constraint: .free, at: seconds(1))
        controller.update(
            estimate: .kilobitsPerSecond(300), constraint: .forbidden, at: seconds(2))
        controller.update(
            estimate: .kilobitsPerSecond(300), constraint: .free, at: seconds(2.2))
        func look(_ now: Double, queue: Int64 = 0) -> DataRate? {
            controller.tick(
                isApplicationLimited: true, lastDecrease: seconds(2),
                queue: .milliseconds(queue), at: seconds(now))
            return send(&controller, at: seconds(now))
        }
        #expect(look(2.4) == nil)
        #expect(look(2.6, queue: 50) == nil)
        #expect(look(2.6) == .kilobitsPerSecond(1700))
        // The result is awaited for a second.
        #expect(look(3.5) == nil)
        #expect(look(3.7) == .kilobitsPerSecond(1700))
        #expect(look(4.8) == .kilobitsPerSecond(1700))
    }

    @Test("beside a flow that fills the queue nothing is probed, but what is sent is filled up")
    func filling() {
        var controller = controller()
        controller.update(
            estimate: .kilobitsPerSecond(400), constraint: .competing, at: seconds(1))
        controller.tick(isApplicationLimited: true, lastDecrease: nil, at: seconds(20))
        #expect(controller.wanted == nil)
        controller.fill(at: .kilobitsPerSecond(400), at: seconds(20))
        #expect(controller.wanted?.cluster == 0)
        #expect(controller.wanted?.minimumBytes == 5000)
        controller.update(
            estimate: .kilobitsPerSecond(400), constraint: .competing, at: seconds(20.1))
        #expect(send(&controller, at: seconds(20.1)) == .kilobitsPerSecond(400))
        controller.update(
            estimate: .kilobitsPerSecond(400), constraint: .free, at: seconds(20.2))
        controller.fill(at: .kilobitsPerSecond(400), at: seconds(20.2))
        #expect(controller.wanted == nil)
    }

    @Test("a probe that nobody sends is given up; overuse ends one")
    func cancelling() {
        var controller = controller()
        controller.begin(at: .zero)
        controller.tick(isApplicationLimited: false, lastDecrease: nil, at: seconds(1.1))
        #expect(controller.wanted == nil)
        controller.tick(isApplicationLimited: true, lastDecrease: nil, at: seconds(6))
        #expect(controller.wanted != nil)
        controller.update(
            estimate: .kilobitsPerSecond(300), constraint: .forbidden, at: seconds(6.1))
        #expect(controller.wanted == nil)
    }
}
