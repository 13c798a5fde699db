import Primitives
import Storage

extension StageService {
    /// The tags of a resource of any kind.
    func tags(of arn: ResourceARN) async throws(APIError) -> [String: String] {
        guard let kind = ResourceRecord.Kind(rawValue: arn.type) else {
            return try await stage(arn).tags
        }
        return try await resource(arn, kind).tags
    }

    /// Changes the tags of a resource of any kind, with no other change in between.
    /// - Throws: `ResourceNotFoundException`, also for a kind that there is not.
    func changeTags(
        of arn: ResourceARN, _ body: (inout [String: String]) throws(APIError) -> Void
    ) async throws(APIError) {
        guard let kind = ResourceRecord.Kind(rawValue: arn.type) else {
            _ = try await change(arn) { stage throws(APIError) in try body(&stage.tags) }
            return
        }
        _ = try await change(arn, kind) { record async throws(APIError) in
            try body(&record.tags)
        }
    }
}
