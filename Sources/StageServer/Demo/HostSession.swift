import ICE
import MediaSecurity
import Peering
import Primitives
import RTP
import SDP
import SyntheticMedia

/// What a synthetic host and the server have agreed on: all that its thread needs.
struct HostSession: Sendable {
    struct Track: Sendable {
        var offered: ClientOffer.Track
        var clip: Clip
    }

    let tracks: [Track]
    let local: LocalEndpoint
    let context: DTLSContext
    /// Set by ``accept(_:)``.
    private(set) var answer: ClientAnswer?

    /// Makes keys and credentials for a host that sends `audio` and `video`.
    init(audio: Clip, video: Clip) throws(SecurityError) {
        var random = SystemRandomNumberGenerator()
        let base = UInt32.random(in: 1...UInt32.max - 1, using: &random)
        tracks = [
            Track(
                offered: ClientOffer.Track(codec: .opus, payloadType: 111, ssrc: SSRC(base)),
                clip: audio),
            Track(
                offered: ClientOffer.Track(
                    codec: video.codec, payloadType: video.codec == .h264 ? 102 : 96,
                    ssrc: SSRC(base + 1)), clip: video),
        ]
        let certificate = try Certificate.generate()
        context = try DTLSContext(certificate: certificate)
        // No candidates: the server is ICE-lite and answers whoever knows the password.
        local = LocalEndpoint(
            credentials: .random(using: &random), fingerprint: certificate.fingerprint,
            candidates: [], sessionID: UInt64.random(in: 1..<1 << 62, using: &random))
    }

    var offer: String {
        ClientOffer.publishing(tracks.map(\.offered), local: local).print()
    }

    mutating func accept(_ text: String) throws(StartRefusal) {
        do {
            answer = try ClientAnswer(parsing: SessionDescription(parsing: text))
        } catch {
            throw StartRefusal(.general, "the server's answer cannot be used: \(error)")
        }
    }

    func connection(to answer: ClientAnswer, at now: Instant) -> ClientConnection {
        ClientConnection(
            local: local.credentials, remote: answer.credentials,
            tieBreaker: UInt64.random(in: .min ... .max),
            remoteCandidates: answer.candidates,
            transport: SecureTransport(
                context: context, role: .client, remoteFingerprint: answer.fingerprint),
            at: now)
    }

    func hostTracks(startingAt now: Instant) -> [HostTrack] {
        tracks.map { track in
            HostTrack(
                ssrc: track.offered.ssrc, payloadType: track.offered.payloadType,
                player: ClipPlayer(
                    track.clip, startingAt: now,
                    timestamp: RTPTimestamp(.random(in: .min ... .max)),
                    pictureID: .random(in: .min ... .max)),
                firstSequence: .random(in: .min ... .max))
        }
    }
}
