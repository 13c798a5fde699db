import Configuration
import Synchronization

/// What the command line, the environment and the configuration file say: the first that says
/// something about a setting wins, in this order.
struct SettingsReader {
    private let reader: ConfigReader
    private let journal = AccessJournal()
    private let filePath: String?

    /// - Parameters:
    ///   - flags: only those that were given.
    ///   - environment: an empty variable counts as absent, as container tools set it.
    init(flags: [Setting: ConfigContent], environment: [String: String], file: ConfigurationFile?) {
        let flags = flags.map { setting, content in
            (AbsoluteConfigKey([setting.key]), ConfigValue(content, isSecret: false))
        }
        let variables = EnvironmentVariablesProvider(
            environmentVariables: environment.filter { !$0.value.isEmpty })
        reader = ConfigReader(
            providers: [
                InMemoryProvider(name: "flags", values: Dictionary(uniqueKeysWithValues: flags)),
                variables.prefixKeys(with: "rostrum"),
                InMemoryProvider(name: "file", values: file?.values ?? [:]),
            ],
            accessReporter: journal)
        filePath = file?.path
    }

    func toggle(_ setting: Setting) throws(StartRefusal) -> Bool? {
        try read(setting) { reader.bool(forKey: $0) }
    }

    func integer(_ setting: Setting) throws(StartRefusal) -> Int? {
        try read(setting) { reader.int(forKey: $0) }
    }

    func text(_ setting: Setting) throws(StartRefusal) -> String? {
        try read(setting) { reader.string(forKey: $0) }
    }

    func list(_ setting: Setting) throws(StartRefusal) -> [String]? {
        try read(setting) { reader.stringArray(forKey: $0) }
    }

    /// What a refusal calls the place where the setting, read before, got its value: `--port`,
    /// `ROSTRUM_PORT`, `"port" in rostrum.json`.
    func place(of setting: Setting) -> String {
        switch journal.answerer(of: setting.key) {
        case 1: setting.variable
        case 2: "\"\(setting.key)\" in \(filePath ?? "the configuration file")"
        default: setting.flag
        }
    }

    func refusal(_ setting: Setting, _ message: String) -> StartRefusal {
        let isFlag = journal.answerer(of: setting.key) == 0
        return StartRefusal(isFlag ? .usage : .configuration, "\(place(of: setting)) \(message)")
    }

    private func read<Value>(
        _ setting: Setting, _ body: (ConfigKey) -> Value?
    ) throws(StartRefusal) -> Value? {
        let value = body(ConfigKey([setting.key]))
        // The reader takes a value of the wrong kind for an absent one. We do not.
        guard !journal.failed(setting.key) else {
            throw refusal(setting, "must be \(setting.kind.description)")
        }
        return value
    }
}

/// Remembers who answered which key, and whether the answer was of the wanted kind.
private final class AccessJournal: AccessReporter {
    private struct Entry {
        /// The place in the reader's list of providers.
        var answerer: Int
        var failed: Bool
    }

    private let entries = Mutex<[String: Entry]>([:])

    func report(_ event: AccessEvent) {
        // The reader asks one after the other and stops at the first answer or failure.
        guard let last = event.providerResults.indices.last else { return }
        var failed = event.conversionError != nil
        switch event.result {
        case .success(nil): return
        case .success: break
        case .failure: failed = true
        }
        let key = event.metadata.key.components.joined(separator: ".")
        entries.withLock { $0[key] = Entry(answerer: last, failed: failed) }
    }

    func answerer(of key: String) -> Int? { entries.withLock { $0[key]?.answerer } }
    func failed(_ key: String) -> Bool { entries.withLock { $0[key]?.failed ?? false } }
}
