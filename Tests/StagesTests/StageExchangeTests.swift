import Primitives
import Stages
import Testing

@Suite struct StageExchangeTests {
    private func token(
        _ user: String, publish: Bool = true, subscribe: Bool = true, until seconds: Int64 = 5000
    ) -> ParticipantIdentity {
        ParticipantIdentity(
            id: ParticipantID("host"), userID: user, attributes: ["name": user],
            canPublish: publish, canSubscribe: subscribe,
            expiresAt: WallTime(unixSeconds: seconds))
    }

    @Test func newWordsAreSeenAndRecorded() {
        var stage = Stage()
        let (old, new) = (token("old"), token("new", subscribe: false, until: 9000))
        _ = stage.connect(old)
        _ = stage.establish(.publication, by: old)
        let actions = stage.machine.exchange(new, at: stage.now) ?? []
        #expect(
            actions.first
                == .store(
                    ParticipantStatus(
                        id: old.id, session: Stage.firstSession, userID: "new",
                        attributes: ["name": "new"], isConnected: true, firstJoinedAt: stage.now)))
        #expect(
            actions.dropFirst().first
                == .record(
                    StageEvent(
                        .tokenExchanged, old.id, in: Stage.firstSession, at: stage.now,
                        exchange: TokenExchange(previous: old.grant, new: new.grant))))
        #expect(actions.closed == [])
        #expect(actions.snapshot?.publishers.map(\.userID) == ["new"])
        #expect(stage.machine.view(of: old.id)?.attributes == ["name": "new"])
        #expect(stage.machine.grant(of: old.id) == new.grant)
    }

    @Test func lostPublishingEndsIt() {
        var stage = Stage()
        _ = stage.connect(token("a"))
        let (id, _) = stage.establish(.publication, by: token("a"))
        let (watching, _) = stage.establish(.stageSubscription, by: token("a"))
        _ = stage.machine.publishStarted(id, at: stage.now)
        let actions = stage.machine.exchange(token("a", publish: false), at: stage.now) ?? []
        #expect(actions.events == ["TOKEN_EXCHANGED", "PUBLISH_STOPPED"])
        #expect(actions.closed == [id])
        #expect(actions.snapshot == StageSnapshot())
        #expect(stage.machine.resources(of: token("a").id) == [watching])
        let (_, refused) = stage.reserve(.publication, by: token("a", publish: false))
        #expect(refused.refusal == .insufficientCapabilities)
        // Gained again.
        #expect(stage.machine.exchange(token("a"), at: stage.now)?.closed == [])
        #expect(stage.establish(.publication, by: token("a")).actions.snapshot != nil)
    }

    @Test func lostSubscribingEndsEverySubscription() {
        var stage = Stage()
        _ = stage.connect(token("a"))
        _ = stage.establish(.publication, by: host("other"))
        let (one, _) = stage.establish(.subscription(to: host("other").id), by: token("a"))
        let (two, _) = stage.establish(.stageSubscription, by: token("a"))
        _ = stage.machine.subscribeStarted(one, to: host("other").id, at: stage.now)
        let (three, _) = stage.reserve(.stageSubscription, by: token("a"))
        let actions = stage.machine.exchange(token("a", subscribe: false), at: stage.now) ?? []
        #expect(actions.closed == [one, two])
        #expect(actions.events == ["TOKEN_EXCHANGED", "SUBSCRIBE_STOPPED"])
        // The one that was being negotiated finds itself gone.
        #expect(stage.open(three) == nil)
        #expect(stage.machine.subscriberCount == 0)
    }

    @Test func whoIsNotHereExchangesNothing() {
        var stage = Stage()
        #expect(stage.machine.exchange(token("a"), at: stage.now) == nil)
        let (_, _) = stage.reserve(.publication, by: token("a"))
        #expect(stage.machine.exchange(token("b"), at: stage.now) == nil)
        _ = stage.connect(token("a"))
        _ = stage.machine.revoke(token("a").id, stored: nil, at: stage.now)
        #expect(stage.machine.exchange(token("b"), at: stage.now) == nil)
    }

    @Test func attemptsCountAsOpens() {
        var limits = StageLimits()
        limits.opensPerWindow = 2
        var stage = Stage(limits)
        _ = stage.connect(token("a"))
        let outcomes = [1, 2].map { _ in
            stage.machine.admitsExchange(by: token("a").id, at: stage.now)
        }
        #expect(outcomes == [true, false])
    }
}
