import StageAPI
import Storage

// How a deployment gets to its secrets.
extension Vault {
    /// Opens the secrets of a storage on disk with the key in `file`.
    ///
    /// The key is made when neither it nor anything that was sealed is there yet. One that is missing
    /// later is never made anew: it would not open what is sealed.
    static func open(
        _ storage: any Storage, with file: MasterKeyFile
    ) async throws(StartRefusal) -> Vault {
        let isLocked = try await answering { () async throws(StorageError) in
            try await Vault.isLocked(storage)
        }
        guard let key = try file.read(creating: !isLocked) else {
            // A rotation that was cut off between its last two steps left it under this name.
            if let vault = try await finishRotation(storage, file) { return vault }
            throw StartRefusal(missing: file)
        }
        do throws(VaultError) {
            return try await open(storage, masterKey: key)
        } catch .wrongMasterKey {
            if let vault = try await finishRotation(storage, file) { return vault }
            throw StartRefusal(
                .configuration,
                "the master key \(file.path) is not the one that the secrets in the database are "
                    + "sealed under: put the right one back, or name it with --master-key-file")
        } catch {
            throw StartRefusal(vault: error)
        }
    }

    /// Seals everything under a new key and puts it in the place of the old one. At each moment the
    /// key that fits is in ``MasterKeyFile`` or its ``MasterKeyFile/next``.
    static func rotate(
        _ storage: any Storage, keyIn file: MasterKeyFile
    ) async throws(StartRefusal) {
        let vault = try await open(storage, with: file)
        // Left by a rotation that did not get far: the vault opens without it.
        file.next.remove()
        let key = try file.next.create(.generate())
        try await answering { () async throws(StorageError) in
            try await vault.reseal(under: key)
        }
        try file.replace(with: key)
        file.next.remove()
    }

    private static func finishRotation(
        _ storage: any Storage, _ file: MasterKeyFile
    ) async throws(StartRefusal) -> Vault? {
        guard !file.isGiven, let key = try file.next.read(),
            let vault = try? await open(storage, masterKey: key)
        else { return nil }
        try file.replace(with: key)
        file.next.remove()
        return vault
    }
}

extension MasterKeyFile {
    /// - Parameter creating: whether a key that is not there may be made.
    fileprivate func read(creating: Bool) throws(StartRefusal) -> MasterKey? {
        if let key = try read() { return key }
        return creating && !isGiven ? try create(.generate()) : nil
    }
}

extension StartRefusal {
    fileprivate init(missing file: MasterKeyFile) {
        let message =
            file.isGiven
            ? "there is no master key \(file.path): name the one that this deployment was made with, "
                + "or make one for a new deployment with 'openssl rand -base64 32'"
            : "the master key \(file.path) is missing, and the secrets in the database cannot be "
                + "read without it: put it back, or name it with --master-key-file"
        self.init(.configuration, message)
    }

    init(vault error: VaultError) {
        switch error {
        case .wrongMasterKey: self.init(.configuration, "the master key does not fit")
        case .storage(let error): self.init(storage: error)
        }
    }
}
