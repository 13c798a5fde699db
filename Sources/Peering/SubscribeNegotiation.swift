package import Forwarding
internal import Primitives
package import RTP
package import SDP

/// The outcome of answering a viewer's offer.
package struct SubscribeNegotiation: Sendable {
    /// A place for one publisher: a sound track, a picture track, or both.
    package struct Slot: Hashable, Sendable {
        package var audio: OutgoingTrack.Configuration?
        package var video: OutgoingTrack.Configuration?

        package init(
            audio: OutgoingTrack.Configuration? = nil, video: OutgoingTrack.Configuration? = nil
        ) {
            self.audio = audio
            self.video = video
        }
    }

    package var answer: SessionDescription
    package var remote: RemoteEndpoint
    /// Slot `n` has the offer's n-th audio and n-th video section.
    package var slots: [Slot]

    private static let extensions: [HeaderExtensionURI] = [
        .audioLevel, .videoOrientation, .absCaptureTime, .transportWideCC01,
    ]

    /// - Parameters:
    ///   - slotLimit: 1 for a subscription to one publisher, 12 for the whole stage. Sections behind
    ///     it are refused.
    ///   - required: the publisher's codecs, for a subscription to one; a section that lacks its
    ///     kind's codec fails the negotiation. Empty for the whole stage.
    ///   - errorCorrection: whether FlexFEC is answered to those who offer it. It is a promise to know its
    ///     SSRC and payload type, not to send any.
    ///   - generator: gives SSRCs.
    package init(
        answering offer: SessionDescription, local: LocalEndpoint, slotLimit: Int,
        required: Set<Codec>, errorCorrection: Bool = true,
        using generator: inout some RandomNumberGenerator
    ) throws(NegotiationError) {
        try offer.checkSize()
        var builder = AnswerBuilder(local: local, offer: offer)
        var slots: [Slot] = []
        var counts = (audio: 0, video: 0)
        var remote: RemoteEndpoint?
        for media in offer.media {
            let direction = media.direction(in: offer)
            let isVideo = media.kind == "video"
            let index = isVideo ? counts.video : counts.audio
            guard isVideo || media.kind == "audio", !media.isRejected, index < slotLimit,
                direction.receives
            else {
                builder.reject(media)
                continue
            }
            try media.checkTransport(in: offer)
            if remote == nil { remote = try RemoteEndpoint(media, in: offer) }
            let formats = try Self.formats(of: media, required: required)
            let correction =
                errorCorrection ? media.errorCorrection(feedback: SupportedFormats.feedback) : nil
            let track = OutgoingTrack.Configuration(
                media, formats: formats, correction, slot: index,
                allowsMixed: offer.allowsMixedExtensions, using: &generator)
            if slots.count <= index { slots.append(Slot()) }
            if isVideo {
                slots[index].video = track
                counts.video += 1
            } else {
                slots[index].audio = track
                counts.audio += 1
            }
            builder.accept(
                media, formats: formats, errorCorrection: correction, direction: "sendonly",
                extensions: Self.extensions
                    + (track.extensions.dependencyDescriptor == 0 ? [] : [.dependencyDescriptor])
            ) { Self.describe(track, slot: index, in: &$0) }
        }
        guard let remote, !slots.isEmpty else {
            throw .unusable("the offer receives nothing: offer recvonly audio or video")
        }
        self.answer = builder.answer()
        self.remote = remote
        self.slots = slots
    }

    private static func formats(
        of media: MediaDescription, required: Set<Codec>
    ) throws(NegotiationError) -> [NegotiatedFormat] {
        let formats = MediaDescription.onePerCodec(
            media.supportedFormats(feedback: SupportedFormats.feedback))
        let isVideo = media.kind == "video"
        let needed = required.filter { $0.isVideo == isVideo }
        let missing = !needed.isSubset(of: formats.map(\.codec))
        guard !formats.isEmpty, !missing else {
            throw .noCommonCodec(
                offered: media.rtpMaps.map(\.encoding),
                supported: needed.isEmpty
                    ? SupportedFormats.names(kind: media.kind) : needed.map(\.rawValue))
        }
        return formats
    }

    /// SSRCs stand in the answer so that clients that do not use the MID extension find the section
    /// (RFC 5576); sound and picture of a slot share a MediaStream, which keeps them in sync.
    private static func describe(
        _ track: OutgoingTrack.Configuration, slot: Int, in section: inout MediaDescription
    ) {
        let stream = "slot-\(slot)"
        let kind = track.isVideo ? "video" : "audio"
        section.add(Attribute(name: "msid", value: "\(stream) \(stream)-\(kind)"))
        var sources = [track.ssrc]
        for (group, companion) in [
            ("FID", track.retransmissionSSRC), ("FEC-FR", track.errorCorrection?.ssrc),
        ] {
            guard let companion else { continue }
            sources.append(companion)
            section.add(
                Attribute(
                    name: "ssrc-group",
                    value: "\(group) \(track.ssrc.rawValue) \(companion.rawValue)"))
        }
        for source in sources {
            section.add(
                Attribute(name: "ssrc", value: "\(source.rawValue) cname:\(stream)"))
            section.add(
                Attribute(
                    name: "ssrc",
                    value: "\(source.rawValue) msid:\(stream) \(stream)-\(kind)"))
        }
    }
}

extension OutgoingTrack.Configuration {
    init(
        _ media: MediaDescription, formats: [NegotiatedFormat],
        _ correction: OfferedErrorCorrection?, slot: Int, allowsMixed: Bool,
        using generator: inout some RandomNumberGenerator
    ) {
        func randomSSRC() -> SSRC {
            SSRC(UInt32.random(in: 1...UInt32.max, using: &generator))
        }
        let hasRetransmission = formats.contains { $0.retransmissionPayloadType != nil }
        self.init(
            mid: media.mid ?? String(slot), isVideo: media.kind == "video", ssrc: randomSSRC(),
            retransmissionSSRC: hasRetransmission ? randomSSRC() : nil,
            formats: formats.map {
                OutgoingTrack.Format(
                    codec: $0.codec, payloadType: $0.payloadType,
                    retransmissionPayloadType: $0.retransmissionPayloadType,
                    redundancyPayloadType: $0.redundancyPayloadType)
            },
            extensions: ForwardedExtensionIDs(
                media,
                describesLayers: allowsMixed && formats.contains { $0.codec == .av1 }),
            extensionForms: allowsMixed ? .mixed : .oneByte,
            transportSequence: Self.speaksTransportWide(formats)
                ? media.extensionID(.transportWideCC01) : 0,
            hasReceiverEstimate: formats.contains { $0.feedback.contains("goog-remb") },
            errorCorrection: correction.map {
                OutgoingTrack.ErrorCorrection(payloadType: $0.payloadType, ssrc: randomSSRC())
            })
    }

    private static func speaksTransportWide(_ formats: [NegotiatedFormat]) -> Bool {
        formats.contains { $0.feedback.contains("transport-cc") }
    }
}
