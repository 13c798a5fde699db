/// How often an operation may be called with one access key.
package struct APIRate: Hashable, Sendable {
    /// From 1 to ``APILimits/apiRate``.
    package var perSecond: Int
    /// How many at once after a quiet time.
    package var burst: Int { 2 * perSecond }

    package init(perSecond: Int) {
        precondition(APILimits.apiRate.contains(perSecond))
        self.perSecond = perSecond
    }
}

/// Operations that are called about equally often share a rate; each still has a bucket of its own.
package enum APIRateGroup: String, CaseIterable, Hashable, Sendable {
    /// `CreateParticipantToken`.
    case tokens
    /// `ImportPublicKey`, `GetPublicKey`, `ListPublicKeys`, `DeletePublicKey`.
    case publicKeys = "public-keys"
    /// `TagResource`, `UntagResource`, `ListTagsForResource`.
    case tags
    case other

    /// - Parameter operation: as in `POST /<operation>`.
    init(operation: String) {
        switch operation {
        case "CreateParticipantToken": self = .tokens
        case "ImportPublicKey", "GetPublicKey", "ListPublicKeys", "DeletePublicKey":
            self = .publicKeys
        case "TagResource", "UntagResource", "ListTagsForResource": self = .tags
        default: self = .other
        }
    }
}

/// The rates of a deployment, by group; one that is not there is not limited.
package struct APIRates: Hashable, Sendable {
    private var rates: [APIRateGroup: APIRate]

    private init(_ rates: [APIRateGroup: APIRate]) {
        self.rates = rates
    }

    /// What IVS allows an account.
    package static let standard = APIRates([
        .tokens: APIRate(perSecond: 50), .publicKeys: APIRate(perSecond: 3),
        .tags: APIRate(perSecond: 10), .other: APIRate(perSecond: 5),
    ])
    package static let unlimited = APIRates([:])

    package subscript(group: APIRateGroup) -> APIRate? {
        get { rates[group] }
        set { rates[group] = newValue }
    }

    var isUnlimited: Bool { rates.isEmpty }
}
