import SDP
import Testing

@Suite("Media sections of real clients")
struct RealMediaTests {
    @Test("Chromium's simulcast offer")
    func chromiumSimulcast() throws {
        let session = try Vector.session("chromium-whip-simulcast")
        let (audio, video) = (session.media[0], session.media[1])
        #expect(audio.kind == "audio" && audio.proto == "UDP/TLS/RTP/SAVPF" && audio.mid == "0")
        #expect(video.port == 9 && video.connection == "IN IP4 0.0.0.0" && !video.isRejected)
        #expect(video.direction == .sendonly && video.rtcpMux && video.rtcpReducedSize)
        #expect(video.iceUfrag == "DXrf" && video.icePwd == "xv+HJKjM+xVQUcGIUdYcTR8W")
        #expect(video.setup == .actpass && video.fingerprints.first?.hash == "sha-256")
        #expect(video.simulcastSend == ["q", "h", "f"] && video.simulcastReceive.isEmpty)
        #expect(video.rids.map(\.id) == ["q", "h", "f"])
        #expect(video.rids.allSatisfy { $0.direction == .sendonly && $0.restrictions.isEmpty })
        #expect(
            audio.rtpMap(for: 111)
                == RTPMap(payloadType: 111, encoding: "opus", clockRate: 48_000, channels: 2))
        #expect(audio.rtpMap(for: 9)?.channels == 1 && audio.rtpMap(for: 12) == nil)
        #expect(audio.fmtp(for: 111)?["useinbandfec"] == "1")
        #expect(audio.fmtp(for: 63)?.raw == "111/111")
        #expect(video.payloadTypes.prefix(3) == [96, 97, 102])
        #expect(video.retransmission(of: 96) == 97 && video.retransmission(of: 97) == nil)
        #expect(video.fmtp(for: 108)?["Profile-Level-ID"] == "42e01f")
        #expect(
            video.feedback(for: 96)
                == ["goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"])
        #expect(video.feedback(for: 97).isEmpty)
        #expect(
            video.extmaps.contains(
                ExtensionMap(id: 10, uri: "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id")))
        #expect(audio.candidates.count == 2 && !audio.endOfCandidates)
        #expect(audio.candidates[0].port == 42534 && audio.candidates[0].transport == "udp")
        #expect(audio.ssrcs.map(\.attribute) == ["cname", "msid"])
        #expect(audio.msid?.words.count == 2)
    }

    @Test("Firefox's simulcast offer")
    func firefoxSimulcast() throws {
        let session = try Vector.session("firefox-whip-simulcast")
        let video = session.media[1]
        #expect(video.fingerprints.isEmpty && video.fingerprints(in: session).count == 1)
        #expect(video.simulcastSend == ["f", "h", "q"])
        #expect(video.direction(in: session) == .sendonly && session.ownDirection == .sendrecv)
        #expect(video.extmaps.first { $0.id == 9 }?.direction == .sendonly)
        #expect(video.extmaps.first { $0.id == 6 }?.direction == .recvonly)
        #expect(video.ssrcGroups.count == 3)
        #expect(
            video.ssrcGroups[0]
                == SourceGroup(semantics: "FID", ssrcs: [3_725_702_445, 1_112_245_202]))
        #expect(video.candidates.count == 8 && video.endOfCandidates)
        #expect(
            video.candidates.filter { $0.transport == "tcp" }.allSatisfy {
                $0.tcpType == "active" && $0.port == 9
            })
        #expect(video.retransmission(of: 120) == 124)
    }

    @Test("Firefox's sections that are only bundled have port 0, and are not rejected")
    func bundleOnly() throws {
        let session = try Vector.session("firefox-whip-max-bundle")
        #expect(session.media[1].port == 0 && !session.media[1].isRejected)
        #expect(session.media[1].direction == .sendonly && session.bundle == ["0", "1"])
    }

    @Test("what OBS says of the session holds for its sections")
    func sessionLevel() throws {
        let session = try Vector.session("obs-whip")
        let audio = session.media[0]
        #expect(audio.iceUfrag == nil && audio.iceUfrag(in: session) == "Zx4K")
        #expect(audio.icePwd(in: session) == "pQ7vB2nY0sLw8fJdKt3HrM")
        #expect(audio.setup == nil && audio.setup(in: session) == .actpass)
        // Compared in upper case, whatever was written.
        #expect(audio.fingerprints(in: session).first?.value.hasPrefix("54:3A:51:0C") == true)
        #expect(session.media[1].feedback(for: 96) == ["nack", "nack pli", "goog-remb"])
    }

    @Test("FFmpeg's and aiortc's offers")
    func others() throws {
        let ffmpeg = try Vector.session("ffmpeg-whip")
        #expect(ffmpeg.media[0].setup == .passive && ffmpeg.media[0].extmaps.isEmpty)
        #expect(ffmpeg.media[1].fmtp(for: 106)?["packetization-mode"] == "1")
        #expect(ffmpeg.media[1].ssrcs.first?.value == "FFmpeg")
        let aiortc = try Vector.session("aiortc-whip")
        #expect(aiortc.media[0].fingerprints.map(\.hash) == ["sha-256", "sha-384", "sha-512"])
        #expect(aiortc.media[1].ssrcGroups.first?.semantics == "FID")
        #expect(aiortc.media[1].endOfCandidates)
    }

    @Test("a data channel section has no payload types")
    func dataChannel() throws {
        let session = try Vector.session("chromium-whep-slots")
        let application = try #require(session.media.first { $0.kind == "application" })
        #expect(application.formats == ["webrtc-datachannel"])
        #expect(application.payloadTypes.isEmpty && application.rtpMaps.isEmpty)
        #expect(application.proto == "UDP/DTLS/SCTP")
    }
}

@Suite("Attributes of media sections")
struct AttributeTests {
    private func media(_ attributes: String...) -> MediaDescription {
        var media = MediaDescription(kind: "video", port: 9, proto: "x", formats: ["96", "97"])
        for attribute in attributes {
            let parts = attribute.split(separator: ":", maxSplits: 1)
            media.add(String(parts[0]), parts.count > 1 ? String(parts[1]) : nil)
        }
        return media
    }

    @Test(
        "simulcast lists",
        arguments: [
            ("send hi,hi2;~mid;lo", ["hi", "mid", "lo"], []),
            ("recv a;b send c", ["c"], ["a", "b"]),
            ("send rid=f;h;q", ["f", "h", "q"], []),
            ("send", [], []), ("send ;;~,;", [], []), ("", [], []), ("x y", [], []),
        ] as [(String, [String], [String])])
    func simulcast(value: String, send: [String], receive: [String]) {
        let media = media("simulcast:" + value)
        #expect(media.simulcastSend == send && media.simulcastReceive == receive)
    }

    @Test("feedback for every payload type, each kind once")
    func feedback() {
        let media = media(
            "rtcp-fb:* nack", "rtcp-fb:96 nack", "rtcp-fb:96 nack pli", "rtcp-fb:97", "rtcp-fb:x y")
        #expect(media.feedback(for: 96) == ["nack", "nack pli"])
        #expect(media.feedback(for: 97) == ["nack"])
    }

    @Test("format parameters are read leniently")
    func formatParameters() {
        let media = media("fmtp:96 a=1; B = two ;;c;a=2;d=x=y", "fmtp:97", "fmtp:98 0-15")
        #expect(media.fmtp(for: 96)?.parameters == ["a": "1", "b": "two", "c": "", "d": "x=y"])
        #expect(media.fmtp(for: 97) == nil)
        #expect(media.fmtp(for: 98)?.raw == "0-15")
        #expect(media.fmtps == [96: "a=1; B = two ;;c;a=2;d=x=y", 98: "0-15"])
    }

    @Test("what cannot be read is left out")
    func malformed() {
        let media = media(
            "rtpmap:96", "rtpmap:200 VP8/90000", "rtpmap:96 VP8", "rtpmap:96 VP8/x",
            "rtpmap:96 VP8/0", "rtpmap:97 opus/48000/x", "extmap:0 urn:x", "extmap:256 urn:x",
            "extmap:1/up urn:x", "extmap:1", "ssrc:x cname:y", "ssrc:1", "ssrc-group:FID",
            "ssrc-group:FID 1 x", "rid:a", "rid:a both", "fingerprint:sha-256", "setup:maybe",
            "candidate:1 1 udp 1 x")
        #expect(media.rtpMaps.isEmpty && media.extmaps.isEmpty && media.ssrcs.isEmpty)
        #expect(media.ssrcGroups.isEmpty && media.rids.isEmpty && media.fingerprints.isEmpty)
        #expect(media.setup == nil && media.candidates.isEmpty)
    }

    @Test("restrictions of a rid")
    func restrictions() {
        let rid = media("rid:hi send pt=96;max-width=1280").rids.first
        #expect(rid?.restrictions == "pt=96;max-width=1280")
        #expect(rid?.description == "hi send pt=96;max-width=1280")
    }

    @Test("directions fall back, and turn round")
    func directions() {
        var session = SessionDescription(originID: 1, sessionVersion: 1)
        #expect(media().direction(in: session) == .sendrecv)
        session.add("inactive")
        #expect(media().direction(in: session) == .inactive)
        #expect(media("recvonly").direction(in: session) == .recvonly)
        #expect(
            Direction.sendonly.reversed == .recvonly && Direction.sendrecv.reversed == .sendrecv)
        #expect(Direction.recvonly.receives && !Direction.recvonly.sends)
    }

    @Test("a port of zero rejects, unless it is only bundled")
    func rejected() {
        var section = media()
        section.port = 0
        #expect(section.isRejected)
        section.add("bundle-only")
        #expect(!section.isRejected)
    }
}

extension String {
    fileprivate var words: [Substring] { split(separator: " ") }
}
