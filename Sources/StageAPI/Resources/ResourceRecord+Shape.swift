import Storage

// What a kind of resource is called and looks like in the API.
extension ResourceRecord.Kind {
    /// For messages.
    var noun: String {
        switch self {
        case .publicKey: "public key"
        case .encoderConfiguration: "encoder configuration"
        case .storageConfiguration: "storage configuration"
        case .ingestConfiguration: "ingest configuration"
        case .composition: "composition"
        }
    }

    var shape: Shape {
        switch self {
        case .publicKey: .publicKey
        case .encoderConfiguration: .encoderConfiguration
        case .storageConfiguration: .storageConfiguration
        case .ingestConfiguration: .ingestConfiguration
        case .composition: .composition
        }
    }

    /// What a List operation says of each.
    var summary: Shape {
        switch self {
        case .publicKey: .publicKeySummary
        case .encoderConfiguration: .encoderConfigurationSummary
        case .storageConfiguration: .storageConfigurationSummary
        case .ingestConfiguration: .ingestConfigurationSummary
        case .composition: .compositionSummary
        }
    }

    func quota(_ quotas: ServiceQuotas) -> Int {
        switch self {
        case .publicKey: quotas.publicKeys
        case .encoderConfiguration: quotas.encoderConfigurations
        case .storageConfiguration: quotas.storageConfigurations
        case .ingestConfiguration: quotas.ingestConfigurations
        case .composition: quotas.compositions
        }
    }
}

extension ResourceRecord {
    /// Its structure in the API: the body, and the columns that every kind has.
    var json: JSONValue { kind.shape.cut(.object(members)) }

    /// Its entry in a list.
    var summaryJSON: JSONValue { kind.summary.cut(.object(members)) }

    private var members: [String: JSONValue] {
        var members = bodyMembers
        members["arn"] = .string(arn)
        members["name"] = .string(name)
        members["tags"] = JSONValue(tags)
        members["state"] = .string(state)
        return members
    }

    /// What its operations keep of it beyond the columns: members of its structure, and at times
    /// what no answer shows.
    var bodyMembers: [String: JSONValue] {
        get {
            guard let value = try? JSONReader.read(Array(body.utf8)),
                case .object(let members) = value
            else { return [:] }
            return members
        }
        set { body = JSONValue.object(newValue).text }
    }
}
