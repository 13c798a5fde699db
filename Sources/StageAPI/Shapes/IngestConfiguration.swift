import Primitives
import Storage

/// What an ingest configuration says beyond the columns of every resource: the `IngestConfiguration`
/// structure.
struct IngestConfiguration: Sendable {
    /// A stream key, and the participant that whoever uses it becomes.
    struct Credential: Hashable, Sendable {
        var participant: ParticipantID
        var streamKey: String
    }

    enum State: String {
        case active = "ACTIVE"
        case inactive = "INACTIVE"
    }

    /// `RTMP` or `RTMPS`.
    var ingestProtocol: String
    /// Empty: attached to no stage, and its key is of no use.
    var stageARN: String
    var userID: String
    var attributes: [String: String]
    var primary: Credential
    /// The second way in, when there is redundant ingest.
    var secondary: Credential?

    /// Characters of a stream key's secret (178 bits).
    fileprivate static let secretLength = 30
}

extension IngestConfiguration {
    init(_ record: ResourceRecord) {
        let members = InputReader(record.bodyMembers, findings: Findings())
        ingestProtocol = members.string("ingestProtocol") ?? ""
        stageARN = members.string("stageArn") ?? ""
        userID = members.string("userId") ?? ""
        attributes = members.map("attributes") ?? [:]
        primary = Credential(reading: members)
        secondary = members.objects("redundantIngestCredentials")?.dropFirst().first
            .map(Credential.init(reading:))
    }

    /// What is stored: the structure's members.
    var members: [String: JSONValue] {
        var members: [String: JSONValue] = [
            "ingestProtocol": .string(ingestProtocol), "stageArn": .string(stageARN),
            "userId": .string(userID), "redundantIngest": .bool(secondary != nil),
            "participantId": .string(primary.participant.rawValue),
            "streamKey": .string(primary.streamKey),
        ]
        if !attributes.isEmpty { members["attributes"] = JSONValue(attributes) }
        if let secondary {
            members["redundantIngestCredentials"] = .array([primary.json, secondary.json])
        }
        return members
    }

    /// What it is found by: its stage, and its participants on it.
    var links: Set<String> {
        guard !stageARN.isEmpty else { return [] }
        return Set(
            [stageARN]
                + [primary, secondary].compactMap { $0.map { Self.link($0.participant) } })
    }

    /// What the configuration is found by that a participant came through.
    static func link(_ participant: ParticipantID) -> String {
        "participant/" + participant.rawValue
    }

    /// Writes itself into the record.
    func store(in record: inout ResourceRecord) {
        record.bodyMembers = members
        record.links = links
    }
}

extension IngestConfiguration.Credential {
    init(reading members: InputReader) {
        participant = ParticipantID(members.string("participantId") ?? "")
        streamKey = members.string("streamKey") ?? ""
    }

    var json: JSONValue {
        ["participantId": .string(participant.rawValue), "streamKey": .string(streamKey)]
    }
}

extension StageService {
    /// A new participant, and a new key `rt_<account>_<region>_<id>_<secret>` for it.
    /// - Parameter id: of the ingest configuration.
    func newCredential(_ id: String) -> IngestConfiguration.Credential {
        var random = random
        let participant = ParticipantID.random(using: &random)
        let secret = randomBase62(count: IngestConfiguration.secretLength, using: &random)
        return IngestConfiguration.Credential(
            participant: participant,
            streamKey: "rt_\(configuration.account)_\(configuration.region)_\(id)_\(secret)")
    }

    /// The ingest configurations on a stage, taken off it: their keys are of no use from then on.
    /// - Parameter participant: only the one that this participant comes through.
    func detachedIngest(
        from stageARN: String, participant: ParticipantID? = nil
    ) async throws(APIError) -> [StorageChange] {
        var links: Set<String> = [stageARN]
        if let participant { links.insert(IngestConfiguration.link(participant)) }
        let query = ResourceQuery(kind: .ingestConfiguration, links: links)
        let records = try await resources(query, limit: configuration.quotas.ingestConfigurations)
        return records.map { record in
            var record = record
            var ingest = IngestConfiguration(record)
            ingest.stageARN = ""
            ingest.store(in: &record)
            record.state = IngestConfiguration.State.inactive.rawValue
            return .putResource(record)
        }
    }
}
