import Logging
import Primitives
import Stages
import Storage

extension StageService {
    /// Compositions that have not ended, of those that have every link.
    func liveCompositions(
        linkedTo links: Set<String>, limit: Int
    ) async throws(APIError) -> [ResourceRecord] {
        var found: [ResourceRecord] = []
        for state in Composition.State.allCases where !state.hasEnded {
            found += try await resources(
                ResourceQuery(kind: .composition, state: state.rawValue, links: links),
                limit: limit)
        }
        return Array(found.prefix(limit))
    }

    func liveCompositionCount(linkedTo links: Set<String> = []) async throws(APIError) -> Int {
        var total = 0
        for state in Composition.State.allCases where !state.hasEnded {
            total += try await count(
                ResourceQuery(kind: .composition, state: state.rawValue, links: links))
        }
        return total
    }

    /// What ends the compositions of a stage that goes.
    func stoppedCompositions(of stage: StageRecord) async throws(APIError) -> [StorageChange] {
        let live = try await liveCompositions(
            linkedTo: [stage.arn], limit: configuration.quotas.compositionsPerStage)
        return live.flatMap { record in
            var composition = StoredComposition(record)
            let events = composition.life.stop(at: now())
            composition.write()
            return changes(composition, events)
        }
    }

    /// What removes those that ended so long ago that nobody can see them any more: a page of them,
    /// which is more than one start can leave behind.
    func expiredCompositions() async throws(APIError) -> [StorageChange] {
        let now = now()
        var changes: [StorageChange] = []
        for state in Composition.State.allCases where state.hasEnded {
            let oldest = try await stored { storage throws(StorageError) in
                try await storage.resources(
                    ResourceQuery(kind: .composition, state: state.rawValue), after: nil, limit: 20)
            }
            changes += oldest.filter { $0.hasExpired(at: now) }.map {
                .removeResource(.composition, id: $0.id)
            }
        }
        return changes
    }

    /// What is to be stored when `composition` changed: itself, and what backends hear of it. The
    /// log hears it too.
    func changes(
        _ composition: StoredComposition, _ events: [CompositionEvent]
    ) -> [StorageChange] {
        for event in events {
            logger.info(
                "Composition: \(event.name)",
                metadata: [
                    "composition": "\(composition.record.arn)",
                    "stage": "\(composition.stageARN)", "reason": "\(event.reason ?? "none")",
                ])
        }
        return [.putResource(composition.record)]
            + events.map { .appendNotification(notification($0, of: composition)) }
    }

    /// An `IVS Composition State Change` as EventBridge has it.
    private func notification(
        _ event: CompositionEvent, of composition: StoredComposition
    ) -> NotificationRecord {
        let (id, now, kind) = (random.uuid(), now(), "IVS Composition State Change")
        let body: JSONValue = [
            "version": "0", "id": .string(id), "detail-type": .string(kind),
            "source": "aws.ivs", "account": .string(configuration.account),
            "time": .string(now.description), "region": .string(configuration.region),
            "resources": [.string(composition.record.arn)],
            "detail": JSONValue(members: [
                "event_name": .string(event.name), "stage_arn": .string(composition.stageARN),
                "id": event.destination.map(JSONValue.string),
                "reason": event.reason.map(JSONValue.string),
            ]),
        ]
        return NotificationRecord(
            id: id, stage: ResourceARN(composition.stageARN).map { StageID($0.id) }, kind: kind,
            time: now, body: body.text)
    }
}

extension CompositionEvent {
    fileprivate var name: String {
        switch self {
        case .sessionEnded: "Session End"
        case .sessionFailed: "Session Failure"
        case .destinationEnded: "Destination End"
        case .destinationFailed: "Destination Failure"
        }
    }

    fileprivate var reason: String? {
        switch self {
        case .sessionFailed(let reason), .destinationFailed(_, let reason): reason
        case .sessionEnded, .destinationEnded: nil
        }
    }

    fileprivate var destination: String? {
        switch self {
        case .destinationEnded(let id), .destinationFailed(let id, _): id
        case .sessionEnded, .sessionFailed: nil
        }
    }
}
