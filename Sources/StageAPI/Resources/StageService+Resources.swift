import Primitives
import Storage

// What the operations on stored resources are made of: keys, configurations, compositions.
extension StageService {
    /// The resource that `arn` names.
    /// - Throws: `ResourceNotFoundException`, also for an ARN of another kind, region or account, and
    ///   for what has expired.
    func resource(
        _ arn: ResourceARN, _ kind: ResourceRecord.Kind
    ) async throws(APIError) -> ResourceRecord {
        guard arn.type == kind.rawValue else { throw .resourceNotFound(arn.text) }
        let record = try await stored { storage throws(StorageError) in
            try await storage.resource(kind, arn.id)
        }
        guard let record, record.arn == arn.text, !record.hasExpired(at: now()) else {
            throw .resourceNotFound(arn.text)
        }
        return record
    }

    /// A new resource that is not stored yet, with a random id.
    func newResource(
        _ kind: ResourceRecord.Kind, name: String = "", tags: [String: String], state: String = "",
        links: Set<String> = [], body: [String: JSONValue] = [:]
    ) -> ResourceRecord {
        var random = random
        let id = randomBase62(count: 12, using: &random)
        return ResourceRecord(
            kind: kind, id: id, arn: configuration.arn(kind.rawValue, id), name: name, tags: tags,
            state: state, links: links, body: JSONValue.object(body).text, createdAt: now())
    }

    /// Stores a new resource if there is room for one more of its kind.
    /// - Parameters:
    ///   - check: what else must hold, with no other change in between.
    ///   - finish: what follows at once, before any other change.
    func create(
        _ record: ResourceRecord,
        check: () async throws(APIError) -> Void = { () async throws(APIError) in },
        then finish: () async -> Void = {}
    ) async throws(APIError) {
        try await exclusively { () async throws(APIError) in
            try await check()
            let count = try await count(ResourceQuery(kind: record.kind))
            try requireRoom(
                count, limit: record.kind.quota(configuration.quotas), of: record.kind.noun + "s")
            try await store([.putResource(record)])
            await finish()
        }
    }

    /// Changes a resource and stores it, with no other change in between.
    func change(
        _ arn: ResourceARN, _ kind: ResourceRecord.Kind,
        _ body: (inout ResourceRecord) async throws(APIError) -> Void
    ) async throws(APIError) -> ResourceRecord {
        try await exclusively { () async throws(APIError) in
            var record = try await resource(arn, kind)
            try await body(&record)
            try await store([.putResource(record)])
            return record
        }
    }

    /// Removes a resource for good.
    /// - Parameters:
    ///   - check: throws when it cannot go.
    ///   - finish: what follows at once, before any other change.
    func remove(
        _ arn: ResourceARN, _ kind: ResourceRecord.Kind,
        check: (ResourceRecord) async throws(APIError) -> Void,
        then finish: (ResourceRecord) async -> Void = { _ in }
    ) async throws(APIError) {
        try await exclusively { () async throws(APIError) in
            let record = try await resource(arn, kind)
            try await check(record)
            try await store([.removeResource(kind, id: record.id)])
            await finish(record)
        }
    }

    func count(_ query: ResourceQuery) async throws(APIError) -> Int {
        try await stored { storage throws(StorageError) in
            try await storage.resourceCount(query)
        }
    }

    /// - Throws: `ServiceQuotaExceededException` when there are `limit` already.
    func requireRoom(_ count: Int, limit: Int, of things: String) throws(APIError) {
        guard count < limit else {
            throw .quotaExceeded(
                "The limit of \(limit) \(things) is reached; delete those that are not needed any "
                    + "more.")
        }
    }

    /// A page of a List operation: the summaries under `member`, and the next page's token.
    func list(
        _ query: ResourceQuery, _ page: PageRequest, as member: String, in operation: String
    ) async throws(APIError) -> JSONValue {
        let cursor = try page.cursor(of: operation, in: pages)
        // One more than asked for tells whether there is another page.
        let records = try await resources(query, after: cursor, limit: page.size + 1)
        let next = records.count > page.size ? records[page.size - 1].position : nil
        return JSONValue(members: [
            member: .array(records.prefix(page.size).map(\.summaryJSON)),
            "nextToken": next.map { .string(pages.token(for: operation, cursor: $0)) },
        ])
    }

    /// Resources that have not expired, in the order of their creation.
    func resources(
        _ query: ResourceQuery, after cursor: Int64? = nil, limit: Int
    ) async throws(APIError) -> [ResourceRecord] {
        let now = now()
        var found: [ResourceRecord] = []
        var cursor = cursor
        while found.count < limit {
            let start = cursor
            let batch = try await stored { storage throws(StorageError) in
                try await storage.resources(query, after: start, limit: limit)
            }
            found += batch.filter { !$0.hasExpired(at: now) }
            guard batch.count == limit, let last = batch.last else { break }
            cursor = last.position
        }
        return Array(found.prefix(limit))
    }
}

extension ResourceRecord {
    func hasExpired(at now: WallTime) -> Bool { expiresAt.map { $0 <= now } ?? false }
}
