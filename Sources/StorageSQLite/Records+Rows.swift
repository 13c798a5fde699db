import Foundation
import GRDB
import Primitives
import Storage

/// A map or a small struct as the text of its column: JSON with sorted keys.
func columnText(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}

private func columnValue<Value: Decodable>(_ text: String) throws -> Value {
    try JSONDecoder().decode(Value.self, from: Data(text.utf8))
}

extension Row {
    fileprivate func time(_ column: String) -> WallTime? {
        (self[column] as Int64?).map(WallTime.init(unixMilliseconds:))
    }
}

extension StageRecord {
    init(row: Row) throws {
        self.init(
            id: StageID(row["id"]), arn: row["arn"], position: row["position"], name: row["name"],
            tags: try columnValue(row["tags"]),
            autoParticipantRecording: row["autoParticipantRecording"],
            createdAt: WallTime(unixMilliseconds: row["createdAt"]))
    }
}

extension SessionRecord {
    init(row: Row) throws {
        self.init(
            id: StageSessionID(row["id"]), stage: StageID(row["stage"]),
            startedAt: WallTime(unixMilliseconds: row["startedAt"]), endedAt: row.time("endedAt"))
    }
}

extension ParticipantRecord {
    init(row: Row) throws {
        let session: String = row["session"]
        self.init(
            id: ParticipantID(row["id"]), stage: StageID(row["stage"]),
            session: session.isEmpty ? nil : StageSessionID(session), userID: row["userID"],
            attributes: try columnValue(row["attributes"]), isConnected: row["isConnected"],
            hasPublished: row["hasPublished"], firstJoinedAt: row.time("firstJoinedAt"),
            isRevoked: row["isRevoked"], client: try columnValue(row["client"]))
    }
}

extension ParticipantEventRecord {
    init(row: Row) throws {
        self.init(
            stage: StageID(row["stage"]), session: StageSessionID(row["session"]),
            participant: ParticipantID(row["participant"]), name: row["name"],
            time: WallTime(unixMilliseconds: row["time"]),
            remoteParticipant: (row["remoteParticipant"] as String?).map(ParticipantID.init(_:)),
            errorCode: row["errorCode"])
    }
}
