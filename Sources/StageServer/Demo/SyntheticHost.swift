import DatagramIO
import Foundation
import MediaSecurity
import Synchronization
import SyntheticMedia

/// A host without a camera: publishes two clips over WHIP, as a browser would, from a thread of its
/// own.
final class SyntheticHost: Sendable {
    let name: String
    /// Finishes after ``HostEvent/ended(_:)``.
    let events: AsyncStream<HostEvent>
    private let client: WHIPClient
    private let published: WHIPClient.Session
    private let isStopping: StopFlag

    enum HostEvent: Sendable {
        case live
        case ended(HostLoop.End)
        case failed(SystemError)
    }

    /// Publishes; media follows when ICE and DTLS are done.
    init(
        name: String, audio: Clip, video: Clip, client: WHIPClient
    ) async throws(StartRefusal) {
        self.name = name
        self.client = client
        var session = try Self.session(audio: audio, video: video)
        published = try await client.publish(offer: session.offer)
        try session.accept(published.answer)
        let (events, report) = AsyncStream.makeStream(of: HostEvent.self)
        let isStopping = StopFlag()
        self.events = events
        self.isStopping = isStopping
        let agreed = session
        let thread = Thread {
            ThreadSetup.prepare(name: "host-\(name)", cpu: nil)
            report.yield(Self.run(agreed, isStopping: isStopping) { report.yield(.live) })
            report.finish()
        }
        thread.start()
    }

    /// Ends the thread, and the session at the server.
    func stop() async {
        isStopping.raise()
        await client.end(published)
    }

    private static func session(audio: Clip, video: Clip) throws(StartRefusal) -> HostSession {
        do throws(SecurityError) {
            return try HostSession(audio: audio, video: video)
        } catch {
            throw StartRefusal(.general, "no certificate could be made for a host: \(error)")
        }
    }

    private static func run(
        _ session: HostSession, isStopping: StopFlag, onLive: () -> Void
    ) -> HostEvent {
        guard let answer = session.answer else { return .ended(.noPath) }
        do throws(SystemError) {
            var loop = try HostLoop(session, answer: answer)
            return .ended(loop.run(isStopping: { isStopping.isRaised }, onLive: onLive))
        } catch {
            return .failed(error)
        }
    }
}

/// Tells a thread to end.
final class StopFlag: Sendable {
    private let flag = Atomic(false)

    var isRaised: Bool { flag.load(ordering: .acquiring) }
    func raise() { flag.store(true, ordering: .releasing) }
}

extension SyntheticHost.HostEvent {
    /// In words that follow the host's name.
    var text: String {
        switch self {
        case .live: "is live"
        case .ended(.stopped): "has left"
        case .ended(.noPath): "lost the server: nothing comes back from its media port"
        case .ended(.closedByServer): "was disconnected by the server"
        case .ended(.handshakeFailed(let violation)): "could not agree on keys: \(violation)"
        case .failed(let error): "cannot use the network: \(error.call), errno \(error.errno)"
        }
    }
}
