/// What somebody wants composed, defaults filled in.
struct CompositionRequest: Sendable {
    let stageARN: String
    /// Tells a request that is repeated from a new one.
    let idempotencyToken: String?
    let layout: JSONValue
    let destinations: [CompositionDestination]
    let tags: [String: String]

    init(reading input: InputReader) {
        stageARN = input.requiredString("stageArn")
        idempotencyToken = input.string("idempotencyToken")
        layout = CompositionLayout.json(reading: input.object("layout"))
        destinations =
            input.objects("destinations")?.map(CompositionDestination.init(reading:)) ?? []
        tags = input.map("tags") ?? [:]
        CompositionDestination.check(destinations, in: input)
    }

    /// What the composition is found by: all that it uses, and the token it was asked for with.
    var links: Set<String> {
        var links: Set<String> = [stageARN]
        for destination in destinations {
            links.formUnion(destination.encoderConfigurations)
            links.formUnion([destination.storageConfiguration].compactMap { $0 })
        }
        if let idempotencyToken { links.insert(Self.link(idempotencyToken: idempotencyToken)) }
        return links
    }

    static func link(idempotencyToken: String) -> String { "idempotency/" + idempotencyToken }

    /// The same for requests that ask for the same.
    var text: String {
        let value: JSONValue = [
            "stageArn": .string(stageARN), "layout": layout,
            "destinations": .array(destinations.map(\.json)), "tags": JSONValue(tags),
        ]
        return value.text
    }
}
