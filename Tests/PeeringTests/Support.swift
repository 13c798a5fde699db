import Foundation
import ICE
import MediaSecurity
import Peering
import Primitives
import SDP
import Testing

/// Offers as clients made them (see Tests/Vectors/SDP), and an endpoint to answer them with.
enum Offers {
    static let published = [
        "chromium-whip-simulcast", "chromium-whip-data", "firefox-whip-max-bundle",
        "aiortc-whip",
    ]
    static let subscribed = ["chromium-whep-recvonly", "firefox-whep-recvonly", "aiortc-whep"]

    static func text(_ name: String) throws -> String {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Vectors/SDP/\(name).sdp").standardizedFileURL
        return try String(contentsOf: file, encoding: .utf8)
    }

    static func read(_ name: String) throws -> SessionDescription {
        try SessionDescription(parsing: try text(name))
    }

    /// A small offer that is good until `change` makes it bad.
    static func plain(_ change: (String) -> String = { $0 }) throws -> SessionDescription {
        let transport = """
            a=ice-ufrag:abcd
            a=ice-pwd:abcdefghijklmnopqrstuv
            a=fingerprint:sha-256 \(Array(repeating: "AB", count: 32).joined(separator: ":"))
            a=setup:actpass
            a=sendonly
            a=rtcp-mux
            """
        let text = """
            v=0
            o=- 1 2 IN IP4 127.0.0.1
            s=-
            t=0 0
            a=group:BUNDLE 0 1
            m=audio 9 UDP/TLS/RTP/SAVPF 111
            a=mid:0
            \(transport)
            a=rtpmap:111 opus/48000/2
            m=video 9 UDP/TLS/RTP/SAVPF 100 102
            a=mid:1
            \(transport)
            a=rtpmap:100 H264/90000
            a=fmtp:100 packetization-mode=0;profile-level-id=42e01f
            a=rtpmap:102 H264/90000
            a=fmtp:102 packetization-mode=1;profile-level-id=42e01f

            """
        return try SessionDescription(parsing: change(text))
    }

    static var local: LocalEndpoint {
        var random = SeededGenerator(seed: 1)
        let digest = Array(repeating: "CD", count: 32).joined(separator: ":")
        return LocalEndpoint(
            credentials: .random(using: &random),
            fingerprint: Fingerprint(sdpValue: "sha-256 \(digest)")!,
            candidates: [
                TransportAddress(ipv4: 0xC000_0201, port: 7701),
                TransportAddress(host: "2001:db8::1", port: 7701)!,
            ], sessionID: 42)
    }

    static func publish(_ name: String) throws -> PublishNegotiation {
        try PublishNegotiation(answering: try read(name), local: local)
    }

    static func subscribe(
        _ offer: SessionDescription, slots: Int = 1
    ) throws -> SubscribeNegotiation {
        var random = SeededGenerator(seed: 2)
        return try SubscribeNegotiation(
            answering: offer, local: local, slotLimit: slots, required: [], using: &random)
    }
}

extension SessionDescription {
    /// The sections that are not refused.
    var accepted: [MediaDescription] { media.filter { $0.port != 0 } }
}
