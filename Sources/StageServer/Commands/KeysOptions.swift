import ArgumentParser
import StageAPI
import Storage

/// What the commands that look into a data directory have in common.
struct KeysOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The server's data directory. (default: ./rostrum-data, or ROSTRUM_DATA)",
            valueName: "dir"))
    var data: String?

    @Option(
        help: ArgumentHelp(
            """
            The file with the master key that secrets are sealed under. (default: master.key in \
            the data directory, or ROSTRUM_MASTER_KEY_FILE)
            """, valueName: "file"))
    var masterKeyFile: String?

    /// The directory, as `rostrum serve` would choose it.
    func directory(environment: [String: String]) -> String {
        data ?? environment.filled(.data) ?? ServerConfiguration.defaultData
    }

    func masterKey(environment: [String: String]) -> MasterKeyFile {
        MasterKeyFile(
            given: masterKeyFile ?? environment.filled(.masterKeyFile),
            in: directory(environment: environment))
    }

    /// The access keys, beside a server that may be running.
    func open(creating: Bool) async throws(StartRefusal) -> AccessKeyDirectory {
        let environment = processEnvironment()
        let data = try DataDirectory.openForKeys(
            directory(environment: environment), creating: creating)
        let masterKey = masterKey(environment: environment)
        return AccessKeyDirectory(vault: try await Vault.open(data.storage, with: masterKey))
    }
}

extension [String: String] {
    /// The setting's variable; an empty one counts as absent, as container tools set it.
    fileprivate func filled(_ setting: Setting) -> String? {
        self[setting.variable].flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// Puts a storage's failure into a refusal's words.
func answering<Value>(
    _ body: () async throws(StorageError) -> Value
) async throws(StartRefusal) -> Value {
    do throws(StorageError) {
        return try await body()
    } catch {
        throw StartRefusal(storage: error)
    }
}
