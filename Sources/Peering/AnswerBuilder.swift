internal import RTP
internal import SDP

/// Puts an answer together, section by section, in the offer's order (RFC 3264 §6).
struct AnswerBuilder {
    /// Whose answer it is: a server is ICE-lite and waits for the DTLS client, a client is that one.
    enum Side { case server, client }

    let local: LocalEndpoint
    let offer: SessionDescription
    let side: Side
    private(set) var sections: [MediaDescription] = []
    private var bundled: [String] = []

    init(local: LocalEndpoint, offer: SessionDescription, side: Side = .server) {
        self.local = local
        self.side = side
        self.offer = offer
    }

    /// Refuses a section: port 0, and not in the bundle (RFC 3264 §6, RFC 9143 §7.3.3).
    mutating func reject(_ media: MediaDescription) {
        var section = MediaDescription(
            kind: media.kind, port: 0, proto: media.proto,
            formats: media.formats.isEmpty ? ["0"] : media.formats)
        if let mid = media.mid { section.add(Attribute(name: "mid", value: mid)) }
        section.add(Attribute(name: "inactive", value: nil))
        sections.append(section)
    }

    /// Accepts a section with these formats, and lets `describe` add what is particular.
    mutating func accept(
        _ media: MediaDescription, formats: [NegotiatedFormat],
        errorCorrection: OfferedErrorCorrection? = nil, direction: String,
        extensions: [HeaderExtensionURI], describe: (inout MediaDescription) -> Void
    ) {
        let numbers =
            formats.flatMap(\.payloadTypes) + (errorCorrection.map { [$0.payloadType] } ?? [])
        var section = MediaDescription(
            kind: media.kind, port: 9, proto: media.proto, formats: numbers.map { String($0) })
        if let mid = media.mid {
            section.add(Attribute(name: "mid", value: mid))
            bundled.append(mid)
        }
        for attribute in local.iceAttributes { section.add(attribute) }
        section.add(local.fingerprintAttribute)
        section.add(Attribute(name: "setup", value: side == .server ? "passive" : "active"))
        section.add(Attribute(name: direction, value: nil))
        section.add(Attribute(name: "rtcp-mux", value: nil))
        section.add(Attribute(name: "rtcp-rsize", value: nil))
        for uri in extensions {
            let id = media.extensionID(uri)
            guard id != 0 else { continue }
            section.add(Attribute(name: "extmap", value: "\(id) \(uri.rawValue)"))
        }
        for format in formats { Self.add(format, to: &section) }
        if let errorCorrection { Self.add(errorCorrection, to: &section) }
        describe(&section)
        sections.append(section)
    }

    private static func add(_ format: NegotiatedFormat, to section: inout MediaDescription) {
        let number = format.payloadType
        section.add(Attribute(name: "rtpmap", value: "\(number) \(format.codec.encoding)"))
        if !format.parameters.isEmpty {
            section.add(Attribute(name: "fmtp", value: "\(number) \(format.parameters)"))
        }
        for feedback in format.feedback {
            section.add(Attribute(name: "rtcp-fb", value: "\(number) \(feedback)"))
        }
        if let redundancy = format.redundancyPayloadType {
            section.add(Attribute(name: "rtpmap", value: "\(redundancy) red/48000/2"))
            section.add(Attribute(name: "fmtp", value: "\(redundancy) \(number)/\(number)"))
        }
        if let retransmission = format.retransmissionPayloadType {
            section.add(Attribute(name: "rtpmap", value: "\(retransmission) rtx/90000"))
            section.add(Attribute(name: "fmtp", value: "\(retransmission) apt=\(number)"))
        }
    }

    private static func add(
        _ correction: OfferedErrorCorrection, to section: inout MediaDescription
    ) {
        let number = correction.payloadType
        section.add(Attribute(name: "rtpmap", value: "\(number) flexfec-03/90000"))
        if !correction.parameters.isEmpty {
            section.add(Attribute(name: "fmtp", value: "\(number) \(correction.parameters)"))
        }
        for feedback in correction.feedback {
            section.add(Attribute(name: "rtcp-fb", value: "\(number) \(feedback)"))
        }
    }

    /// The whole answer.
    func answer() -> SessionDescription {
        var attributes = side == .server ? [Attribute(name: "ice-lite", value: nil)] : []
        // What was not offered cannot be answered: a single section needs no bundle.
        if !offer.bundle.isEmpty {
            attributes.append(
                Attribute(
                    name: "group", value: (["BUNDLE"] + bundled).joined(separator: " ")))
        }
        attributes.append(Attribute(name: "msid-semantic", value: " WMS *"))
        if offer.allowsMixedExtensions {
            attributes.append(Attribute(name: "extmap-allow-mixed", value: nil))
        }
        return SessionDescription(
            originID: local.sessionID, sessionVersion: 1, attributes: attributes,
            media: sections)
    }
}

extension Codec {
    /// As `a=rtpmap` says it.
    var encoding: String {
        "\(rawValue)/\(clockRate)\(self == .opus ? "/2" : "")"
    }
}

extension SessionDescription {
    /// Whether header extensions may be of either form, from packet to packet (RFC 8285 §6). It is
    /// answered for all sections, or not.
    var allowsMixedExtensions: Bool { attributes.contains { $0.name == "extmap-allow-mixed" } }
}
