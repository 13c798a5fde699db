/// The `Video` structure of an encoder configuration, with its defaults.
struct VideoConfiguration: Hashable, Sendable {
    /// Pixels, even.
    var width: Int64 = 1280
    /// Pixels, even.
    var height: Int64 = 720
    /// Frames a second.
    var framerate: Double = 30
    /// Bits a second.
    var bitrate: Int64 = 2_500_000

    /// 1920 by 1080, either way round.
    static let maximumPixels: Int64 = 2_073_600

    init() {}

    init(reading input: InputReader) {
        width = input.integer("width") ?? width
        height = input.integer("height") ?? height
        framerate = input.number("framerate") ?? framerate
        bitrate = input.integer("bitrate") ?? bitrate
        for (name, value) in [("width", width), ("height", height)] where value % 2 != 0 {
            input.reject(name, "\(value)", "Member must be an even number")
        }
        if width * height > Self.maximumPixels {
            input.reject(
                "width", "\(width)",
                "The product of width and height must be at most \(Self.maximumPixels)")
        }
    }

    var json: JSONValue {
        [
            "width": .integer(width), "height": .integer(height), "framerate": .number(framerate),
            "bitrate": .integer(bitrate),
        ]
    }
}
