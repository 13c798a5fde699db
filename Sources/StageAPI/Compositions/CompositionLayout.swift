/// The `LayoutConfiguration` of a composition with every default filled in.
enum CompositionLayout {
    private static let grid: [String: JSONValue] = [
        "featuredParticipantAttribute": "", "omitStoppedVideo": false,
        "videoAspectRatio": "VIDEO",
        // Unset: tiles are covered, the featured one is contained.
        "videoFillMode": "", "gridGap": 2, "participantOrderAttribute": "",
    ]
    /// Width and height of the small window follow from the picture when they are not given.
    private static let pip: [String: JSONValue] = [
        "featuredParticipantAttribute": "", "omitStoppedVideo": false, "videoFillMode": "COVER",
        "gridGap": 0, "pipParticipantAttribute": "", "pipBehavior": "STATIC", "pipOffset": 0,
        "pipPosition": "BOTTOM_RIGHT", "participantOrderAttribute": "",
    ]

    /// - Parameter input: the `layout` member; without one it is a grid.
    static func json(reading input: InputReader?) -> JSONValue {
        guard let input, input.has("pip") else {
            let grid = input?.object("grid")?.members(of: .gridConfiguration, over: Self.grid)
            return ["grid": .object(grid ?? Self.grid)]
        }
        if input.has("grid") {
            input.reject("pip", "a layout", "A layout is either grid or pip")
        }
        let pip = input.object("pip")?.members(of: .pipConfiguration, over: Self.pip)
        return ["pip": .object(pip ?? Self.pip)]
    }
}
