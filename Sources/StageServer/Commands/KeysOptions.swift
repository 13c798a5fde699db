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
        AccessKeyDirectory(vault: try await openVault(creating: creating))
    }

    /// The database and its secrets, beside a server that may be running.
    func openVault(creating: Bool = false) async throws(StartRefusal) -> Vault {
        let masterKey = masterKey(environment: processEnvironment())
        return try await Vault.open(try openStorage(creating: creating), with: masterKey)
    }

    /// The database, beside a server that may be running.
    func openStorage(creating: Bool = false) throws(StartRefusal) -> any Storage {
        let directory = directory(environment: processEnvironment())
        return try DataDirectory.openForKeys(directory, creating: creating).storage
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
