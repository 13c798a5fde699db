import Primitives
import Stages
import Testing

@Suite struct StageLimitTests {
    private func layer(
        _ bitsPerSecond: Int64 = 1_000_000, _ width: Int = 1280, _ height: Int = 720
    ) -> PublishedLayer {
        PublishedLayer(
            rid: "", isVideo: true, codec: "VP8", bitsPerSecond: bitsPerSecond, width: width,
            height: height)
    }

    @Test(arguments: [(1920, 1080), (1080, 1920), (1280, 721)])
    func largePicturesEndThePublication(width: Int, height: Int) {
        var stage = Stage()
        let (socket, _) = stage.connect(host())
        let (id, _) = stage.establish(.publication, by: host())
        _ = stage.machine.publishStarted(id, at: stage.now)
        let actions = stage.machine.layers(
            id, [layer(1_000_000, width, height), layer(200_000, 320, 180)], at: stage.now)
        #expect(actions.events == ["PUBLISH_ERROR RESOLUTION_EXCEEDED", "PUBLISH_STOPPED"])
        let side = min(width, height)
        let told = StageAction.tell(host().id, id, .resolutionExceeded(side, limit: 720))
        #expect(actions.firstIndex(of: told)! < actions.firstIndex(of: .close(id))!)
        #expect(actions.snapshot == StageSnapshot())
        // The participant stays, and may publish again.
        #expect(stage.machine.sockets(of: host().id) == [socket])
        #expect(stage.establish(.publication, by: host()).actions.snapshot != nil)
    }

    @Test(arguments: [(1280, 720), (720, 1280), (1920, 720), (0, 0)])
    func allowedPictures(width: Int, height: Int) {
        var stage = Stage()
        let (id, _) = stage.establish(.publication, by: host())
        let actions = stage.machine.layers(id, [layer(1, width, height)], at: stage.now)
        #expect(actions.closed == [])
    }

    @Test func bitrateOfAllLayersTwiceInARow() {
        var stage = Stage()
        let (id, _) = stage.establish(.publication, by: host())
        let (most, half) = (layer(8_500_000), layer(4_300_000))
        let reports: [[PublishedLayer]] = [[most], [most], [half, half], [most], [half, half]]
        for report in reports {
            #expect(stage.machine.layers(id, report, at: stage.now).closed == [])
        }
        let actions = stage.machine.layers(id, [half, half], at: stage.now)
        #expect(actions.events.first == "PUBLISH_ERROR BITRATE_EXCEEDED")
        #expect(
            actions.contains(
                .tell(host().id, id, .bitrateExceeded(8_600_000, limit: 8_500_000))))
        #expect(actions.closed == [id])
        // With nothing left of it, the participant is gone.
        #expect(actions.events.last == "LEFT")
    }

    @Test func strikesAreOfOnePublication() {
        var stage = Stage()
        let (first, _) = stage.establish(.publication, by: host())
        _ = stage.machine.layers(first, [layer(9_000_000)], at: stage.now)
        let (second, _) = stage.establish(.publication, by: host())
        #expect(stage.machine.layers(second, [layer(9_000_000)], at: stage.now).closed == [])
        #expect(stage.machine.layers(second, [layer(9_000_000)], at: stage.now).closed == [second])
    }

    @Test func dayLongSessionsEnd() {
        var stage = Stage()
        _ = stage.connect(viewer())
        let (early, _) = stage.establish(.publication, by: host())
        stage.now = stage.now + .seconds(60 * 60)
        let (late, _) = stage.establish(.publication, by: host("late"))
        let (subscription, _) = stage.establish(.subscription(to: host().id), by: viewer())
        stage.now = stage.now + .seconds(23 * 60 * 60 - 1)
        #expect(stage.machine.advance(to: stage.now) == [])
        stage.now = stage.now + .seconds(1)
        let first = stage.machine.advance(to: stage.now)
        #expect(first.closed == [early])
        #expect(first.events == ["PUBLISH_ERROR STREAM_DURATION_EXCEEDED", "LEFT"])
        #expect(first.snapshot?.publishers.map(\.id) == [host("late").id])
        stage.now = stage.now + .seconds(60 * 60)
        let second = stage.machine.advance(to: stage.now)
        #expect(Set(second.closed) == [late, subscription])
        #expect(second.events.contains("SUBSCRIBE_ERROR STREAM_DURATION_EXCEEDED"))
        #expect(stage.machine.advance(to: stage.now) == [])
    }

    @Test func quotaIsTheLastWord() {
        var stage = Stage()
        let (id, _) = stage.establish(.publication, by: host())
        let full = stage.machine.reserve(
            ResourceID("over"), for: .publication, by: host("other"),
            quota: .publisherQuota(limit: 1_000), at: stage.now, using: &stage.generator)
        #expect(full.refusal == .publisherQuota(limit: 1_000))
        #expect(full.actions.events == ["PUBLISH_ERROR QUOTA_EXCEEDED"])
        let incapable = stage.machine.reserve(
            ResourceID("over"), for: .publication, by: viewer(),
            quota: .publisherQuota(limit: 1_000), at: stage.now, using: &stage.generator)
        #expect(incapable.refusal == .insufficientCapabilities)
        #expect(stage.machine.publication(of: host().id) == id)
    }
}
