package import RTP
package import SDP

/// The offers that our own clients make: synthetic hosts, the benchmark, simulations.
package enum ClientOffer {
    /// A track to publish.
    package struct Track: Hashable, Sendable {
        package var codec: Codec
        package var payloadType: UInt8
        package var ssrc: SSRC
        /// The names of the simulcast layers (RFC 8853), lowest first; empty for a single stream. With
        /// them packets bear ``midExtension`` and ``ridExtension``, and the SSRC is not told.
        package var layers: [String]

        package init(codec: Codec, payloadType: UInt8, ssrc: SSRC, layers: [String] = []) {
            self.codec = codec
            self.payloadType = payloadType
            self.ssrc = ssrc
            self.layers = layers
        }
    }

    /// The ids of the header extensions of layers.
    package static let midExtension: UInt8 = 1
    package static let ridExtension: UInt8 = 2

    /// Offers to send `tracks`, one media section each, without RTX, and without header
    /// extensions but those of layers.
    package static func publishing(_ tracks: [Track], local: LocalEndpoint) -> SessionDescription {
        offer(local: local, sections: tracks.map { ($0, "sendonly") })
    }

    /// Offers to receive `audio` and `video` sections in turn, with every codec that is forwarded.
    package static func receiving(slots: Int, local: LocalEndpoint) -> SessionDescription {
        let unused = SSRC(0)
        let pair: [(Track, String)] = [
            (Track(codec: .opus, payloadType: 111, ssrc: unused), "recvonly"),
            (Track(codec: .h264, payloadType: 102, ssrc: unused), "recvonly"),
        ]
        return offer(local: local, sections: Array(repeating: pair, count: slots).flatMap { $0 })
    }

    private static func offer(
        local: LocalEndpoint, sections: [(track: Track, direction: String)]
    ) -> SessionDescription {
        let media = sections.enumerated().map { index, section in
            self.section(
                section.track, mid: String(index), direction: section.direction, local: local)
        }
        let bundle = sections.indices.map { String($0) }.joined(separator: " ")
        return SessionDescription(
            originID: local.sessionID, sessionVersion: 1,
            attributes: [Attribute(name: "group", value: "BUNDLE \(bundle)")], media: media)
    }

    private static func section(
        _ track: Track, mid: String, direction: String, local: LocalEndpoint
    ) -> MediaDescription {
        var formats = formats(of: track)
        // A receiver takes either kind of video.
        if direction == "recvonly", track.codec.isVideo {
            formats += self.formats(of: Track(codec: .vp8, payloadType: 96, ssrc: track.ssrc))
        }
        var section = MediaDescription(
            kind: track.codec.isVideo ? "video" : "audio", port: 9, proto: "UDP/TLS/RTP/SAVPF",
            formats: formats.filter { $0.name == "rtpmap" }.compactMap {
                $0.value?.split(separator: " ").first.map(String.init)
            })
        section.add(Attribute(name: "mid", value: mid))
        for attribute in local.credentialAttributes { section.add(attribute) }
        section.add(local.fingerprintAttribute)
        section.add(Attribute(name: "setup", value: "actpass"))
        section.add(Attribute(name: direction, value: nil))
        section.add(Attribute(name: "rtcp-mux", value: nil))
        for format in formats { section.add(format) }
        if !track.layers.isEmpty {
            for attribute in simulcast(track.layers) { section.add(attribute) }
        } else if direction == "sendonly" {
            section.add(
                Attribute(name: "ssrc", value: "\(track.ssrc.rawValue) cname:synthetic"))
        }
        return section
    }

    private static func simulcast(_ layers: [String]) -> [Attribute] {
        [
            Attribute(
                name: "extmap", value: "\(midExtension) \(HeaderExtensionURI.mid.rawValue)"),
            Attribute(
                name: "extmap", value: "\(ridExtension) \(HeaderExtensionURI.rid.rawValue)"),
        ] + layers.map { Attribute(name: "rid", value: "\($0) send") } + [
            Attribute(name: "simulcast", value: "send \(layers.joined(separator: ";"))")
        ]
    }

    private static func formats(of track: Track) -> [Attribute] {
        let number = track.payloadType
        let map = Attribute(name: "rtpmap", value: "\(number) \(track.codec.encoding)")
        switch track.codec {
        case .opus:
            return [map, Attribute(name: "fmtp", value: "\(number) minptime=10;useinbandfec=1")]
        case .vp8, .vp9, .av1:
            return [map] + feedback(number)
        case .h264:
            return [
                map,
                Attribute(
                    name: "fmtp",
                    value: "\(number) level-asymmetry-allowed=1;packetization-mode=1;"
                        + "profile-level-id=42e01f"),
            ] + feedback(number)
        }
    }

    private static func feedback(_ number: UInt8) -> [Attribute] {
        ["nack", "nack pli"].map { Attribute(name: "rtcp-fb", value: "\(number) \($0)") }
    }
}
