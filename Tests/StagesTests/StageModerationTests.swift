import Primitives
import Stages
import Testing

@Suite struct StageModerationTests {
    @Test func mutedKindIsHeldBackAndShown() {
        var stage = Stage()
        _ = stage.establish(.publication, by: host())
        let actions = stage.machine.moderate(host().id, audio: true, video: nil).actions
        #expect(actions.first == .forward(host().id, audio: false, video: true))
        let view = actions.snapshot?.publishers.first
        #expect(view?.audioMuted == true)
        #expect(view?.videoStopped == false)
        #expect(view?.mutedByModerator == MutedKinds(audio: true))
        // What the participant says of itself does not lift it.
        _ = stage.machine.mute(host().id, audio: false, video: false)
        #expect(stage.machine.snapshot.publishers.first?.audioMuted == true)
        #expect(stage.machine.moderate(host().id, audio: true, video: nil) == .done([]))
        let lifted = stage.machine.moderate(host().id, audio: false, video: nil).actions
        #expect(lifted.first == .forward(host().id, audio: true, video: true))
        #expect(lifted.snapshot?.publishers.first?.audioMuted == false)
        #expect(lifted.snapshot?.publishers.first?.mutedByModerator.isEmpty == true)
    }

    @Test func ownMuteOutlivesTheModerators() {
        var stage = Stage()
        _ = stage.establish(.publication, by: host())
        _ = stage.machine.mute(host().id, audio: true, video: nil)
        _ = stage.machine.moderate(host().id, audio: true, video: nil)
        _ = stage.machine.moderate(host().id, audio: false, video: nil)
        #expect(stage.machine.snapshot.publishers.first?.audioMuted == true)
    }

    @Test func mutingHoldsUntilTheSessionEnds() {
        var stage = Stage()
        let (id, _) = stage.establish(.publication, by: host())
        _ = stage.machine.moderate(host().id, audio: nil, video: true)
        _ = stage.machine.end(id, at: stage.now)
        let (again, _) = stage.establish(.publication, by: host())
        #expect(stage.machine.snapshot.publishers.first?.videoStopped == true)
        _ = stage.machine.end(again, at: stage.now)
        stage.now = stage.now + .seconds(60)
        let actions = stage.machine.advance(to: stage.now)
        #expect(actions.last == .forward(host().id, audio: true, video: true))
        _ = stage.establish(.publication, by: host())
        #expect(stage.machine.snapshot.publishers.first?.videoStopped == false)
    }

    @Test func onlyWhoIsHereIsMuted() {
        var stage = Stage()
        #expect(stage.machine.moderate(host().id, audio: true, video: true) == .absent)
        #expect(stage.machine.unpublish(host().id, reason: "", at: stage.now) == .absent)
    }

    @Test func tableOfTheMutedIsBounded() {
        var limits = StageLimits()
        limits.moderatedParticipants = 1
        var stage = Stage(limits)
        for name in ["a", "b"] { _ = stage.establish(.publication, by: host(name)) }
        #expect(stage.machine.moderate(host("a").id, audio: true, video: nil).actions.count == 3)
        #expect(
            stage.machine.moderate(host("b").id, audio: true, video: nil) == .full(limit: 1))
        _ = stage.machine.moderate(host("a").id, audio: false, video: nil)
        #expect(stage.machine.moderate(host("b").id, audio: true, video: nil).actions.count == 3)
    }

    @Test func unpublishingLeavesTheRest() {
        var stage = Stage()
        _ = stage.connect(host())
        let (id, _) = stage.establish(.publication, by: host())
        let (watching, _) = stage.establish(.stageSubscription, by: host())
        _ = stage.machine.publishStarted(id, at: stage.now)
        let actions = stage.machine.unpublish(host().id, reason: "Enough.", at: stage.now).actions
        #expect(
            actions == [
                .tell(host().id, id, .unpublished(reason: "Enough.")),
                .record(
                    StageEvent(.publishStopped, host().id, in: Stage.firstSession, at: stage.now)),
                .close(id), .broadcast(StageSnapshot()),
            ])
        #expect(stage.machine.resources(of: host().id) == [watching])
        #expect(stage.machine.unpublish(host().id, reason: "", at: stage.now) == .done([]))
        #expect(stage.establish(.publication, by: host()).actions.closed == [])
    }

    @Test func unpublishedReservationIsGone() {
        var stage = Stage()
        _ = stage.connect(host())
        let (id, _) = stage.reserve(.publication, by: host())
        #expect(stage.machine.unpublish(host().id, reason: "", at: stage.now) == .done([]))
        #expect(stage.open(id) == nil)
    }
}
