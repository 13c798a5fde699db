/// A `DestinationConfiguration` with every default filled in.
struct CompositionDestination: Sendable {
    /// Its members as answers have them.
    let json: JSONValue
    /// The ARN of the channel, or none for a recording.
    let channel: String?
    let encoderConfigurations: [String]
    let storageConfiguration: String?

    init(reading input: InputReader) {
        let channel = input.object("channel")
        let s3 = input.object("s3")
        if (channel == nil) == (s3 == nil) {
            input.reject(
                "channel", "null", "A destination has exactly one of channel and s3")
        }
        self.channel = channel?.string("channelArn")
        storageConfiguration = s3?.string("storageConfigurationArn")
        encoderConfigurations =
            [channel?.string("encoderConfigurationArn")].compactMap { $0 }
            + (s3?.strings("encoderConfigurationArns") ?? [])
        json = JSONValue(members: [
            "name": .string(input.string("name") ?? ""),
            "channel": channel.map {
                .object($0.members(of: .channelDestinationConfiguration, over: [:]))
            },
            "s3": s3.map(Self.recording),
        ])
    }

    /// The two destinations of a composition must differ in kind.
    static func check(_ destinations: [CompositionDestination], in input: InputReader) {
        if destinations.count > 1, Set(destinations.map { $0.channel == nil }).count == 1 {
            input.reject(
                "destinations", "a list of \(destinations.count)",
                "Two destinations are one channel and one s3")
        }
    }

    private static func recording(_ s3: InputReader) -> JSONValue {
        var members = s3.members(of: .s3DestinationConfiguration, over: [:])
        let recording = s3.object("recordingConfiguration")
        members["recordingConfiguration"] = [
            "format": .string(recording?.string("format") ?? "HLS"),
            "hlsConfiguration": [
                "targetSegmentDurationSeconds": .integer(
                    recording?.object("hlsConfiguration")?
                        .integer("targetSegmentDurationSeconds") ?? 2)
            ],
        ]
        if let thumbnails = s3.objects("thumbnailConfigurations") {
            members["thumbnailConfigurations"] = .array(
                thumbnails.map {
                    .object($0.members(of: .compositionThumbnailConfiguration, over: thumbnail))
                })
        }
        return .object(members)
    }

    private static let thumbnail: [String: JSONValue] = [
        "targetIntervalSeconds": 60, "storage": ["SEQUENTIAL"],
    ]
}
