package import RTP
internal import SDP

/// A codec of ours as one side's media section numbers it.
package struct NegotiatedFormat: Hashable, Sendable {
    package var codec: Codec
    package var payloadType: UInt8
    package var retransmissionPayloadType: UInt8?
    /// Under which the same comes with redundancy (RFC 2198); only of Opus.
    package var redundancyPayloadType: UInt8?
    /// The side that numbers it would rather have it with redundancy than without.
    package var prefersRedundancy: Bool
    /// `a=fmtp` of the offer, which the answer repeats; empty when there was none.
    package var parameters: String
    /// `a=rtcp-fb` values that both sides know.
    package var feedback: [String]

    package init(
        codec: Codec, payloadType: UInt8, retransmissionPayloadType: UInt8? = nil,
        redundancyPayloadType: UInt8? = nil, prefersRedundancy: Bool = false,
        parameters: String = "", feedback: [String] = []
    ) {
        self.codec = codec
        self.payloadType = payloadType
        self.retransmissionPayloadType = retransmissionPayloadType
        self.redundancyPayloadType = redundancyPayloadType
        self.prefersRedundancy = prefersRedundancy
        self.parameters = parameters
        self.feedback = feedback
    }

    /// The same without redundancy.
    var plain: NegotiatedFormat {
        var format = self
        format.redundancyPayloadType = nil
        format.prefersRedundancy = false
        return format
    }

    /// Its payload types in the order of preference.
    var payloadTypes: [UInt8] {
        let redundancy = redundancyPayloadType.map { [$0] } ?? []
        let media = prefersRedundancy ? redundancy + [payloadType] : [payloadType] + redundancy
        return media + (retransmissionPayloadType.map { [$0] } ?? [])
    }
}

/// FlexFEC as a viewer numbers it (draft-ietf-payload-flexible-fec-scheme-03 §5).
struct OfferedErrorCorrection: Hashable, Sendable {
    var payloadType: UInt8
    var parameters: String
    var feedback: [String]
}

/// What this server can forward.
enum SupportedFormats {
    static func codec(kind: String, encoding: String) -> Codec? {
        switch (kind, encoding.lowercased()) {
        case ("audio", "opus"): .opus
        case ("video", "vp8"): .vp8
        case ("video", "h264"): .h264
        case ("video", "vp9"): .vp9
        case ("video", "av1"): .av1
        default: nil
        }
    }

    /// Whether viewers can be expected to decode a format: of VP9 and AV1 the profile for 8 bits and 4:2:0,
    /// which is what nothing said means (RFC 9628 §6, AV1 RTP specification §7.2.1).
    static func isCommon(_ codec: Codec, parameters: String) -> Bool {
        let parameters = FormatParameters(raw: parameters)
        switch codec {
        case .vp9: return (parameters["profile-id"] ?? "0") == "0"
        case .av1: return (parameters["profile"] ?? "0") == "0"
        case .opus, .vp8, .h264: return true
        }
    }

    static func names(kind: String) -> [String] {
        kind == "audio" ? ["opus"] : ["H264", "VP8", "VP9", "AV1"]
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
        let redundancies = kind == "audio" ? Self.redundancies(among: maps, parameters) : [:]
        return formats.compactMap { format -> NegotiatedFormat? in
            guard let number = UInt8(format), number < 128,
                let map = maps.first(where: { $0.payloadType == number }),
                let codec = SupportedFormats.codec(kind: kind, encoding: map.encoding),
                map.clockRate == codec.clockRate,
                SupportedFormats.isCommon(codec, parameters: parameters[number] ?? "")
            else { return nil }
            let redundancy = redundancies[number].flatMap { redundancy in
                formats.firstIndex(of: String(redundancy)).map { (redundancy, $0) }
            }
            return NegotiatedFormat(
                codec: codec, payloadType: number,
                retransmissionPayloadType: retransmissions[format],
                redundancyPayloadType: redundancy?.0,
                prefersRedundancy: redundancy.map { $0.1 < formats.firstIndex(of: format)! }
                    ?? false,
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

    /// The payload types of Opus with redundancy, by those of their blocks: `a=fmtp` names one for each
    /// block, all of the same here (RFC 2198 §5, with the clock of Opus).
    private static func redundancies(
        among maps: [RTPMap], _ parameters: [UInt8: String]
    ) -> [UInt8: UInt8] {
        var found: [UInt8: UInt8] = [:]
        for map in maps where map.encoding.lowercased() == "red" {
            guard map.clockRate == Codec.opus.clockRate,
                let blocks = parameters[map.payloadType]?.split(
                    separator: "/", omittingEmptySubsequences: false),
                let first = blocks.first, let block = UInt8(first),
                blocks.allSatisfy({ $0 == first }), block != map.payloadType, map.payloadType < 128,
                found[block] == nil
            else { continue }
            found[block] = map.payloadType
        }
        return found
    }

    /// FlexFEC with a clock of video, if the section has it.
    func errorCorrection(feedback wanted: Set<String>) -> OfferedErrorCorrection? {
        let maps = rtpMaps
        let map = maps.first {
            $0.encoding.lowercased() == "flexfec-03" && $0.clockRate == 90_000
                && $0.payloadType < 128 && formats.contains(String($0.payloadType))
        }
        guard kind == "video", let map else { return nil }
        return OfferedErrorCorrection(
            payloadType: map.payloadType, parameters: fmtps[map.payloadType] ?? "",
            feedback: feedback(for: map.payloadType).filter { wanted.contains($0) })
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
