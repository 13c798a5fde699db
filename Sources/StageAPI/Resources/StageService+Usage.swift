import Primitives
import Stages
import Storage

// Who uses what, so that nothing is deleted that something needs.
extension StageService {
    /// - Throws: `ConflictException` when a composition that has not ended uses it.
    func requireUnusedByCompositions(_ record: ResourceRecord) async throws(APIError) {
        let users = try await liveCompositions(linkedTo: [record.arn], limit: 1)
        guard users.isEmpty else {
            throw .conflict(
                "\(record.arn) is used by the composition \(users[0].arn). Stop it first.")
        }
    }

    /// - Throws: `ConflictException` when a stage records to it.
    func requireUnusedByStages(_ record: ResourceRecord) async throws(APIError) {
        let users = try await stored { storage throws(StorageError) in
            try await storage.settings(prefix: RecordingLink.prefix(storage: record.id))
        }
        guard users.isEmpty else {
            throw .conflict(
                "\(record.arn) is used by \(users.values.min() ?? "a stage"), whose "
                    + "autoParticipantRecordingConfiguration names it. Change that first.")
        }
    }
}

/// That a stage records to a storage configuration. It is stored beside the stage, so that who
/// deletes the configuration finds it without a look at every stage.
struct RecordingLink: Hashable, Sendable {
    /// The id of the storage configuration.
    var storage: String
    var stage: StageRecord

    /// `nil` when the stage does not record.
    init?(_ stage: StageRecord) {
        guard let text = stage.autoParticipantRecording,
            case .string(let arn)? = (try? JSONReader.read(Array(text.utf8)))?[
                "storageConfigurationArn"],
            let id = ResourceARN(arn)?.id
        else { return nil }
        storage = id
        self.stage = stage
    }

    static func prefix(storage: String) -> String { "recording-storage/\(storage)/" }

    private var key: String { Self.prefix(storage: storage) + stage.id.rawValue }

    /// What is to be stored when a stage becomes another one, or comes, or goes.
    static func changes(from old: StageRecord?, to new: StageRecord?) -> [StorageChange] {
        let (old, new) = (old.flatMap(RecordingLink.init), new.flatMap(RecordingLink.init))
        guard old?.key != new?.key else { return [] }
        return [
            old.map { .removeSetting(key: $0.key) },
            new.map { .putSetting(key: $0.key, value: $0.stage.arn) },
        ].compactMap { $0 }
    }
}
