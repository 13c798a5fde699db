import ArgumentParser
import DatagramIO
import Foundation
import Impairment
import Links
import Primitives
import UnixSignals

/// `rostrum impair`.
struct ImpairCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "impair",
        abstract: "Put a bad network between clients and a server.",
        discussion: """
            A relay that delays, loses, reorders and holds up what goes through it, so that an app can \
            be tried on the network that its users have. Real programs run on both sides, unmodified.

            As a relay of UDP it needs no rights. It takes a port; each client is a socket of its own to \
            the server, and all are behind one link unless --each is given. Let the server offer the \
            relay's port to its clients: 'rostrum serve --media-address 127.0.0.1:7702'.

            Between two network namespaces (--tun-a, --tun-b) it carries every IP packet; that needs root \
            or CAP_NET_ADMIN. The devices are made, and are gone when it ends.

            Options of the link are for both directions; with --up- in front for that to the server (from \
            a to b), with --down- for that from it. A direction's own option goes before the one for \
            both. So '--delay 20ms' is 40 ms of round trip. In the steps of a rate, each time is when its \
            rate begins, counted from the first packet. The same --seed gives the same losses.

            Once a second it says how it goes, on standard error; Ctrl-C ends it. The report of --json \
            has these members: seconds; up and down {packets, bytes, delivered, deliveredBytes, lost, \
            dropped, overflowed, waiting}, bytes with IP and UDP headers; clients, clientsSeen, refused, \
            unsent; latenessMicroseconds {p50, p95, p99, max}, how much later than it should the relay \
            sent; cpuSeconds, cpuMicrosecondsPerPacket.

            Examples:

              rostrum impair --delay 25ms --loss 3%
              rostrum impair --rate 2500kbit,10s:600kbit,20s:2500kbit --queue 100ms
              rostrum impair --down-trace phone --up-rate 1mbit --delay 30ms --jitter 10ms
              rostrum impair --listen 0.0.0.0:7702 --to 127.0.0.1:7701 --burst-loss 1%:30%
              sudo rostrum impair --delay 50ms --loss 1% \\
                  --tun-a ra@phone,10.98.0.1/24 --tun-b rb@server,10.98.0.2/24
            """)

    @Option(
        help: ArgumentHelp(
            "Where clients send; port 0 for a free one. (default: 0.0.0.0:7702)",
            valueName: "address:port"),
        transform: { try Self.address($0) })
    var listen: TransportAddress?

    @Option(
        help: ArgumentHelp(
            "The server that they are to reach. (default: 127.0.0.1:7701)",
            valueName: "address:port"),
        transform: { try Self.address($0) })
    var to: TransportAddress?

    @Flag(help: "Put each client behind a link of its own, not all behind one.")
    var each = false

    @Option(
        help: ArgumentHelp(
            """
            A TUN device on one side: its name, its namespace (a name of 'ip netns', a process or a \
            file), and its address, unless something else gives it one.
            """, valueName: "name[@netns][,address/bits]"),
        transform: TunnelDevice.Place.init(text:))
    var tunA: TunnelDevice.Place?

    @Option(
        help: ArgumentHelp("The one on the other side.", valueName: "name[@netns][,address/bits]"),
        transform: TunnelDevice.Place.init(text:))
    var tunB: TunnelDevice.Place?

    @OptionGroup(title: "Link") var both: LinkOptions<BothDirections>
    @OptionGroup(title: "Link to the server (a to b)") var up: LinkOptions<UpDirection>
    @OptionGroup(title: "Link from the server (b to a)") var down: LinkOptions<DownDirection>

    @Option(help: ArgumentHelp("Of what is left to chance.", valueName: "number"))
    var seed: UInt64 = 1

    @Option(
        help: ArgumentHelp("End by itself after so long.", valueName: "time"),
        transform: LinkText.duration)
    var duration: Duration?

    @Option(
        help: ArgumentHelp(
            "Where the report goes at the end; - for standard output.", valueName: "file"))
    var json: String?

    @Flag(help: "Say nothing each second.")
    var quiet = false

    func validate() throws {
        guard (tunA == nil) == (tunB == nil) else {
            throw ValidationError("--tun-a and --tun-b go together: a link has two ends")
        }
        guard let tunA, let tunB else { return }
        guard listen == nil, to == nil, !each else {
            throw ValidationError(
                "--listen, --to and --each are of the relay of UDP: leave them out with --tun-a")
        }
        guard tunA.network != tunB.network else {
            throw ValidationError(
                "--tun-a and --tun-b must be in two namespaces: within one, the system delivers packets "
                    + "by itself; make one with 'ip netns add', and name it as in ra@phone")
        }
    }

    /// The links as the options have them.
    var profiles: (up: LinkProfile, down: LinkProfile) {
        // Two directions of one seed would lose the same packets.
        var up = LinkProfile(seed: seed)
        var down = LinkProfile(seed: seed &+ 0x9E37_79B9_7F4A_7C15)
        both.apply(to: &up)
        both.apply(to: &down)
        self.up.apply(to: &up)
        self.down.apply(to: &down)
        return (up, down)
    }

    func run() async throws {
        // From here on, so that no signal ends it without a report.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let (engine, readiness) = try start()
        // Who reads the report there wants nothing else.
        json == "-"
            ? StandardStreams.writeError(readiness) : StandardStreams.writeOutput(readiness)
        let hasClients = tunA == nil
        let lines = quiet ? nil : Task { await Self.tell(engine, hasClients: hasClients) }
        await Self.waitForTheEnd(signals, after: duration)
        lines?.cancel()
        engine.stop()
        await engine.waitUntilEnded()
        try conclude(ImpairReport(engine.figures))
    }

    private func start() throws(StartRefusal) -> (ImpairmentEngine, readiness: String) {
        guard let tunA, let tunB else { return try startRelay() }
        let profiles = profiles
        let a = try Self.open(tunA)
        let b = try Self.open(tunB)
        do throws(SystemError) {
            let engine = try ImpairmentEngine(
                a: a, b: b, up: profiles.up, down: profiles.down)
            return (engine, "rostrum impair ready a=\(tunA.name) b=\(tunB.name)")
        } catch {
            throw StartRefusal(
                .unavailable, "cannot start: \(error.call): \(systemReason(error.errno))")
        }
    }

    private static func open(
        _ place: TunnelDevice.Place
    ) throws(StartRefusal) -> TunnelDevice {
        do throws(TunnelDevice.OpenError) {
            return try TunnelDevice(place)
        } catch {
            throw StartRefusal(tunnel: error, at: place)
        }
    }

    private func startRelay() throws(StartRefusal) -> (ImpairmentEngine, readiness: String) {
        var listen = listen ?? TransportAddress(ipv4: 0, port: 7702)
        let server = to ?? TransportAddress(ipv4: 0x7F00_0001, port: 7701)
        let profiles = profiles
        do throws(SystemError) {
            let engine = try ImpairmentEngine(
                DatagramRelayPlan(
                    listen: listen, server: server, up: profiles.up, down: profiles.down,
                    isShared: !each))
            listen.port = engine.port
            return (engine, "rostrum impair ready listen=udp:\(listen) to=udp:\(server)")
        } catch {
            throw StartRefusal(
                .unavailable,
                "cannot listen on \(listen): \(systemReason(error.errno)); choose another place with "
                    + "--listen")
        }
    }

    private static func tell(_ engine: ImpairmentEngine, hasClients: Bool) async {
        var line = ImpairLine()
        var next = ContinuousClock.now
        while !Task.isCancelled {
            next += .seconds(1)
            try? await Task.sleep(until: next, clock: .continuous)
            guard !Task.isCancelled else { return }
            StandardStreams.writeError(line.next(engine.figures, hasClients: hasClients))
        }
    }

    private static func waitForTheEnd(
        _ signals: UnixSignalsSequence, after duration: Duration?
    ) async {
        await withTaskGroup { group in
            group.addTask {
                for await _ in signals { return }
            }
            if let duration {
                group.addTask { try? await Task.sleep(for: duration) }
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func conclude(_ report: ImpairReport) throws(StartRefusal) {
        switch json {
        case nil: return
        case "-": StandardStreams.writeOutput(report.json())
        case .some(let path):
            do {
                try Data((report.json() + "\n").utf8).write(to: URL(fileURLWithPath: path))
            } catch {
                throw StartRefusal(
                    .unavailable, "cannot write the report to \(path): \(reason(of: error))")
            }
        }
    }

    private static func address(_ text: String) throws(LinkText.Mistake) -> TransportAddress {
        guard let address = TransportAddress(endpoint: text, defaultPort: nil) else {
            throw LinkText.Mistake(
                description: "it must be an IP address with a port, like 127.0.0.1:7702")
        }
        return address
    }
}
