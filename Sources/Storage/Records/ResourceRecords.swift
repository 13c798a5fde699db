package import Primitives

/// A resource of the API that is not a stage: its common columns, and the rest as JSON.
package struct ResourceRecord: Hashable, Codable, Sendable {
    /// Raw values stand in ARNs.
    package enum Kind: String, Hashable, Codable, Sendable, CaseIterable {
        case publicKey = "public-key"
        case encoderConfiguration = "encoder-configuration"
        case storageConfiguration = "storage-configuration"
        case ingestConfiguration = "ingest-configuration"
        case composition
    }

    package var kind: Kind
    /// What stands behind the kind in the ARN; unique within the kind.
    package var id: String
    package var arn: String
    /// The order of creation, unique and rising; 0 until stored.
    package var position: Int64
    package var name: String
    package var tags: [String: String]
    /// `ACTIVE`, `INACTIVE`, …; empty for resources without one.
    package var state: String
    /// ARNs (or other names) that lists filter by: what the resource uses or belongs to.
    package var links: Set<String>
    /// Everything else, as the operations of its kind write it.
    package var body: String
    package var createdAt: WallTime
    /// From when on it is not there any more, though nobody deleted it.
    package var expiresAt: WallTime?

    package init(
        kind: Kind, id: String, arn: String, position: Int64 = 0, name: String = "",
        tags: [String: String] = [:], state: String = "", links: Set<String> = [],
        body: String = "{}", createdAt: WallTime, expiresAt: WallTime? = nil
    ) {
        self.kind = kind
        self.id = id
        self.arn = arn
        self.position = position
        self.name = name
        self.tags = tags
        self.state = state
        self.links = links
        self.body = body
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}

/// Which resources are wanted: every condition that is given must hold.
package struct ResourceQuery: Hashable, Sendable {
    package var kind: ResourceRecord.Kind
    package var state: String?
    /// Every one of these must be among the resource's.
    package var links: Set<String>

    package init(kind: ResourceRecord.Kind, state: String? = nil, links: Set<String> = []) {
        self.kind = kind
        self.state = state
        self.links = links
    }
}
