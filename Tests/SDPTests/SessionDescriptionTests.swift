import Primitives
import SDP
import Testing

@Suite("Session descriptions")
struct SessionDescriptionTests {
    static let head = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"

    @Test("of real clients print as they were written", arguments: Vector.names)
    func printing(name: String) throws {
        let text = try Vector.text(name)
        let session = try SessionDescription(parsing: text)
        let printed = session.print()
        #expect(try SessionDescription(parsing: printed) == session)
        #expect(printed == text.withCRLF)
    }

    @Test("are the same with either line end", arguments: Vector.names)
    func lineEnds(name: String) throws {
        let text = try Vector.text(name)
        let unix = String(String.UnicodeScalarView(text.unicodeScalars.filter { $0 != "\r" }))
        #expect(try SessionDescription(parsing: unix) == SessionDescription(parsing: text))
        let withoutEnd = String(unix.dropLast())
        #expect(try SessionDescription(parsing: withoutEnd) == SessionDescription(parsing: text))
    }

    @Test("session fields")
    func fields() throws {
        let session = try Vector.session("firefox-whip-simulcast")
        #expect(session.originUsername == "mozilla...THIS_IS_SDPARTA-99.0")
        #expect(session.originID == 6_624_572_105_117_477_665 && session.sessionVersion == 0)
        #expect(session.originAddress == "IN IP4 0.0.0.0")
        #expect(session.bundle == ["0", "1"] && !session.isICELite)
        #expect(session.media(mid: "1")?.kind == "video" && session.media(mid: "2") == nil)
        let offer = try Vector.session("obs-whip")
        #expect(offer.media[1].bandwidths == ["AS:6000"])
        #expect(try Vector.session("chromium-whep-slots").media.count == 7)
    }

    @Test("can be built")
    func building() throws {
        var session = SessionDescription(originID: 9, sessionVersion: 1)
        session.add("ice-lite")
        session.add(Attribute("group", "BUNDLE 0"))
        var audio = MediaDescription(
            kind: "audio", port: 9, proto: "UDP/TLS/RTP/SAVPF", formats: ["111"],
            connection: "IN IP4 0.0.0.0")
        audio.add("mid", "0")
        audio.add(
            "rtpmap",
            RTPMap(
                payloadType: 111, encoding: "opus", clockRate: 48_000, channels: 2
            ).description)
        audio.add("extmap", ExtensionMap(id: 3, uri: "urn:x").description)
        audio.add(
            "candidate",
            Candidate(foundation: "1", priority: 7, address: "192.0.2.1", port: 4).description)
        audio.add("recvonly")
        session.media.append(audio)
        #expect(
            session.print()
                == """
                v=0
                o=- 9 1 IN IP4 127.0.0.1
                s=-
                t=0 0
                a=ice-lite
                a=group:BUNDLE 0
                m=audio 9 UDP/TLS/RTP/SAVPF 111
                c=IN IP4 0.0.0.0
                a=mid:0
                a=rtpmap:111 opus/48000/2
                a=extmap:3 urn:x
                a=candidate:1 1 udp 7 192.0.2.1 4 typ host
                a=recvonly

                """.withCRLF)
        #expect(try SessionDescription(parsing: session.print()) == session)
        #expect(session.isICELite && session.media[0].candidates.count == 1)
    }

    @Test(
        "that are malformed are refused",
        arguments: [
            ("", .version), ("v=1\no=- 1 1 IN IP4 x\n", .version), ("o=- 1 1 IN IP4 x", .version),
            ("v=0\ns=-\n", .missingOrigin), ("v=0\no=- 1 1 IN IP4\n", .malformedOrigin(2)),
            ("v=0\no=- x 1 IN IP4 x\n", .malformedOrigin(2)),
            ("v=0\no=- 99999999999999999999 1 IN IP4 x\n", .malformedOrigin(2)),
            (head + "m=audio\r\n", .malformedMedia(5)),
            (head + "m=audio 65536 UDP 0\r\n", .malformedMedia(5)),
            (head + "m=audio -1 UDP 0\r\n", .malformedMedia(5)),
            (head + "a\r\n", .malformedLine(5)), (head + "\r\nrtcp-mux\r\n", .malformedLine(6)),
            (head + "a=x\ry\r\n", .malformedLine(5)), (head + "a=x\0y\r\n", .malformedLine(5)),
            ("{\"sdp\": \"v=0\"}", .malformedLine(1)),
        ] as [(String, SDPViolation)])
    func refusing(text: String, violation: SDPViolation) {
        #expect(throws: violation) { _ = try SessionDescription(parsing: text) }
    }

    @Test("have limits")
    func limits() throws {
        func text(_ line: String, times: Int) -> String {
            Self.head + String(repeating: line + "\r\n", count: times)
        }
        let long = "a=" + String(repeating: "x", count: Limits.maximumLineSize - 2)
        #expect(try SessionDescription(parsing: text(long, times: 1)).attributes.count == 1)
        #expect(throws: SDPViolation.lineTooLong(5)) {
            _ = try SessionDescription(parsing: text(long + "x", times: 1))
        }
        #expect(throws: SDPViolation.tooLarge) {
            _ = try SessionDescription(parsing: text(long, times: 32))
        }
        #expect(throws: SDPViolation.tooManyLines) {
            _ = try SessionDescription(parsing: text("a=x", times: Limits.maximumLines - 3))
        }
        let section = "m=audio 9 UDP/TLS/RTP/SAVPF 0"
        let most = try SessionDescription(
            parsing: text(section, times: Limits.maximumMediaSections))
        #expect(most.media.count == Limits.maximumMediaSections)
        #expect(throws: SDPViolation.tooManyMediaSections) {
            _ = try SessionDescription(
                parsing: text(section, times: Limits.maximumMediaSections + 1))
        }
    }

    @Test("survive hostile changes, and print what they read", arguments: Vector.names)
    func fuzz(name: String) throws {
        let original = Array(try Vector.text(name).utf8)
        var generator = SeededGenerator(seed: UInt64(original.count))
        let interesting = Array("\r\n=: ;,~/0am\u{0}\u{E9}".utf8)
        for _ in 0..<150 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...20, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[index] = interesting.randomElement(using: &generator)!
                case 1: bytes[index] = UInt8.random(in: 0...255, using: &generator)
                default: bytes.remove(at: index)
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            _ = try? ICEFragment(parsing: text)
            guard let session = try? SessionDescription(parsing: text) else { continue }
            for media in session.media { readAll(media, in: session) }
            #expect(try SessionDescription(parsing: session.print()).print() == session.print())
        }
    }

    private func readAll(_ media: MediaDescription, in session: SessionDescription) {
        _ = (media.rtpMaps, media.extmaps, media.ssrcs, media.ssrcGroups, media.rids)
        _ = (media.simulcastSend, media.candidates, media.msid, media.mid)
        _ = (media.fingerprints(in: session), media.setup(in: session), session.bundle)
        for payloadType in media.payloadTypes.prefix(4) {
            _ = media.fmtp(for: payloadType)
            _ = media.feedback(for: payloadType)
            _ = media.retransmission(of: payloadType)
        }
    }
}

extension String {
    /// The text with every line end as CRLF.
    var withCRLF: String {
        utf8.split(separator: 10).map { line in
            String(decoding: line.last == 13 ? line.dropLast() : line, as: UTF8.self) + "\r\n"
        }.joined()
    }
}
