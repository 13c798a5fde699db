import ICE
import Peering
import RTP
import SDP
import Testing

/// What hosts are answered (RFC 9725, RFC 3264, RFC 9143).
@Suite struct PublishNegotiationTests {
    @Test(arguments: Offers.published)
    func takesSoundAndPictureOfARealClient(name: String) throws {
        let outcome = try Offers.publish(name)
        #expect(outcome.tracks.map(\.isVideo) == [false, true])
        #expect(outcome.tracks.map(\.format.codec) == [.opus, .vp8])
        #expect(outcome.answer.accepted.count == 2)
        #expect(outcome.tracks[1].format.retransmissionPayloadType != nil)
        #expect(outcome.tracks[1].format.feedback.contains("nack pli"))
    }

    @Test(arguments: Offers.published)
    func everyAcceptedSectionCarriesTheWholeTransport(name: String) throws {
        let answer = try Offers.publish(name).answer
        for section in answer.accepted {
            #expect(section.value(of: "ice-ufrag") == Offers.local.credentials.ufrag)
            #expect(section.value(of: "setup") == "passive")
            #expect(section.has("recvonly"))
            #expect(section.has("rtcp-mux"))
            #expect(section.candidates.map(\.address) == ["192.0.2.1", "2001:db8:0:0:0:0:0:1"])
            #expect(section.has("end-of-candidates"))
            #expect(section.fingerprints(in: answer).count == 1)
        }
        #expect(answer.bundle == answer.accepted.compactMap(\.mid))
        #expect(answer.attributes.contains { $0.name == "ice-lite" })
    }

    @Test(arguments: Offers.published)
    func answersOneCodecAndTheOffersOwnExtensionIDs(name: String) throws {
        let offer = try Offers.read(name)
        let answer = try Offers.publish(name).answer
        for (asked, answered) in zip(offer.media, answer.media) where answered.port != 0 {
            #expect(answered.rtpMaps.count { $0.encoding != "rtx" } == 1)
            for map in answered.extmaps {
                #expect(asked.extmaps.contains { $0.id == map.id && $0.uri == map.uri })
            }
            #expect(Set(answered.formats).isSubset(of: asked.formats))
        }
    }

    @Test(arguments: [
        ("chromium-whip-simulcast", ["q", "h", "f"]), ("firefox-whip-max-bundle", ["f", "h", "q"]),
    ])
    func answersEveryLayerInTheOffersOrder(name: String, rids: [String]) throws {
        let outcome = try Offers.publish(name)
        #expect(outcome.tracks[1].rids == rids)
        #expect(outcome.tracks[1].extensions.rid != 0)
        let video = outcome.answer.media[1]
        #expect(video.value(of: "simulcast") == "recv " + rids.joined(separator: ";"))
        #expect(video.values(of: "rid") == rids.map { "\($0) recv" })
    }

    @Test func refusesADataChannelWithPortZeroOutsideTheBundle() throws {
        let answer = try Offers.publish("chromium-whip-data").answer
        #expect(answer.media.map(\.kind) == ["audio", "video", "application"])
        #expect(answer.media[2].port == 0)
        #expect(answer.bundle == ["0", "1"])
    }

    /// Firefox offers what only lives in the bundle with port 0 (RFC 9143 §6).
    @Test func takesASectionThatIsBundleOnly() throws {
        let offer = try Offers.read("firefox-whip-max-bundle")
        #expect(offer.media[1].port == 0)
        #expect(try Offers.publish("firefox-whip-max-bundle").answer.media[1].port == 9)
    }

    @Test func prefersH264ThatFragments() throws {
        let outcome = try PublishNegotiation(answering: try Offers.plain(), local: Offers.local)
        #expect(outcome.tracks[1].format.payloadType == 102)
        #expect(outcome.answer.media[1].formats == ["102"])
    }

    @Test(arguments: [
        ["a=fingerprint:sha-256", "a=x:sha-256", "fingerprint"],
        ["a=ice-ufrag:abcd", "a=x:y", "ice-ufrag"],
        ["a=ice-pwd:abcdefghijklmnopqrstuv", "a=ice-pwd:short", "ice-pwd"],
        ["a=setup:actpass", "a=setup:passive", "a=setup"],
        ["a=rtcp-mux", "a=x", "rtcp-mux"],
        ["a=group:BUNDLE 0 1", "a=x", "BUNDLE"],
        ["a=group:BUNDLE 0 1", "a=group:BUNDLE 0", "BUNDLE"],
        ["a=sendonly", "a=recvonly", "sendonly"],
        ["a=sendonly", "a=inactive", "sendonly"],
    ])
    func saysWhatIsWrongWithAnOffer(change: [String]) throws {
        let offer = try Offers.plain { $0.replacing(change[0], with: change[1]) }
        let error = #expect(throws: NegotiationError.self) {
            try PublishNegotiation(answering: offer, local: Offers.local)
        }
        guard case .unusable(let text) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(text.contains(change[2]))
    }

    @Test func namesBothSidesCodecsWhenNoneIsCommon() throws {
        let offer = try Offers.plain { $0.replacing("H264", with: "H265") }
        #expect(
            throws: NegotiationError.noCommonCodec(
                offered: ["H265", "H265"], supported: ["H264", "VP8", "VP9", "AV1"])
        ) { try PublishNegotiation(answering: offer, local: Offers.local) }
    }

    @Test func aSingleSectionNeedsNoBundle() throws {
        let offer = try Offers.plain { text in
            let end = text.firstRange(of: "m=video")!.lowerBound
            return String(text[..<end]).replacing("a=group:BUNDLE 0 1\n", with: "")
        }
        let answer = try PublishNegotiation(answering: offer, local: Offers.local).answer
        #expect(!answer.attributes.contains { $0.name == "group" })
        #expect(answer.accepted.count == 1)
    }
}

/// Opus with redundancy (RFC 2198), from hosts.
@Suite struct RedundantPublishTests {
    private func offer(_ formats: String, fmtp: String = "111/111") throws -> SessionDescription {
        try Offers.plain {
            $0.replacing("SAVPF 111", with: "SAVPF \(formats)").replacing(
                "a=rtpmap:111 opus/48000/2",
                with: "a=rtpmap:63 red/48000/2\na=fmtp:63 \(fmtp)\na=rtpmap:111 opus/48000/2")
        }
    }

    private func answer(
        _ offer: SessionDescription, takesRedundancy: Bool = true
    ) throws -> (format: NegotiatedFormat, section: MediaDescription) {
        let outcome = try PublishNegotiation(
            answering: offer, local: Offers.local, takesRedundancy: takesRedundancy)
        return (outcome.tracks[0].format, outcome.answer.media[0])
    }

    @Test func isTakenFromAHostThatPrefersIt() throws {
        let (format, section) = try answer(try offer("63 111"))
        #expect(format.codec == .opus && format.payloadType == 111)
        #expect(format.redundancyPayloadType == 63)
        #expect(section.formats == ["63", "111"])
        #expect(section.values(of: "rtpmap") == ["111 opus/48000/2", "63 red/48000/2"])
        #expect(section.values(of: "fmtp").contains("63 111/111"))
    }

    /// What comes first is what is sent: Opus alone stays alone.
    @Test func isNotTakenWhereOpusIsFirst() throws {
        for offer in [try offer("111 63"), try Offers.read("chromium-whip-simulcast")] {
            let (format, section) = try answer(offer)
            #expect(format.redundancyPayloadType == nil && section.formats == ["111"])
        }
    }

    @Test func isNotTakenUnasked() throws {
        let (format, section) = try answer(try offer("63 111"), takesRedundancy: false)
        #expect(format.redundancyPayloadType == nil && section.formats == ["111"])
    }

    @Test(arguments: ["111/0", "0/111", "110/110", "63/63", "", "/", "111/", "x", "300/300"])
    func isOnlyTakenWithBlocksOfOpus(fmtp: String) throws {
        let (format, section) = try answer(try offer("63 111", fmtp: fmtp))
        #expect(format.redundancyPayloadType == nil && section.formats == ["111"])
    }

    @Test func mayHaveAnyNumberOfBlocks() throws {
        for fmtp in ["111", "111/111/111"] {
            #expect(try answer(try offer("63 111", fmtp: fmtp)).format.redundancyPayloadType == 63)
        }
    }
}
