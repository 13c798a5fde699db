import Foundation
import RTP
import StageAPI
import SyntheticMedia
import UnixSignals

/// The show itself: a stage, its hosts, and two links for people.
struct DemoShow: Sendable {
    let endpoint: URL
    let clips: DemoClips
    let hostCount: Int
    let signer: SignatureV4Signer
    /// Whether the stage outlives this process unless it is deleted.
    let isServerForeign: Bool

    /// Runs until a signal comes.
    func run(until signals: UnixSignalsSequence) async throws(StartRefusal) {
        let http = DemoHTTP()
        let api = DemoAPI(endpoint: endpoint, signer: signer, http: http)
        let cast = clips.hosts(hostCount)
        let stage = try await api.createStage(hosts: cast.map(\.name))
        say("made the stage \(stage.arn)")
        var hosts: [SyntheticHost] = []
        do throws(StartRefusal) {
            for (host, token) in zip(cast, stage.hostTokens) {
                let client = WHIPClient(
                    url: try DemoToken.whipURL(of: token), token: token, http: http)
                hosts.append(
                    try await SyntheticHost(
                        name: host.name, audio: host.audio, video: host.video, client: client))
                say("\(host.name) publishes \(host.video.codec.rawValue) and Opus")
            }
        } catch {
            await end(hosts, stage, api)
            throw error
        }
        StandardStreams.writeOutput(invitation(to: stage))
        await withTaskGroup { tasks in
            for host in hosts {
                tasks.addTask {
                    for await event in host.events { say("\(host.name) \(event.text)") }
                }
            }
            for await _ in signals { break }
            say("ending")
            await end(hosts, stage, api)
        }
    }

    private func end(_ hosts: [SyntheticHost], _ stage: DemoStage, _ api: DemoAPI) async {
        await withTaskGroup { tasks in
            for host in hosts { tasks.addTask { await host.stop() } }
        }
        if isServerForeign { await api.deleteStage(stage.arn) }
    }

    private func say(_ line: String) { StandardStreams.writeOutput("demo: \(line)") }

    private func invitation(to stage: DemoStage) -> String {
        """

        Watch the show:
          \(link("viewer", stage.viewerToken))

        Join it with a camera:
          \(link("host", stage.cameraToken))

        To stop: Ctrl-C, or SIGTERM to process \(ProcessInfo.processInfo.processIdentifier).

        """
    }

    private func link(_ page: String, _ token: String) -> String {
        "\(endpoint.absoluteString)/samples/\(page).html#token=\(token)"
    }
}
