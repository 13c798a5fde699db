import ArgumentParser
import DatagramIO
import Foundation
import LoadGenerator
import MediaSecurity
import Primitives
import RTP
import StageAPI
import SyntheticMedia
import UnixSignals

/// `rostrum load`.
struct LoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Load a server with publishers and viewers, and measure.",
        discussion: """
            Real clients, thousands in this process: WHIP or WHEP, ICE, DTLS, SRTP, receiver reports, \
            NACKs and keyframe requests. Publishers send generated media, or clips; each viewer \
            watches them all. Once every viewer has found a keyframe, the measured window begins: \
            packets, loss, bitrate, and the time from a publisher's stamp to a viewer's socket.

            By default a stage is made on a server of ours, with the access key of \
            ROSTRUM_ACCESS_KEY_ID and ROSTRUM_SECRET_ACCESS_KEY, or that of 'rostrum serve --dev'. \
            --whip and --whep load any server that speaks them, --janus a VideoRoom.

            Each client is a socket: mind 'ulimit -n'. For figures that mean something keep the \
            generator on a CPU of its own, --cpu or taskset, away from the server. The exit code is \
            0 when every viewer got video all the time, and 1 otherwise.

            The report of --json has these members: target, publishers, viewers; joins {asked, \
            succeeded, failed, perSecond, timeToFirstPacket and timeToFirstFrame {p50, p95, p99, max} \
            in ms, serverCPUSeconds with --server-pid}; steady {seconds, packets, packetsPerSecond, bytes, megabitsPerSecond, lost, \
            repaired, duplicates, dropped, nacks, keyframeRequests, decrypted, unauthentic, \
            published, streamsExpected, streamsPlaying}; latencyMicroseconds {count, p50, p95, p99, \
            p999, max, histogram [{below, count}]}; generator {cpuSeconds, cpuShare, \
            nanosecondsPerPacket}; with --server-pid server {pid, userSeconds, systemSeconds, \
            waitedSeconds (ready to run, but no CPU), userNanosecondsPerPacket, \
            systemNanosecondsPerPacket, nanosecondsPerPacket, residentBytesBefore, \
            residentBytesLoaded, residentBytesAfter}; errors {reason: count}; failure, when there \
            was one.

            Examples:

              rostrum load --publishers 1 --viewers 500
              rostrum load --viewers 100 --loss 3 --json report.json
              rostrum load --viewers 200 --server-pid $(pidof rostrum) --cpu 1
              rostrum load --viewers 50 --cycles 20000 --concurrency 50
              rostrum load --whip http://host/whip --whep http://host/whep --viewers 100
              rostrum load --janus http://127.0.0.1:8088/janus --viewers 100
            """)

    @OptionGroup(title: "Server") var server: LoadServerOptions
    @OptionGroup(title: "Clients") var clients: LoadClientOptions
    @OptionGroup(title: "Media") var media: LoadMediaOptions

    @Option(
        name: [.long, .customLong("duration")],
        help: ArgumentHelp(
            "How long the measured window is; also --duration.", valueName: "seconds"))
    var steady = 10.0

    @Option(
        help: ArgumentHelp(
            "How long to wait between the last first keyframe and the window.",
            valueName: "seconds"))
    var warmup = 1.0

    @Option(
        help: ArgumentHelp(
            "Where the report goes as JSON; - for standard output.", valueName: "file"))
    var json: String?

    @Option(
        help: ArgumentHelp(
            "The server's process, on this machine: its CPU time and memory are reported.",
            valueName: "pid"))
    var serverPid: Int?

    @Option(help: ArgumentHelp("The only CPU that the media thread runs on.", valueName: "number"))
    var cpu: Int?

    func validate() throws {
        guard steady > 0, steady <= 86_400, warmup >= 0, warmup <= 3600 else {
            throw ValidationError("--steady must be 0 to 86400 seconds, --warmup 0 to 3600")
        }
    }

    func run() async throws {
        let http = LoadHTTP(connections: clients.concurrency)
        do {
            let report = try await measure(http)
            await http.shutdown()
            try conclude(report)
        } catch {
            await http.shutdown()
            throw error
        }
    }

    private func measure(_ http: LoadHTTP) async throws -> LoadReport {
        let target = try server.target(http)
        let plan = try plan(target.name)
        try clients.checkOpenFiles()
        // From here on, so that no signal finds a stage half made.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let showsOnError = json == "-"
        let run = try LoadRun(plan, target: target.target) { line in
            if showsOnError {
                StandardStreams.writeError(line)
            } else {
                StandardStreams.writeOutput(line)
            }
        }
        let work = Task { try await run.run() }
        let watch = Task {
            for await _ in signals {
                work.cancel()
                break
            }
        }
        defer { watch.cancel() }
        return try await work.value
    }

    private func plan(_ target: String) throws(StartRefusal) -> LoadPlan {
        var settings = LoadSettings()
        media.apply(to: &settings)
        clients.apply(to: &settings)
        return LoadPlan(
            target: target, publishers: server.publishes ? clients.publishers : 0,
            viewers: clients.viewers, cycles: max(clients.viewers, clients.cycles ?? 0),
            joinRate: clients.joinRate, concurrency: clients.concurrency,
            warmup: .seconds(warmup), window: .seconds(steady), settings: settings,
            profiles: clients.srtp.profiles, cpu: cpu, serverPID: serverPid,
            shows: try media.shows())
    }

    private func conclude(_ report: LoadReport) throws(StartRefusal) {
        switch json {
        case "-": StandardStreams.writeOutput(report.json())
        case nil: StandardStreams.writeOutput("\n" + LoadTable.summary(report))
        case .some(let path):
            StandardStreams.writeOutput("\n" + LoadTable.summary(report))
            do {
                try Data((report.json() + "\n").utf8).write(to: URL(fileURLWithPath: path))
            } catch {
                throw StartRefusal(
                    .unavailable, "cannot write the report to \(path): \(reason(of: error))")
            }
        }
        if let failure = report.failure { throw StartRefusal(.general, failure) }
    }
}
