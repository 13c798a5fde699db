import ICE
import MediaSecurity
import Peering
import Primitives
import RTP
import SDP
import Testing

@Suite struct ClientAnswererTests {
    /// As Janus writes it for a feed with sound, picture and a data channel.
    private static let offer = """
        v=0
        o=- 1 1 IN IP4 10.0.0.1
        s=-
        t=0 0
        a=group:BUNDLE 0 1 2
        a=ice-lite
        m=audio 9 UDP/TLS/RTP/SAVPF 111
        c=IN IP4 10.0.0.1
        a=sendonly
        a=mid:0
        a=rtcp-mux
        a=ice-ufrag:abcd
        a=ice-pwd:0123456789012345678901
        a=fingerprint:sha-256 \(
            Array(repeating: "AB", count: 32).joined(separator: ":"))
        a=setup:actpass
        a=rtpmap:111 opus/48000/2
        a=candidate:1 1 udp 2015363327 10.0.0.1 40000 typ host
        m=video 9 UDP/TLS/RTP/SAVPF 96 97
        c=IN IP4 10.0.0.1
        a=sendonly
        a=mid:1
        a=rtcp-mux
        a=ice-ufrag:abcd
        a=ice-pwd:0123456789012345678901
        a=fingerprint:sha-256 \(
            Array(repeating: "AB", count: 32).joined(separator: ":"))
        a=setup:actpass
        a=rtpmap:96 VP8/90000
        a=rtcp-fb:96 nack
        a=rtcp-fb:96 nack pli
        a=rtcp-fb:96 goog-remb
        a=rtpmap:97 rtx/90000
        a=fmtp:97 apt=96
        m=application 9 UDP/DTLS/SCTP webrtc-datachannel
        c=IN IP4 10.0.0.1
        a=sendrecv
        a=mid:2
        a=ice-ufrag:abcd
        a=ice-pwd:0123456789012345678901
        a=setup:actpass
        """

    private func answerer(_ offer: String = offer) throws -> ClientAnswerer {
        var random = SeededGenerator(seed: 1)
        let local = LocalEndpoint(
            credentials: .random(using: &random),
            fingerprint: try Certificate.generate().fingerprint, candidates: [], sessionID: 7)
        return try ClientAnswerer(
            answering: try SessionDescription(parsing: offer), local: local)
    }

    @Test func soundAndPictureAreTaken() throws {
        let answerer = try answerer()
        #expect(answerer.codecs == [111: .opus, 96: .vp8])
        #expect(answerer.remote.candidates == [TransportAddress(host: "10.0.0.1", port: 40_000)])
        #expect(answerer.remote.credentials.ufrag == "abcd")
        #expect(answerer.remote.role == .client)
        let answer = answerer.answer
        #expect(answer.bundle == ["0", "1"])
        #expect(!answer.isICELite)
        #expect(answer.media.map(\.port) == [9, 9, 0])
        #expect(answer.media[1].formats == ["96"])
        #expect(answer.media[1].feedback(for: 96) == ["nack", "nack pli"])
        for media in answer.media.prefix(2) {
            #expect(media.setup(in: answer) == .active)
            #expect(media.has("recvonly"))
        }
    }

    @Test func anOfferOfNothingIsRefused() {
        let offer = Self.offer.replacing("a=sendonly", with: "a=inactive")
        #expect(throws: NegotiationError.self) { try answerer(offer) }
    }

    @Test func aServerThatWantsToBeTheDTLSClientMayBe() throws {
        let answer = Self.offer.replacing("a=setup:actpass", with: "a=setup:active")
        let read = try ClientAnswer(parsing: try SessionDescription(parsing: answer))
        #expect(read.role == .server)
    }
}
