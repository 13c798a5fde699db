// What documents show: a value of each shape, all from one story.
extension Shape {
    /// A value that the shape takes.
    var example: JSONValue {
        if let known = Self.examples[name] { return known }
        switch form {
        case .string(let constraint, _): return .string(constraint.example)
        case .enumeration(let values, _): return .string(values[0])
        case .integer(let range): return .integer(range.lowerBound)
        case .number(let range): return .number(range.lowerBound)
        case .boolean: return false
        case .timestamp: return "2026-03-01T19:30:00Z"
        case .list(let element, _): return [element.example]
        case .map(let key, let value, _, _):
            guard case .string(let key) = key.example else { return [:] }
            return .object([key: value.example])
        case .structure(let members):
            let shown = members.filter { !Self.leftOut.contains("\(name).\($0.name)") }
            return .object(
                Dictionary(uniqueKeysWithValues: shown.map { ($0.name, $0.shape.example) }))
        }
    }

    /// Members that cannot stand beside others, or mean nothing outside of their story.
    private static let leftOut: Set<String> = [
        "DestinationConfiguration.s3", "LayoutConfiguration.pip",
        "ListParticipantsRequest.filterByPublished", "ListParticipantsRequest.filterByState",
        "ListParticipantsRequest.filterByRecordingState",
    ]

    private static let participantText: JSONValue = "o5gUP8G6AYKH"
    private static let userText: JSONValue = "alice"

    private static let examples: [String: JSONValue] = [
        "AttributeKey": "featured", "AutoParticipantRecordingStorageConfigurationArn": "",
        "Bitrate": 2_500_000, "CompositionClientToken": "show-42",
        "ConnectionTokenId": "ct-7Hq2", "DestinationConfigurationName": "main",
        "DisconnectParticipantReason": "The show is over", "EncoderConfigurationName": "hd",
        "Framerate": 30, "Height": 720, "IngestConfigurationName": "studio",
        "IngestProtocol": "RTMPS", "PaginationToken": "AAAAAAAAADLq0mVn8rX2kz5w1dR7YbTc",
        "ParticipantClientAttribute": "Chrome", "ParticipantId": participantText,
        "ParticipantTokenDurationMinutes": 720, "ParticipantTokenId": participantText,
        "ParticipantTokenString": "eyJhbGciOiJFUzM4NCJ9.eyJqdGkiOiJvNWdVUDhHNkFZS0gifQ.c2lnbmVk",
        "ParticipantTokenUserId": userText, "PublicKeyName": "backend",
        "PublicKeyFingerprint": "65:72:18:05:f9:da:36:64:b4:08:08:99:fa:47:79:5d",
        "PublicKeyMaterial": .string(publicKeyText), "S3BucketName": "recordings",
        "StageEndpoint": "wss://stage.example.com/events", "StageName": "evening-show",
        "StageSessionId": "st-1CVugbu2cf2n8", "StorageConfigurationName": "archive",
        "StreamKey": "rt_000000000000_local_VSWjvX5XOkU3_q7Lr0mYh2TbX9cV4nZk8sWd5eGf1jA",
        "String": "1", "TagKey": "team", "TagValue": "red", "UserId": userText, "Width": 1280,
    ]

    /// Made for this document; nobody has the other half.
    private static let publicKeyText = """
        -----BEGIN PUBLIC KEY-----
        MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE/ehLbKexvkyyEvMRt97dtV/NlJquG0s9
        80/tgSiLrTIizvHe73pjerzRSbqIN2URDTVdDuOo/82AIfVSwEJzZHbRG5fayjHL
        +dqsVc/Za8SnbBz5B1ayDtrwnv9ZvkPR
        -----END PUBLIC KEY-----
        """
}

extension StringConstraint {
    /// An ARN's pattern says all of it but the id.
    fileprivate var example: String {
        guard let pattern, let start = pattern.firstRange(of: "[0-9]+:") else { return "" }
        let type = pattern[start.upperBound...].prefix { $0 != "/" }
        guard type.first != "[" else { return "arn:aws:ivs:local:000000000000:stage/VSWjvX5XOkU3" }
        return "arn:aws:ivs:local:000000000000:\(type)/VSWjvX5XOkU3"
    }
}
