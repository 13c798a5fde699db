package import Forwarding
package import RTP
package import SDP

/// A track that a host offered and we take.
package struct PublishedTrack: Hashable, Sendable {
    package var mid: String
    package var isVideo: Bool
    package var format: NegotiatedFormat
    /// The simulcast layers' names in the offer's order; empty for a single stream.
    package var rids: [String]
    /// SSRCs that the offer names for the media itself (RFC 5576); usually empty with rids.
    package var declaredSources: [SSRC]
    /// The RTX companion of a declared source (`a=ssrc-group:FID`).
    package var declaredRetransmissions: [SSRC: SSRC]
    package var extensions: PublishExtensions

    package init(
        mid: String, isVideo: Bool, format: NegotiatedFormat, rids: [String] = [],
        declaredSources: [SSRC] = [], declaredRetransmissions: [SSRC: SSRC] = [:],
        extensions: PublishExtensions = PublishExtensions()
    ) {
        self.mid = mid
        self.isVideo = isVideo
        self.format = format
        self.rids = rids
        self.declaredSources = declaredSources
        self.declaredRetransmissions = declaredRetransmissions
        self.extensions = extensions
    }
}

/// Header-extension ids on a host's side; 0 where not negotiated.
package struct PublishExtensions: Hashable, Sendable {
    package var mid: UInt8 = 0
    package var rid: UInt8 = 0
    package var repairedRid: UInt8 = 0
    package var transportSequence: UInt8 = 0
    package var forwarded = ForwardedExtensionIDs()

    package init() {}

    init(_ media: MediaDescription, describesLayers: Bool) {
        mid = media.extensionID(.mid)
        rid = media.extensionID(.rid)
        repairedRid = media.extensionID(.repairedRid)
        transportSequence = media.extensionID(.transportWideCC01)
        forwarded = ForwardedExtensionIDs(media, describesLayers: describesLayers)
    }
}

extension ForwardedExtensionIDs {
    /// - Parameter describesLayers: whether dependency descriptors are of use, and can be sent.
    init(_ media: MediaDescription, describesLayers: Bool) {
        self.init(
            audioLevel: media.extensionID(.audioLevel),
            videoOrientation: media.extensionID(.videoOrientation),
            absCaptureTime: media.extensionID(.absCaptureTime),
            dependencyDescriptor: describesLayers ? media.extensionID(.dependencyDescriptor) : 0)
    }
}

/// The outcome of answering a host's offer (RFC 9725).
package struct PublishNegotiation: Sendable {
    package var answer: SessionDescription
    package var remote: RemoteEndpoint
    package var tracks: [PublishedTrack]

    private static let extensions: [HeaderExtensionURI] = [
        .mid, .rid, .repairedRid, .transportWideCC01, .audioLevel, .videoOrientation,
        .absCaptureTime,
    ]

    /// Takes the first audio and the first video section that send; a second of a kind is refused,
    /// as is everything that is neither (RFC 9725 §4.4.1: one MediaStream).
    ///
    /// - Parameter takesRedundancy: whether Opus may come with redundancy (RFC 2198), from hosts that
    ///   would rather send it so. Where a host's offer has Opus alone first, that is what is answered.
    package init(
        answering offer: SessionDescription, local: LocalEndpoint, takesRedundancy: Bool = false
    ) throws(NegotiationError) {
        try offer.checkSize()
        var builder = AnswerBuilder(local: local, offer: offer)
        var tracks: [PublishedTrack] = []
        var remote: RemoteEndpoint?
        for media in offer.media {
            let direction = media.direction(in: offer)
            guard media.kind == "audio" || media.kind == "video", !media.isRejected,
                direction.sends,
                !tracks.contains(where: { $0.isVideo == (media.kind == "video") })
            else {
                builder.reject(media)
                continue
            }
            try media.checkTransport(in: offer)
            if remote == nil { remote = try RemoteEndpoint(media, in: offer) }
            var track = try PublishedTrack(media, allowsMixed: offer.allowsMixedExtensions)
            if !takesRedundancy || !track.format.prefersRedundancy {
                track.format = track.format.plain
            }
            tracks.append(track)
            let rids = track.rids
            let describesLayers = track.extensions.forwarded.dependencyDescriptor != 0
            builder.accept(
                media, formats: [track.format], direction: "recvonly",
                extensions: Self.extensions + (describesLayers ? [.dependencyDescriptor] : [])
            ) { section in
                guard !rids.isEmpty else { return }
                for rid in rids { section.add(Attribute(name: "rid", value: "\(rid) recv")) }
                section.add(
                    Attribute(name: "simulcast", value: "recv \(rids.joined(separator: ";"))"))
            }
        }
        guard let remote, !tracks.isEmpty else {
            throw .unusable("the offer sends nothing: offer sendonly audio or video")
        }
        self.answer = builder.answer()
        self.remote = remote
        self.tracks = tracks
    }
}

extension PublishedTrack {
    /// Reads an offered section. One codec is answered, the first that we can forward, so that a
    /// host never changes codec under way.
    ///
    /// - Parameter allowsMixed: whether header extensions may be of either form: a dependency descriptor
    ///   with a structure takes the longer one.
    init(_ media: MediaDescription, allowsMixed: Bool) throws(NegotiationError) {
        let formats = MediaDescription.onePerCodec(
            media.supportedFormats(feedback: SupportedFormats.feedback))
        guard let format = formats.first else {
            throw .noCommonCodec(
                offered: media.rtpMaps.map(\.encoding),
                supported: SupportedFormats.names(kind: media.kind))
        }
        let rids = media.simulcastSend
        guard rids.count <= Limits.simulcastLayers else {
            throw .unusable("\(rids.count) simulcast layers; send at most 3")
        }
        let groups = media.ssrcGroups.filter { $0.semantics == "FID" && $0.ssrcs.count == 2 }
        let retransmissions = Dictionary(
            groups.map { (SSRC($0.ssrcs[0]), SSRC($0.ssrcs[1])) },
            uniquingKeysWith: { first, _ in first })
        var sources: [SSRC] = []
        for line in media.ssrcs {
            let ssrc = SSRC(line.ssrc)
            if !sources.contains(ssrc), !retransmissions.values.contains(ssrc),
                sources.count < Limits.simulcastLayers
            {
                sources.append(ssrc)
            }
        }
        self.init(
            mid: media.mid ?? "", isVideo: media.kind == "video", format: format, rids: rids,
            declaredSources: sources, declaredRetransmissions: retransmissions,
            // The others tell their layers in the payload, or have none.
            extensions: PublishExtensions(
                media, describesLayers: allowsMixed && format.codec == .av1))
    }
}

extension MediaDescription {
    /// Everything of a peer runs over one 5-tuple (RFC 9725 §4.4.2): one bundle, RTCP with it.
    func checkTransport(in offer: SessionDescription) throws(NegotiationError) {
        guard offer.media.count == 1 || offer.bundle.contains(mid ?? "") else {
            throw .unusable("the \(kind) section is not in a=group:BUNDLE: offer one bundle")
        }
        guard has("rtcp-mux") || has("bundle-only") else {
            throw .unusable("the \(kind) section has no a=rtcp-mux: offer it")
        }
    }
}

extension SessionDescription {
    func checkSize() throws(NegotiationError) {
        guard !media.isEmpty else { throw .unusable("the offer has no media section") }
        guard media.count <= Limits.mediaSections else {
            throw .unusable("\(media.count) media sections; offer at most \(Limits.mediaSections)")
        }
    }
}
