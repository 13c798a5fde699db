import Primitives
import Storage

extension StageService {
    /// The stage that `arn` names, for the lists that know no `ResourceNotFoundException`: what is
    /// not there has nothing to list.
    func stageIfAny(_ arn: ResourceARN) async throws(APIError) -> StageRecord? {
        let record = try await stored { storage throws(StorageError) in
            try await storage.stage(StageID(arn.id))
        }
        return record?.arn == arn.text ? record : nil
    }

    /// A page of what a stage remembers: the shapes under `member`, and the next page's token.
    /// - Parameters:
    ///   - scope: what is listed, in words of its own: a token is good for that list only.
    ///   - read: gives at most so many entries beyond the position of the last page's last.
    func page<Record>(
        _ page: PageRequest, of scope: [String], as member: String,
        read: (any Storage, Int64?, Int) async throws(StorageError) -> [Record],
        position: KeyPath<Record, Int64>, shape: (Record) -> JSONValue
    ) async throws(APIError) -> JSONValue {
        let scope = scope.joined(separator: "\u{0}")
        let cursor = try page.cursor(of: scope, in: pages)
        let size = page.size
        // One more than asked for tells whether there is another page.
        let records = try await stored { storage throws(StorageError) in
            try await read(storage, cursor, size + 1)
        }
        let next = records.count > size ? records[size - 1][keyPath: position] : nil
        return JSONValue(members: [
            member: .array(records.prefix(size).map(shape)),
            "nextToken": next.map { .string(pages.token(for: scope, cursor: $0)) },
        ])
    }
}
