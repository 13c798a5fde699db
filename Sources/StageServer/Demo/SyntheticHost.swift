import DatagramIO
import LoadGenerator
import MediaSecurity
import Primitives
import SyntheticMedia

/// A host without a camera: publishes two clips over WHIP, as a browser would, from a thread of its
/// own.
final class SyntheticHost: Sendable {
    let name: String
    /// Finishes after ``HostEvent/ended(_:)``.
    let events: AsyncStream<HostEvent>
    private let client: WHIPClient
    private let published: WHIPClient.Session
    private let engine: LoadEngine

    enum HostEvent: Sendable {
        case live
        case ended(ClientEnd)
    }

    /// Publishes; media follows when ICE and DTLS are done.
    init(
        name: String, audio: Clip, video: Clip, client: WHIPClient
    ) async throws(StartRefusal) {
        self.name = name
        self.client = client
        let context = try DTLSContext.forClients()
        var random = SystemRandomNumberGenerator()
        let tracks = ClientDraft.tracks(audio: audio, video: [video], using: &random)
        let draft = ClientDraft(
            .publisher(tracks), certificate: context.certificate.fingerprint, using: &random)
        let startedAt = SystemClock.now()
        published = try await client.publish(offer: draft.offer)
        let order = try draft.order(
            ClientID(0), acceptingAnswer: published.answer, startedAt: startedAt)
        let (events, report) = AsyncStream.makeStream(of: HostEvent.self)
        self.events = events
        var settings = LoadSettings()
        settings.stamps = false
        settings.clients = 1
        engine = try LoadEngine.started(settings, context: context, cpu: nil) { event in
            switch event {
            case .connected: report.yield(.live)
            case .firstPacket, .firstFrame: break
            case .ended(_, let end):
                report.yield(.ended(end))
                report.finish()
            }
        }
        _ = engine.add(order)
    }

    /// Ends the thread, and the session at the server.
    func stop() async {
        engine.stop()
        await client.end(published)
    }
}

extension SyntheticHost.HostEvent {
    /// In words that follow the host's name.
    var text: String {
        switch self {
        case .live: "is live"
        case .ended(let end): end.text
        }
    }
}

extension ClientEnd {
    /// In words that follow the client's name.
    var text: String {
        switch self {
        case .left: "has left"
        case .noPath: "lost the server: nothing comes back from its media port"
        case .closedByServer: "was disconnected by the server"
        case .handshakeFailed: "could not agree on keys"
        case .noSocket: "cannot open a socket: raise the limit on open files (ulimit -n)"
        }
    }
}

// What the generator throws, as refusals of the program.

extension DTLSContext {
    /// A new certificate with what clients shake hands with.
    static func forClients(
        profiles: [SRTPProfile] = [.aeadAES128GCM, .aes128CMHMACSHA1_80]
    ) throws(StartRefusal) -> DTLSContext {
        do throws(SecurityError) {
            return try DTLSContext(certificate: Certificate.generate(), profiles: profiles)
        } catch {
            throw StartRefusal(.general, "no certificate could be made for clients: \(error)")
        }
    }
}

extension LoadEngine {
    static func started(
        _ settings: LoadSettings, context: DTLSContext, cpu: Int?,
        onEvent: @escaping @Sendable (ClientEvent) -> Void
    ) throws(StartRefusal) -> LoadEngine {
        do throws(SystemError) {
            return try LoadEngine(
                settings: settings, context: context, cpu: cpu, onEvent: onEvent)
        } catch {
            throw StartRefusal(
                .unavailable,
                "cannot use the network: \(error.call): \(systemReason(error.errno))")
        }
    }
}

extension ClientDraft {
    func order(
        _ id: ClientID, acceptingAnswer answer: String, startedAt: Instant
    ) throws(StartRefusal) -> ClientOrder {
        do throws(AnswerViolation) {
            return try order(id, accepting: answer, startedAt: startedAt)
        } catch {
            throw StartRefusal(.general, "the server's answer cannot be used: \(error)")
        }
    }

    /// The same for a server that makes the offers.
    func order(
        _ id: ClientID, takingOffer offer: String, startedAt: Instant
    ) throws(StartRefusal) -> (order: ClientOrder, answer: String) {
        do throws(AnswerViolation) {
            return try order(id, answering: offer, startedAt: startedAt)
        } catch {
            throw StartRefusal(.general, "the server's offer cannot be used: \(error)")
        }
    }
}
