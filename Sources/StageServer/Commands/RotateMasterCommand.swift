import ArgumentParser
import StageAPI
import Storage

extension KeysCommand {
    struct RotateMaster: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Seal every stored secret under a new master key.",
            discussion: """
                The server must not run meanwhile. Access keys, tokens and webhooks stay as they \
                are; only the way they are stored changes, all at once or not at all.

                The new key takes the place of master.key in the data directory. A key that is kept \
                elsewhere is replaced by one in another file, which is made when it is not there:

                  rostrum keys rotate-master --master-key-file old.key --new-master-key-file new.key
                """)

        @OptionGroup var options: KeysOptions

        @Option(
            help: ArgumentHelp(
                "The file of the new key, when it is not to be in the data directory.",
                valueName: "file"))
        var newMasterKeyFile: String?

        func run() async throws {
            let environment = processEnvironment()
            let path = options.directory(environment: environment)
            let old = options.masterKey(environment: environment)
            let data = try DataDirectory.openForMaintenance(path)
            if let newMasterKeyFile {
                let new = MasterKeyFile(given: newMasterKeyFile, in: path)
                try await rotate(data.storage, from: old, to: new)
                StandardStreams.writeOutput(
                    "sealed under \(new.path): start the server with --master-key-file \(new.path)")
            } else {
                guard !old.isGiven else {
                    throw StartRefusal(
                        .usage, "--master-key-file needs --new-master-key-file, for the new key")
                }
                try await Vault.rotate(data.storage, keyIn: old)
                StandardStreams.writeOutput("sealed under a new \(old.path): keep a copy of it")
            }
            try data.close()
        }

        private func rotate(
            _ storage: any Storage, from old: MasterKeyFile, to new: MasterKeyFile
        ) async throws(StartRefusal) {
            let vault = try await Vault.open(storage, with: old)
            let key: MasterKey
            if let known = try new.read() {
                key = known
            } else {
                key = try new.create(.generate())
            }
            guard key != vault.box.masterKey else {
                throw StartRefusal(.usage, "\(new.path) holds the key that is in use already")
            }
            try await answering { () async throws(StorageError) in
                try await vault.reseal(under: key)
            }
        }
    }
}
