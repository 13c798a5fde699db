import Primitives
import Storage
import Testing

@testable import StageAPI

private let stage = StageID("AbCdEf123456")
private let session = StageSessionID("st-0123456789abc")
private let time = WallTime(unixMilliseconds: 1_700_000_000_500)
private let arn = "arn:aws:ivs:us-west-2:123456789012:stage/AbCdEf123456"

private func writer(subscriptions: Bool = false) -> NotificationWriter {
    NotificationWriter(
        region: "us-west-2", account: "123456789012", includesSubscriptions: subscriptions,
        random: .seeded(1))
}

private func event(
    _ name: String, remote: String? = nil, error: String? = nil,
    details: ParticipantEventRecord.Details? = nil
) -> ParticipantEventRecord {
    ParticipantEventRecord(
        stage: stage, session: session, participant: ParticipantID("ada"), name: name, time: time,
        remoteParticipant: remote.map { ParticipantID($0) }, errorCode: error, details: details)
}

/// The messages among what becomes of the changes.
private func messages(
    _ changes: StorageChange..., users: [String: String] = ["ada": "user-1"],
    by writer: NotificationWriter = writer()
) -> [NotificationRecord] {
    let users = Dictionary(uniqueKeysWithValues: users.map { (ParticipantID($0.key), $0.value) })
    return writer.completing(changes, users: users).compactMap { change in
        guard case .appendNotification(let record) = change else { return nil }
        return record
    }
}

private func body(_ message: NotificationRecord) throws -> JSONValue {
    try JSONReader.read(Array(message.body.utf8))
}

@Suite struct NotificationWriterTests {
    @Test func aPublicationIsToldAsEventBridgeTellsIt() throws {
        let message = try #require(messages(.appendEvent(event("PUBLISH_STARTED"))).first)
        #expect(message.stage == stage)
        #expect(message.kind == "IVS Stage Update")
        #expect(message.time == time)
        #expect(
            try body(message) == [
                "version": "0", "id": .string(message.id), "detail-type": "IVS Stage Update",
                "source": "aws.ivs", "account": "123456789012",
                "time": "2023-11-14T22:13:20.500Z", "region": "us-west-2",
                "resources": [.string(arn)],
                "detail": [
                    "session_id": "st-0123456789abc", "event_name": "Participant Published",
                    "event_time": "2023-11-14T22:13:20.500Z", "user_id": "user-1",
                    "participant_id": "ada",
                ],
            ])
        #expect(message.id.utf8.count == 36)
    }

    @Test(arguments: [
        ("PUBLISH_STARTED", "IVS Stage Update", "Participant Published"),
        ("PUBLISH_STOPPED", "IVS Stage Update", "Participant Unpublished"),
        ("PUBLISH_ERROR", "IVS Stage Update", "Participant Publish Error"),
        ("REPLICATION_STARTED", "IVS Stage Update", "Participant Replication Started"),
        ("REPLICATION_STOPPED", "IVS Stage Update", "Participant Replication Ended"),
        ("JOINED", "Rostrum Participant Update", "Participant Joined"),
        ("LEFT", "Rostrum Participant Update", "Participant Left"),
        ("JOIN_ERROR", "Rostrum Participant Update", "Participant Join Error"),
        ("TOKEN_EXCHANGED", "Rostrum Participant Update", "Token Exchanged"),
        ("PARTICIPANT_MUTED", "Rostrum Participant Update", "Participant Muted"),
        ("SUBSCRIBE_STARTED", "Rostrum Subscription Update", "Subscribe Started"),
        ("SUBSCRIBE_STOPPED", "Rostrum Subscription Update", "Subscribe Stopped"),
        ("SUBSCRIBE_ERROR", "Rostrum Subscription Update", "Subscribe Error"),
    ])
    func everyEventHasItsKindAndName(event name: String, kind: String, words: String) throws {
        let writer = writer(subscriptions: true)
        let message = try #require(messages(.appendEvent(event(name)), by: writer).first)
        #expect(message.kind == kind)
        #expect(try body(message)["detail"]?["event_name"]?.string == words)
    }

    @Test func subscriptionsAreToldOnlyWhereTheyAreAskedFor() {
        let change = StorageChange.appendEvent(event("SUBSCRIBE_STARTED", remote: "grace"))
        #expect(messages(change).isEmpty)
        #expect(messages(change, by: writer(subscriptions: true)).count == 1)
    }

    @Test func whatAnEventHasMoreIsTold() throws {
        let error = try body(
            messages(.appendEvent(event("PUBLISH_ERROR", error: "QUOTA_EXCEEDED")))[0])
        #expect(error["detail"]?["error_code"]?.string == "QUOTA_EXCEEDED")
        let subscription = try body(
            messages(
                .appendEvent(event("SUBSCRIBE_STARTED", remote: "grace")),
                by: writer(subscriptions: true))[0])
        #expect(subscription["detail"]?["remote_participant_id"]?.string == "grace")
        let replication = try body(
            messages(
                .appendEvent(
                    event(
                        "REPLICATION_STARTED",
                        details: .init(
                            destinationStage: StageID("Other"),
                            destinationSession: StageSessionID("st-2")))))[0])
        #expect(
            replication["detail"]?["destination_stage_arn"]?.string
                == "arn:aws:ivs:us-west-2:123456789012:stage/Other")
        #expect(replication["detail"]?["destination_session_id"]?.string == "st-2")
    }

    @Test func anExchangeTellsBothTokens() throws {
        let facts = TokenFacts(
            capabilities: ["SUBSCRIBE"], attributes: ["role": "\"guest\""], userID: "u",
            expiresAt: time)
        var other = facts
        other.capabilities = ["PUBLISH", "SUBSCRIBE"]
        let message = messages(
            .appendEvent(
                event("TOKEN_EXCHANGED", details: .init(previousToken: facts, newToken: other))))[0]
        let detail = try body(message)["detail"]
        #expect(
            detail?["previous_token"] == [
                "capabilities": ["SUBSCRIBE"], "attributes": ["role": "\"guest\""], "user_id": "u",
                "expiration_time": "2023-11-14T22:13:20.500Z",
            ])
        #expect(detail?["new_token"]?["capabilities"] == ["PUBLISH", "SUBSCRIBE"])
    }

    @Test func sessionsAreTold() throws {
        let begun = SessionRecord(id: session, stage: stage, startedAt: time)
        var ended = begun
        ended.endedAt = time + .seconds(60)
        let told = messages(.putSession(begun), .putSession(ended))
        #expect(told.map(\.kind) == ["Rostrum Session Update", "Rostrum Session Update"])
        let details = try told.map { try body($0)["detail"] }
        #expect(details.map { $0?["event_name"]?.string } == ["Session Started", "Session Ended"])
        #expect(details[1]?["event_time"]?.string == "2023-11-14T22:14:20.500Z")
        #expect(told[0].id != told[1].id)
    }

    @Test func messagesFollowTheirChangesAndKnowTheirUsers() throws {
        let joined = ParticipantRecord(
            id: ParticipantID("ada"), stage: stage, session: session, userID: "from-record")
        let changes: [StorageChange] = [
            .putParticipant(joined), .appendEvent(event("JOINED")),
            .putSetting(key: "k", value: "v"),
        ]
        let completed = writer().completing(changes)
        #expect(completed.count == 4)
        #expect(completed[0] == changes[0])
        #expect(completed[1] == changes[1])
        #expect(completed[3] == changes[2])
        guard case .appendNotification(let message) = completed[2] else {
            Issue.record("the message follows its event")
            return
        }
        #expect(try body(message)["detail"]?["user_id"]?.string == "from-record")
    }

    @Test func compositionsAreTold() throws {
        let composition = "arn:aws:ivs:us-west-2:123456789012:composition/c"
        let change = writer().composition(
            .destinationFailure, of: composition, stage: stage, destination: "d", reason: "why",
            at: time)
        guard case .appendNotification(let message) = change else {
            Issue.record("it is a message")
            return
        }
        #expect(message.kind == "IVS Composition State Change")
        #expect(message.stage == stage)
        #expect(try body(message)["resources"] == [.string(composition)])
        #expect(
            try body(message)["detail"] == [
                "event_name": "Destination Failure", "stage_arn": .string(arn), "id": "d",
                "reason": "why",
            ])
    }
}
