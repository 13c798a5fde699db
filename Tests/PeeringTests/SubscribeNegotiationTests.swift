import Forwarding
import Peering
import Primitives
import RTP
import SDP
import Testing

/// What viewers are answered.
@Suite struct SubscribeNegotiationTests {
    @Test(arguments: Offers.subscribed)
    func answersEveryCodecThatCanBeForwarded(name: String) throws {
        let offer = try Offers.read(name)
        let outcome = try Offers.subscribe(offer)
        let slot = try #require(outcome.slots.first)
        #expect(slot.audio?.formats.map(\.codec) == [.opus])
        let offered = Set(offer.media[1].rtpMaps.map { $0.encoding.lowercased() })
        let expected = [Codec.vp8, .h264, .vp9, .av1].filter {
            offered.contains($0.rawValue.lowercased())
        }
        #expect(Set(slot.video?.formats.map(\.codec) ?? []) == Set(expected))
        #expect(outcome.answer.accepted.allSatisfy { $0.has("sendonly") })
        #expect(outcome.answer.accepted.allSatisfy { $0.has("end-of-candidates") })
    }

    @Test(arguments: Offers.subscribed)
    func namesItsSourcesInTheAnswer(name: String) throws {
        let outcome = try Offers.subscribe(try Offers.read(name))
        let video = try #require(outcome.slots[0].video)
        let section = outcome.answer.media[1]
        let companion = try #require(video.retransmissionSSRC)
        let repaired = section.ssrcGroups.filter { $0.semantics == "FID" }
        #expect(repaired.map(\.ssrcs) == [[video.ssrc.rawValue, companion.rawValue]])
        #expect(section.value(of: "msid") == "slot-0 slot-0-video")
        #expect(outcome.answer.media[0].value(of: "msid") == "slot-0 slot-0-audio")
        let count = video.errorCorrection == nil ? 3 : 4
        #expect(Set(outcome.answer.media.flatMap(\.ssrcs).map(\.ssrc)).count == count)
    }

    @Test func aWholeStageHasASlotForEachPair() throws {
        let outcome = try Offers.subscribe(
            try Offers.read("firefox-whep-slots"), slots: 12)
        #expect(outcome.slots.count == 12)
        #expect(outcome.slots.allSatisfy { $0.audio != nil && $0.video != nil })
        #expect(outcome.answer.bundle.count == 24)
        let mids = outcome.slots.flatMap { [$0.audio!.mid, $0.video!.mid] }
        #expect(mids == (0..<24).map { String($0) })
    }

    @Test func sectionsBeyondTheSlotsAreRefused() throws {
        let outcome = try Offers.subscribe(
            try Offers.read("firefox-whep-slots"), slots: 2)
        #expect(outcome.slots.count == 2)
        #expect(outcome.answer.media.count == 24)
        #expect(outcome.answer.bundle == ["0", "1", "2", "3"])
    }

    @Test func theCodecOfTheOnePublisherMustBeThere() throws {
        var random = SeededGenerator(seed: 3)
        let offer = try Offers.plain { $0.replacing("sendonly", with: "recvonly") }
        let error = #expect(throws: NegotiationError.self) {
            try SubscribeNegotiation(
                answering: offer, local: Offers.local, slotLimit: 1,
                required: [.opus, .vp8], using: &random)
        }
        #expect(
            error
                == .noCommonCodec(
                    offered: ["H264", "H264"], supported: [Codec.vp8.rawValue]))
    }

    @Test func anOfferThatReceivesNothingIsRefused() throws {
        let offer = try Offers.plain()
        #expect(throws: NegotiationError.self) { try Offers.subscribe(offer) }
    }

    @Test(arguments: Offers.published + Offers.subscribed)
    func anOfferCutAnywhereIsAnsweredOrRefused(name: String) throws {
        let text = try Offers.text(name)
        for length in stride(from: 0, to: text.utf8.count, by: 61) {
            guard let cut = String(text.utf8.prefix(length)),
                let offer = try? SessionDescription(parsing: cut)
            else { continue }
            _ = try? PublishNegotiation(answering: offer, local: Offers.local)
            _ = try? Offers.subscribe(offer)
        }
    }
}

/// Redundancy (RFC 2198) and repair packets (FlexFEC), to viewers.
@Suite struct RecoveringSubscribeTests {
    private static let chromium = ["chromium-whep-recvonly", "chromium-whep-slots"]

    @Test(arguments: chromium)
    func redundancyIsAnsweredInTheViewersOrder(name: String) throws {
        let outcome = try Offers.subscribe(try Offers.read(name), slots: 12)
        for slot in outcome.slots {
            #expect(slot.audio?.formats.map(\.redundancyPayloadType) == [63])
        }
        let section = try #require(outcome.answer.accepted.first { $0.kind == "audio" })
        #expect(section.formats == ["111", "63"])
        #expect(section.rtpMap(for: 63)?.encoding == "red")
        #expect(section.values(of: "fmtp").contains("63 111/111"))
    }

    @Test(arguments: chromium)
    func repairHasAStreamOfItsOwn(name: String) throws {
        let outcome = try Offers.subscribe(try Offers.read(name), slots: 12)
        let sections = outcome.answer.accepted.filter { $0.kind == "video" }
        for (slot, section) in zip(outcome.slots, sections) {
            let video = try #require(slot.video)
            let repair = try #require(video.errorCorrection)
            #expect(repair.payloadType == 49)
            #expect(section.formats.last == "49")
            #expect(section.rtpMap(for: 49)?.encoding == "flexfec-03")
            #expect(section.fmtp(for: 49)?["repair-window"] == "10000000")
            #expect(section.feedback(for: 49) == ["goog-remb", "transport-cc"])
            #expect(
                section.ssrcGroups == [
                    SourceGroup(
                        semantics: "FID",
                        ssrcs: [video.ssrc.rawValue, video.retransmissionSSRC!.rawValue]),
                    SourceGroup(
                        semantics: "FEC-FR", ssrcs: [video.ssrc.rawValue, repair.ssrc.rawValue]),
                ])
            #expect(section.ssrcs.contains { $0.ssrc == repair.ssrc.rawValue })
        }
        let sources = outcome.slots.compactMap { $0.video?.errorCorrection?.ssrc }
        #expect(Set(sources).count == outcome.slots.count)
    }

    @Test func repairCanBeRefused() throws {
        var random = SeededGenerator(seed: 2)
        let outcome = try SubscribeNegotiation(
            answering: try Offers.read("chromium-whep-recvonly"), local: Offers.local,
            slotLimit: 1, required: [], errorCorrection: false, using: &random)
        #expect(outcome.slots[0].video?.errorCorrection == nil)
        #expect(!outcome.answer.media[1].formats.contains("49"))
        #expect(outcome.answer.media[1].ssrcGroups.map(\.semantics) == ["FID"])
    }

    @Test(arguments: ["firefox-whep-recvonly", "aiortc-whep"])
    func whoOffersNeitherGetsNeither(name: String) throws {
        let outcome = try Offers.subscribe(try Offers.read(name))
        #expect(outcome.slots[0].video?.errorCorrection == nil)
        #expect(outcome.slots[0].audio?.formats.first?.redundancyPayloadType == nil)
        #expect(
            outcome.answer.media.allSatisfy { section in
                section.rtpMaps.allSatisfy { !["red", "flexfec-03"].contains($0.encoding) }
            })
    }
}
