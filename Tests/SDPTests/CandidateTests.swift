import SDP
import Testing

@Suite("Candidates")
struct CandidateTests {
    @Test("are read with what follows the type")
    func extensions() throws {
        let candidate = try #require(
            Candidate(
                parsing:
                    "842163049 1 UDP 1677729535 203.0.113.5 41885 typ srflx raddr 192.0.2.1 rport 9 "
                    + "generation 0 ufrag Xy+/ network-cost 50"))
        #expect(candidate.foundation == "842163049" && candidate.component == 1)
        #expect(candidate.transport == "udp" && candidate.priority == 1_677_729_535)
        #expect(candidate.address == "203.0.113.5" && candidate.port == 41885)
        #expect(candidate.type == .srflx && candidate.ufrag == "Xy+/")
        #expect(candidate.relatedAddress == "192.0.2.1" && candidate.relatedPort == 9)
        #expect(Candidate(parsing: candidate.description) == candidate)
    }

    @Test("may have names, and TCP types")
    func namesAndTCP() throws {
        let text = "candidate:1 2 tcp 5 8f6c1c0a.local 9 typ host tcptype passive"
        let candidate = try #require(Candidate(parsing: text))
        #expect(candidate.address == "8f6c1c0a.local" && candidate.tcpType == "passive")
        #expect("candidate:" + candidate.description == text)
    }

    @Test(
        "that are malformed, or of an unknown type, are none",
        arguments: [
            "", "candidate:", "1 1 udp 5 192.0.2.1 9", "1 1 udp 5 192.0.2.1 9 type host",
            "1 1 udp 5 192.0.2.1 65536 typ host", "1 1 udp -5 192.0.2.1 9 typ host",
            "1 256 udp 5 192.0.2.1 9 typ host", "1 1 udp 5 192.0.2.1 9 typ magic",
            "123456789012345678901234567890123 1 udp 5 192.0.2.1 9 typ host",
        ])
    func malformed(text: String) {
        #expect(Candidate(parsing: text) == nil)
    }
}

@Suite("ICE fragments")
struct ICEFragmentTests {
    /// As RFC 9725 §4.3.1 has it: credentials inside the first section, LF line ends.
    private let trickle = """
        a=group:BUNDLE 0 1
        m=audio 9 UDP/TLS/RTP/SAVPF 111
        a=mid:0
        a=ice-ufrag:EsAw
        a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1
        a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw
        a=candidate:3471623853 1 udp 2122194687 198.51.100.2 61765 typ host generation 0
        a=end-of-candidates

        """

    @Test("candidates that come later")
    func trickling() throws {
        let fragment = try ICEFragment(parsing: trickle)
        #expect(fragment.ufrag == "EsAw" && fragment.pwd == "P2uYro0UCOQ4zxjKXaWCBui1")
        #expect(fragment.sections.count == 1 && fragment.sections[0].mid == "0")
        #expect(fragment.sections[0].candidates.map(\.port) == [61764, 61765])
        #expect(fragment.sections[0].endOfCandidates && fragment.endOfCandidates)
        #expect(fragment.candidates.count == 2)
        #expect(fragment.print() == trickle.withCRLF)
        #expect(try ICEFragment(parsing: fragment.print()) == fragment)
    }

    @Test("new credentials, built and printed")
    func restart() throws {
        let candidate = Candidate(foundation: "1", priority: 9, address: "192.0.2.7", port: 7701)
        let fragment = ICEFragment(
            ufrag: "ysXw", pwd: "vw5LmwG4y/e6dPP/zAP9Gp5k",
            sections: [
                ICEFragment.Section(
                    kind: "audio", mid: "0", candidates: [candidate], isComplete: true)
            ])
        #expect(
            fragment.print()
                == """
                a=ice-ufrag:ysXw
                a=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k
                m=audio 9 UDP/TLS/RTP/SAVPF 0
                a=mid:0
                a=candidate:1 1 udp 9 192.0.2.7 7701 typ host
                a=end-of-candidates

                """.withCRLF)
        let read = try ICEFragment(parsing: fragment.print())
        #expect(read == fragment && read.candidates == [candidate] && read.ufrag == "ysXw")
    }

    @Test("an empty body says nothing, and nonsense is refused")
    func edges() throws {
        let empty = try ICEFragment(parsing: "")
        #expect(empty.ufrag == nil && empty.sections.isEmpty && !empty.endOfCandidates)
        #expect(try ICEFragment(parsing: "a=end-of-candidates").endOfCandidates)
        #expect(throws: SDPViolation.malformedLine(1)) {
            _ = try ICEFragment(parsing: "{\"candidate\":\"\"}")
        }
        let many = String(repeating: "m=audio 9 x 0\n", count: Limits.maximumMediaSections + 1)
        #expect(throws: SDPViolation.tooManyMediaSections) {
            _ = try ICEFragment(parsing: many)
        }
    }
}
