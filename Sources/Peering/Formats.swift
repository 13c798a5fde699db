package import RTP
internal import SDP

/// A codec of ours as one side's media section numbers it.
package struct NegotiatedFormat: Hashable, Sendable {
    package var codec: Codec
    package var payloadType: UInt8
    package var retransmissionPayloadType: UInt8?
    /// `a=fmtp` of the offer, which the answer repeats; empty when there was none.
    package var parameters: String
    /// `a=rtcp-fb` values that both sides know.
    package var feedback: [String]

    package init(
        codec: Codec, payloadType: UInt8, retransmissionPayloadType: UInt8? = nil,
        parameters: String = "", feedback: [String] = []
    ) {
        self.codec = codec
        self.payloadType = payloadType
        self.retransmissionPayloadType = retransmissionPayloadType
        self.parameters = parameters
        self.feedback = feedback
    }
}

/// What this server can forward.
enum SupportedFormats {
    static func codec(kind: String, encoding: String) -> Codec? {
        switch (kind, encoding.lowercased()) {
        case ("audio", "opus"): .opus
        case ("video", "vp8"): .vp8
        case ("video", "h264"): .h264
        default: nil
        }
    }

    static func names(kind: String) -> [String] {
        kind == "audio" ? ["opus"] : ["H264", "VP8"]
    }

    static let feedback: Set<String> = [
        "nack", "nack pli", "ccm fir", "transport-cc", "goog-remb",
    ]
}

extension MediaDescription {
    /// The formats of this section that we can forward, in the offer's order of preference.
    /// - Parameter feedback: the feedback kinds that this side wants, of ``SupportedFormats/feedback``.
    func supportedFormats(feedback wanted: Set<String>) -> [NegotiatedFormat] {
        let (maps, parameters) = (rtpMaps, fmtps)
        let retransmissions = Self.retransmissions(among: maps, parameters)
        return formats.compactMap { format -> NegotiatedFormat? in
            guard let number = UInt8(format), number < 128,
                let map = maps.first(where: { $0.payloadType == number }),
                let codec = SupportedFormats.codec(kind: kind, encoding: map.encoding),
                map.clockRate == codec.clockRate
            else { return nil }
            return NegotiatedFormat(
                codec: codec, payloadType: number,
                retransmissionPayloadType: retransmissions[format],
                parameters: parameters[number] ?? "",
                feedback: self.feedback(for: number).filter { wanted.contains($0) })
        }
    }

    /// The payload types that retransmit others, by those as they are written (RFC 4588 §8.6).
    private static func retransmissions(
        among maps: [RTPMap], _ parameters: [UInt8: String]
    ) -> [String: UInt8] {
        var found: [String: UInt8] = [:]
        for map in maps where map.encoding.lowercased() == "rtx" {
            guard let raw = parameters[map.payloadType],
                let original = FormatParameters(raw: raw)["apt"], found[original] == nil
            else { continue }
            found[original] = map.payloadType
        }
        return found
    }

    /// One format per codec: for H.264 one with packetization mode 1 is taken before one without,
    /// because every encoder that fragments needs it (RFC 6184 §6.2, §6.3).
    static func onePerCodec(_ formats: [NegotiatedFormat]) -> [NegotiatedFormat] {
        var chosen: [NegotiatedFormat] = []
        for format in formats {
            guard let index = chosen.firstIndex(where: { $0.codec == format.codec }) else {
                chosen.append(format)
                continue
            }
            let isBetter =
                format.codec == .h264 && format.parameters.contains("packetization-mode=1")
                && !chosen[index].parameters.contains("packetization-mode=1")
            if isBetter { chosen[index] = format }
        }
        return chosen
    }

    /// The id under which the offer has a header extension; 0 when it does not, or when the id does
    /// not fit the one-byte form (RFC 8285 §4.2).
    func extensionID(_ uri: HeaderExtensionURI) -> UInt8 {
        let map = extmaps.first { $0.uri == uri.rawValue }
        guard let map, (1...14).contains(map.id) else { return 0 }
        return map.id
    }
}
