/// What can be set, under one name in three places: as a flag, as an environment variable and as a
/// key of the configuration file.
package enum Setting: String, CaseIterable, Hashable, Sendable {
    case dev
    case data
    case host
    case port
    case masterKeyFile
    case mediaPort
    case mediaAddress
    case workers
    case unwatchedLayers
    case loudest
    case publicURL
    case iceServer
    case corsOrigin
    case tlsCert
    case tlsKey
    case quota
    case subscriptionEvents
    case sessionLinger
    case historyDays
    case maxPublishHeight
    case maxPublishBitrate
    case region
    case account
    case logLevel
    case logFormat
    case grace
    case apiRate
    case samples

    enum Kind: Hashable, Sendable {
        case toggle
        case integer
        case text
        case list
    }

    var kind: Kind {
        switch self {
        case .dev, .subscriptionEvents, .unwatchedLayers: .toggle
        case .port, .mediaPort, .workers, .loudest, .sessionLinger, .historyDays, .maxPublishHeight,
            .maxPublishBitrate, .grace:
            .integer
        case .mediaAddress, .iceServer, .corsOrigin, .quota, .apiRate: .list
        case .data, .masterKeyFile, .host, .publicURL, .tlsCert, .tlsKey, .region, .account,
            .logLevel,
            .logFormat, .samples:
            .text
        }
    }

    /// The key in the configuration file: `mediaPort`.
    package var key: String { rawValue }
    /// The flag: `--media-port`.
    package var flag: String { "--" + words.joined(separator: "-") }
    /// The environment variable: `ROSTRUM_MEDIA_PORT`.
    package var variable: String {
        (["rostrum"] + words).map { $0.uppercased() }.joined(separator: "_")
    }

    private var words: [String] {
        var words: [String] = [""]
        var wasUpper = false
        for letter in rawValue {
            if letter.isUppercase, !wasUpper { words.append("") }
            words[words.count - 1].append(letter.lowercased())
            wasUpper = letter.isUppercase
        }
        return words
    }
}
