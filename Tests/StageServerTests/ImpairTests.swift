import ArgumentParser
import DatagramIO
import Foundation
import Impairment
import Links
import Primitives
import Telemetry
import Testing

@testable import StageServer

@Suite struct LinkTextTests {
    @Test func ratesAndStepsOfThem() throws {
        #expect(try LinkText.rate("600kbit") == .kilobitsPerSecond(600))
        #expect(try LinkText.rate("2.5Mbit") == .kilobitsPerSecond(2500))
        #expect(try LinkText.rate("1gbit") == .kilobitsPerSecond(1_000_000))
        #expect(try LinkText.rate("9600bit") == DataRate(bitsPerSecond: 9600))
        let steps = try LinkText.schedule("2500kbit,10s:0kbit,10500ms:600kbit").steps
        let wanted: [RateSchedule.Step] = [
            .init(start: .zero, rate: .kilobitsPerSecond(2500)),
            .init(start: .zero + .seconds(10), rate: .zero),
            .init(start: .zero + .milliseconds(10_500), rate: .kilobitsPerSecond(600)),
        ]
        #expect(steps == wanted)
    }

    @Test(arguments: [
        ("100ms", SimulatedLink.Bottleneck.delay(.milliseconds(100))), ("0ms", .delay(.zero)),
        ("30packets", .packets(30)), ("1packet", .packets(1)), ("64kB", .queue(bytes: 64_000)),
        ("1500B", .queue(bytes: 1500)), ("2MB", .queue(bytes: 2_000_000)),
        ("1.5s", .delay(.milliseconds(1500))),
    ])
    func queues(text: String, queue: SimulatedLink.Bottleneck) throws {
        #expect(try LinkText.queue(text) == queue)
    }

    @Test func sharesAreOfAHundredOrOfOne() throws {
        for (text, share) in [("3%", 0.03), ("0.03", 0.03), ("100%", 1), ("0", 0)] {
            #expect(try LinkText.share(text) == share)
        }
        #expect(
            try LinkText.bursts("1%:0.3")
                == .gilbertElliott(enterBad: 0.01, leaveBad: 0.3, lossInBad: 1))
    }

    @Test(arguments: [
        "", "kbit", "-1kbit", "1e3kbit", "600", "600kbit,", ",600kbit", "600kbit,10s", "10:600kbit",
        "600kbit,10s:1kbit,10s:2kbit", "600kbit,10s:0kbit", "1s:2s:3kbit", "99999gbit", "nankbit",
        "1.2.3kbit", "٣kbit",
    ])
    func badRates(text: String) {
        #expect(throws: LinkText.Mistake.self) { try LinkText.schedule(text) }
    }

    @Test(arguments: ["", "3", "101%", "-1%", "%", "3%%", "3 %", "inf"])
    func badShares(text: String) {
        #expect(throws: LinkText.Mistake.self) { try LinkText.share(text) }
    }

    @Test(arguments: ["", "20", "ms", "61s", "2min", "-1ms"])
    func badDelays(text: String) {
        #expect(throws: LinkText.Mistake.self) { try LinkText.delay(text) }
        #expect(throws: LinkText.Mistake.self) { try LinkText.queue(text) }
    }

    @Test(arguments: ["0packets", "1.5packets", "2000000packets", "100B", "9000MB", "1%:0%", "1%"])
    func badQueuesAndBursts(text: String) {
        #expect(throws: LinkText.Mistake.self) { try LinkText.queue(text) }
        #expect(throws: LinkText.Mistake.self) { try LinkText.bursts(text) }
    }

    /// Whatever is typed is a value or a mistake.
    @Test func noise() {
        var random = SeededGenerator(seed: 11)
        let letters = Array("0123456789.,:%kmgbitspackeuAB-+ e٣")
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...12, using: &random)
            let text = String((0..<count).map { _ in letters.randomElement(using: &random)! })
            _ = try? LinkText.schedule(text)
            _ = try? LinkText.queue(text)
            _ = try? LinkText.bursts(text)
            _ = try? TunnelDevice.Place(text: text)
        }
    }

    @Test func placesOfDevices() throws {
        let full = try TunnelDevice.Place(text: "ra@phone,10.98.0.1/24")
        #expect(full.name == "ra" && full.network == "/var/run/netns/phone")
        #expect(full.address == TransportAddress(host: "10.98.0.1", port: 0) && full.prefix == 24)
        #expect(try TunnelDevice.Place(text: "ra").network == nil)
        #expect(try TunnelDevice.Place(text: "ra@77").network == "/proc/77/ns/net")
        #expect(try TunnelDevice.Place(text: "ra@/run/x").network == "/run/x")
        for text in [
            "", "@phone", "ra@", "ra,", "ra,10.98.0.1", "ra,10.98.0.1/0", "ra,10.98.0.1/33",
            "ra,::1/64", "ra,10.98.0.1/24,1", "sixteen-letters-", "r/a",
        ] {
            #expect(throws: LinkText.Mistake.self) { try TunnelDevice.Place(text: text) }
        }
    }
}

@Suite struct ImpairCommandTests {
    private func profiles(_ arguments: String...) throws -> (up: LinkProfile, down: LinkProfile) {
        try ImpairCommand.parse(arguments).profiles
    }

    private func refusal(_ arguments: String...) -> String? {
        do {
            _ = try RostrumCommand.parseAsRoot(["impair"] + arguments)
            return nil
        } catch {
            return RostrumCommand.refusal(of: error).line
        }
    }

    @Test func withoutOptionsTheLinkDoesNothing() throws {
        let (up, down) = try profiles()
        #expect(up == LinkProfile())
        #expect(down == LinkProfile(seed: down.seed) && down.seed != up.seed)
    }

    @Test func aDirectionsOwnOptionGoesFirst() throws {
        let (up, down) = try profiles(
            "--delay", "20ms", "--down-delay", "30ms", "--rate", "1mbit", "--down-trace", "phone",
            "--loss", "3%", "--up-burst-loss", "1%:50%", "--queue", "30packets", "--up-police",
            "64kB", "--jitter", "5ms", "--up-reorder", "--seed", "9")
        #expect(up.propagation == .milliseconds(20) && down.propagation == .milliseconds(30))
        #expect(up.schedule == .constant(.kilobitsPerSecond(1000)))
        #expect(down.schedule.period != nil && down.schedule.steps.count > 1000)
        #expect(up.loss == .gilbertElliott(enterBad: 0.01, leaveBad: 0.5, lossInBad: 1))
        #expect(down.loss == .random(0.03))
        #expect(up.bottleneck == .policer(bytes: 64_000) && down.bottleneck == .packets(30))
        #expect(up.jitter.reorders && !down.jitter.reorders)
        #expect(down.jitter.maximum == .milliseconds(5) && up.seed == 9)
    }

    @Test func mistakesSayWhatIsRight() {
        #expect(refusal("--loss", "3")?.contains("a share must be like 3% or 0.03") == true)
        #expect(refusal("--down-rate", "600")?.contains("--down-rate") == true)
        #expect(refusal("--down-rate", "600")?.contains("600kbit") == true)
        #expect(refusal("--to", "127.0.0.1")?.contains("with a port") == true)
        #expect(
            refusal("--up-rate", "1mbit", "--up-trace", "phone")
                == "rostrum: --up-rate and --up-trace both say the rate: give one")
        #expect(refusal("--tun-a", "ra@phone")?.contains("go together") == true)
        #expect(refusal("--tun-a", "ra", "--tun-b", "rb")?.contains("two namespaces") == true)
        #expect(
            refusal("--tun-a", "ra@x", "--tun-b", "rb", "--each")?.contains("--each") == true)
    }

    @Test func theReportHasTheDocumentedNames() throws {
        var figures = ImpairmentFigures()
        figures.elapsed = .seconds(2)
        figures.up.counters.sent = 1000
        figures.cpuNanoseconds = 10_000_000
        figures.lateness.record(nanoseconds: 50_000)
        let data = Data(ImpairReport(figures).json().utf8)
        let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(
            Set(json.keys) == [
                "seconds", "up", "down", "clients", "clientsSeen", "refused", "unsent",
                "latenessMicroseconds", "cpuSeconds", "cpuMicrosecondsPerPacket",
            ])
        let up = try #require(json["up"] as? [String: Any])
        #expect(
            Set(up.keys) == [
                "packets", "bytes", "delivered", "deliveredBytes", "lost", "dropped", "overflowed",
                "waiting",
            ])
        #expect(json["cpuMicrosecondsPerPacket"] as? Double == 10)
        #expect((json["latenessMicroseconds"] as? [String: Any])?["max"] as? Double == 50)
    }

    @Test func aLineSaysWhatASecondBrought() {
        var line = ImpairLine()
        var figures = ImpairmentFigures()
        #expect(line.next(figures, hasClients: true) == "waiting for the first packet")
        figures.elapsed = .seconds(1)
        figures.clients = 1
        (figures.up.rate, figures.down.rate) = (
            RateSchedule.unlimited.rate(at: .zero), .kilobitsPerSecond(600)
        )
        (figures.down.counters.sent, figures.down.counters.bytesArrived) = (100, 75_000)
        (figures.down.counters.lost, figures.down.queueDelay) = (3, .milliseconds(80))
        #expect(
            line.next(figures, hasClients: true)
                == "   1 s | up 0.00 Mbit/s, 0 packets/s | down 0.60 of 0.60 Mbit/s, "
                + "100 packets/s, 3 lost, queue 80 ms | 1 client")
        figures.elapsed = .seconds(2)
        figures.down.queueDelay = .zero
        #expect(
            line.next(figures, hasClients: false)
                == "   2 s | up 0.00 Mbit/s, 0 packets/s | down 0.00 of 0.60 Mbit/s, 0 packets/s")
    }
}
