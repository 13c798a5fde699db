import Foundation
import GRDB
import Primitives
import Storage

/// A map or a small struct as the text of its column: JSON with sorted keys.
func columnText(_ value: some Encodable) throws -> String { try encodedText(value) }

private func encodedText(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}

/// The same text for what nearly every record has, in a tenth of the time.
func columnText(_ map: [String: String]) throws -> String {
    try plainText(map.sorted { $0.key < $1.key }) ?? encodedText(map)
}

func columnText(_ facts: ClientFacts) throws -> String {
    let members = [
        ("browserName", facts.browserName), ("browserVersion", facts.browserVersion),
        ("osName", facts.osName), ("osVersion", facts.osVersion),
        ("protocolName", facts.protocolName), ("sdkVersion", facts.sdkVersion),
    ]
    return try plainText(members) ?? encodedText(facts)
}

/// An object of strings; `nil` when one of them has a character that JSON escapes.
private func plainText(_ members: [(key: String, value: String)]) -> String? {
    var text: [UInt8] = [UInt8(ascii: "{")]
    for (key, value) in members {
        if text.count > 1 { text.append(UInt8(ascii: ",")) }
        text.append(UInt8(ascii: "\""))
        guard append(key, to: &text) else { return nil }
        text += "\":\"".utf8
        guard append(value, to: &text) else { return nil }
        text.append(UInt8(ascii: "\""))
    }
    text.append(UInt8(ascii: "}"))
    return String(decoding: text, as: UTF8.self)
}

private func append(_ string: String, to text: inout [UInt8]) -> Bool {
    let start = text.count
    text += string.utf8
    return text[start...].allSatisfy { byte in
        byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }
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
            position: row["position"],
            startedAt: WallTime(unixMilliseconds: row["startedAt"]), endedAt: row.time("endedAt"))
    }
}

extension ParticipantRecord {
    init(row: Row) throws {
        let session: String = row["session"]
        self.init(
            id: ParticipantID(row["id"]), stage: StageID(row["stage"]),
            session: session.isEmpty ? nil : StageSessionID(session), position: row["position"],
            userID: row["userID"], attributes: try columnValue(row["attributes"]),
            isConnected: row["isConnected"],
            hasPublished: row["hasPublished"], firstJoinedAt: row.time("firstJoinedAt"),
            isRevoked: row["isRevoked"], client: try columnValue(row["client"]),
            recordingState: row["recordingState"],
            replication: try (row["replication"] as String?).map(columnValue),
            ingestConfigurationARN: row["ingestConfigurationARN"])
    }
}

extension ParticipantEventRecord {
    init(row: Row) throws {
        self.init(
            stage: StageID(row["stage"]), session: StageSessionID(row["session"]),
            participant: ParticipantID(row["participant"]), position: row["sequence"],
            name: row["name"], time: WallTime(unixMilliseconds: row["time"]),
            remoteParticipant: (row["remoteParticipant"] as String?).map(ParticipantID.init(_:)),
            errorCode: row["errorCode"],
            details: try (row["details"] as String?).map(columnValue))
    }
}

extension ReplicationRecord {
    init(row: Row) throws {
        self.init(
            participant: ParticipantID(row["participant"]),
            sourceStage: StageID(row["sourceStage"]),
            sourceSession: StageSessionID(row["sourceSession"]),
            destinationStage: StageID(row["destinationStage"]),
            destinationSession: StageSessionID(row["destinationSession"]),
            position: row["position"], attributes: try columnValue(row["attributes"]),
            reconnectWindowSeconds: row["reconnectWindowSeconds"], isActive: row["isActive"],
            startedAt: WallTime(unixMilliseconds: row["startedAt"]), endedAt: row.time("endedAt"))
    }
}

extension ResourceRecord {
    init(row: Row) throws {
        let kind: String = row["kind"]
        guard let kind = Kind(rawValue: kind) else {
            throw StorageError.engine("a resource of the unknown kind \(kind)")
        }
        self.init(
            kind: kind, id: row["id"], arn: row["arn"], position: row["position"],
            name: row["name"], tags: try columnValue(row["tags"]), state: row["state"],
            links: try columnValue(row["links"]), body: row["body"],
            createdAt: WallTime(unixMilliseconds: row["createdAt"]),
            expiresAt: row.time("expiresAt"))
    }
}

extension WebhookRecord {
    init(row: Row) throws {
        self.init(
            id: row["id"], url: row["url"], secret: row["secret"],
            kinds: try columnValue(row["kinds"]),
            createdAt: WallTime(unixMilliseconds: row["createdAt"]))
    }
}

extension NotificationRecord {
    init(row: Row) {
        self.init(
            position: row["position"], id: row["id"],
            stage: (row["stage"] as String?).map(StageID.init(_:)), kind: row["kind"],
            time: WallTime(unixMilliseconds: row["time"]), body: row["body"])
    }
}

extension DeliveryRecord {
    /// Of a delivery joined with its notification.
    init(row: Row) throws {
        let state: String = row["state"]
        guard let state = State(rawValue: state) else {
            throw StorageError.engine("a delivery in the unknown state \(state)")
        }
        self.init(
            webhook: row["webhook"], notification: NotificationRecord(row: row), state: state,
            attempts: row["attempts"], lastAttemptAt: row.time("lastAttemptAt"),
            lastError: row["lastError"])
    }
}
