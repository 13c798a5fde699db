internal import ICE
package import MediaSecurity
package import Peering
package import Primitives
internal import RTP
package import SDP
package import SyntheticMedia

/// A client that no server has agreed to yet: makes the offer, and takes the answer.
package struct ClientDraft: Sendable {
    package enum Role: Sendable {
        /// Watches `slots` publishers at most.
        case viewer(slots: Int)
        case publisher([PublishedClip])
    }

    /// Payload types that are offered, and what they mean.
    private static let codecs: [PayloadType: Codec] = [111: .opus, 102: .h264, 96: .vp8]

    package let role: Role
    package let local: LocalEndpoint

    /// With new credentials, and no candidates: the server is ICE-lite and answers whoever knows the
    /// password.
    package init(
        _ role: Role, certificate: Fingerprint, using random: inout some RandomNumberGenerator
    ) {
        self.role = role
        local = LocalEndpoint(
            credentials: .random(using: &random), fingerprint: certificate, candidates: [],
            sessionID: UInt64.random(in: 1..<1 << 62, using: &random))
    }

    /// The tracks of a publisher with these clips.
    /// - Parameter audio: `nil` for a publisher without sound.
    package static func tracks(
        audio: Clip?, video: Clip, using random: inout some RandomNumberGenerator
    ) -> [PublishedClip] {
        let base = UInt32.random(in: 1...UInt32.max - 8, using: &random)
        let sound = audio.map {
            PublishedClip(ssrc: SSRC(base), payloadType: payloadType(of: .opus), clip: $0)
        }
        let picture = PublishedClip(
            ssrc: SSRC(base + 1), payloadType: payloadType(of: video.codec), clip: video)
        return [sound, picture].compactMap(\.self)
    }

    private static func payloadType(of codec: Codec) -> PayloadType {
        codecs.first { $0.value == codec }?.key ?? 127
    }

    /// The session description to send.
    package var offer: String {
        switch role {
        case .viewer(let slots):
            return ClientOffer.receiving(slots: slots, local: local).print()
        case .publisher(let clips):
            let tracks = clips.map {
                ClientOffer.Track(
                    codec: $0.clip.codec, payloadType: $0.payloadType, ssrc: $0.ssrc)
            }
            return ClientOffer.publishing(tracks, local: local).print()
        }
    }

    /// What the thread needs to connect the client.
    /// - Parameter answer: the session description that came back.
    package func order(
        _ id: ClientID, accepting answer: String, startedAt: Instant
    ) throws(AnswerViolation) -> ClientOrder {
        let role: ClientOrder.Role =
            switch role {
            case .viewer: .viewer(codecs: Self.codecs)
            case .publisher(let clips): .publisher(clips)
            }
        return ClientOrder(
            id: id, credentials: local.credentials, answer: try ClientAnswer(reading: answer),
            role: role, startedAt: startedAt)
    }
}

/// Why an answer is of no use.
package enum AnswerViolation: Error, Equatable, Sendable {
    case malformed(SDPViolation)
    case unusable(NegotiationError)
}

extension ClientAnswer {
    init(reading text: String) throws(AnswerViolation) {
        let description: SessionDescription
        do throws(SDPViolation) {
            description = try SessionDescription(parsing: text)
        } catch {
            throw .malformed(error)
        }
        do throws(NegotiationError) {
            self = try ClientAnswer(parsing: description)
        } catch {
            throw .unusable(error)
        }
    }
}
