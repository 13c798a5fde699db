import Primitives
import Stages
import Storage

/// A composition as it is stored: its life, and what its destinations were asked to be.
struct StoredComposition: Sendable {
    var life: Composition
    var record: ResourceRecord

    /// A new one that is about to start.
    /// - Parameters:
    ///   - record: with nothing but the columns that every resource has.
    ///   - request: the composition's members as they were asked for, defaults filled in.
    init(
        _ record: ResourceRecord, stage: StageRecord, request: CompositionRequest,
        destinationIDs: [String]
    ) {
        life = Composition(
            destinations: destinationIDs.map { Composition.Destination(id: $0) },
            startedAt: record.createdAt)
        self.record = record
        self.record.links = request.links
        let configurations = zip(destinationIDs, request.destinations).map { id, destination in
            JSONValue(members: [
                "id": .string(id), "configuration": destination.json,
                "detail": destination.storageConfiguration.map { _ in
                    [
                        "s3": [
                            "recordingPrefix": .string(
                                "\(stage.id)/\(record.id)/\(id)/composite")
                        ]
                    ]
                },
            ])
        }
        self.record.bodyMembers = [
            "stageArn": .string(stage.arn), "layout": request.layout,
            "destinations": .array(configurations), "request": .string(request.text),
        ]
        write()
    }

    init(_ record: ResourceRecord) {
        self.record = record
        let members = InputReader(record.bodyMembers, findings: Findings())
        life = Composition(
            state: Composition.State(rawValue: record.state) ?? .failed,
            destinations: (members.objects("destinations") ?? []).map { destination in
                Composition.Destination(
                    id: destination.string("id") ?? "",
                    state: destination.string("state").flatMap(
                        Composition.Destination.State.init(rawValue:)) ?? .failed,
                    startedAt: destination.time("startTime"), endedAt: destination.time("endTime"))
            },
            startedAt: record.createdAt, endedAt: members.time("endTime"),
            failure: members.string("failure"))
    }

    var stageARN: String {
        if case .string(let arn) = record.bodyMembers["stageArn"] { arn } else { "" }
    }

    /// What was asked for, to compare a repeated request with.
    var requestText: String? {
        if case .string(let text) = record.bodyMembers["request"] { text } else { nil }
    }

    /// Puts the life into the record.
    mutating func write() {
        var members = record.bodyMembers
        members["startTime"] = .integer(life.startedAt.unixMilliseconds)
        members["endTime"] = life.endedAt.map { .integer($0.unixMilliseconds) }
        members["failure"] = life.failure.map(JSONValue.string)
        if case .array(let destinations) = members["destinations"] {
            members["destinations"] = .array(
                zip(destinations, life.destinations).map { Self.json($0, $1) })
        }
        record.bodyMembers = members
        record.state = life.state.rawValue
        record.expiresAt = life.expiresAt
    }

    private static func json(
        _ stored: JSONValue, _ destination: Composition.Destination
    ) -> JSONValue {
        guard case .object(var members) = stored else { return stored }
        members["state"] = .string(destination.state.rawValue)
        members["startTime"] = destination.startedAt.map { .integer($0.unixMilliseconds) }
        members["endTime"] = destination.endedAt.map { .integer($0.unixMilliseconds) }
        return .object(members)
    }
}
