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
    /// - Parameters:
    ///   - audio: `nil` for a publisher without sound.
    ///   - video: one clip, or those of its simulcast layers, lowest first: at most three; none for a
    ///     publisher without pictures.
    package static func tracks(
        audio: Clip?, video: [Clip], using random: inout some RandomNumberGenerator
    ) -> [PublishedClip] {
        precondition(video.count <= layerNames.count && (audio != nil || !video.isEmpty))
        let base = UInt32.random(in: 1...UInt32.max - 8, using: &random)
        let sound = audio.map {
            PublishedClip(ssrc: SSRC(base), payloadType: payloadType(of: .opus), clip: $0)
        }
        // The picture's section follows that of the sound.
        let mid = audio == nil ? "0" : "1"
        let pictures = video.enumerated().map { index, clip in
            PublishedClip(
                ssrc: SSRC(base + 1 + UInt32(index)), payloadType: payloadType(of: clip.codec),
                clip: clip,
                layer: video.count == 1
                    ? nil : PublishedClip.Layer(rid: layerNames[index], mid: mid))
        }
        return [sound].compactMap(\.self) + pictures
    }

    private static let layerNames = ["q", "h", "f"]

    private static func payloadType(of codec: Codec) -> PayloadType {
        codecs.first { $0.value == codec }?.key ?? 127
    }

    /// The session description to send.
    package var offer: String {
        switch role {
        case .viewer(let slots):
            return ClientOffer.receiving(slots: slots, local: local).print()
        case .publisher(let clips):
            return ClientOffer.publishing(Self.sections(of: clips), local: local).print()
        }
    }

    /// The layers of a picture share one section.
    private static func sections(of clips: [PublishedClip]) -> [ClientOffer.Track] {
        let layers = clips.compactMap(\.layer?.rid)
        return clips.filter { $0.layer == nil || $0.layer?.rid == layers.first }.map {
            ClientOffer.Track(
                codec: $0.clip.codec, payloadType: $0.payloadType, ssrc: $0.ssrc,
                layers: $0.layer == nil ? [] : layers)
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

extension ClientDraft {
    /// The same for a viewer of a server that makes the offers.
    /// - Returns: the answer that it waits for too.
    package func order(
        _ id: ClientID, answering offer: String, startedAt: Instant
    ) throws(AnswerViolation) -> (order: ClientOrder, answer: String) {
        let description = try SessionDescription(reading: offer)
        do throws(NegotiationError) {
            let answerer = try ClientAnswerer(answering: description, local: local)
            let order = ClientOrder(
                id: id, credentials: local.credentials, answer: answerer.remote,
                role: .viewer(codecs: answerer.codecs), startedAt: startedAt)
            return (order, answerer.answer.print())
        } catch {
            throw .unusable(error)
        }
    }
}

/// Why an answer, or an offer, is of no use.
package enum AnswerViolation: Error, Equatable, Sendable {
    case malformed(SDPViolation)
    case unusable(NegotiationError)
}

extension ClientAnswer {
    init(reading text: String) throws(AnswerViolation) {
        let description = try SessionDescription(reading: text)
        do throws(NegotiationError) {
            self = try ClientAnswer(parsing: description)
        } catch {
            throw .unusable(error)
        }
    }
}

extension SessionDescription {
    init(reading text: String) throws(AnswerViolation) {
        do throws(SDPViolation) {
            self = try SessionDescription(parsing: text)
        } catch {
            throw .malformed(error)
        }
    }
}
