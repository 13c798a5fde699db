import Primitives
import Storage

extension SessionRecord {
    /// The `StageSession` and `StageSessionSummary` structures. `endTime` is absent while the session
    /// goes on.
    var shape: JSONValue {
        JSONValue(members: [
            "sessionId": .string(id.rawValue), "startTime": .string(startedAt.description),
            "endTime": endedAt.map { .string($0.description) },
        ])
    }
}
