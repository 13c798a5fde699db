import Foundation
import Primitives
import StageAPI

/// The file with the master key, which the secrets in the database are sealed under.
struct MasterKeyFile {
    /// What it is called in the data directory, where it is unless somebody puts it elsewhere.
    static let name = "master.key"

    let path: String
    /// Somebody named it: then it is theirs to make.
    let isGiven: Bool

    init(given: String?, in directory: String) {
        path = given ?? directory + "/" + Self.name
        isGiven = given != nil
    }

    private init(path: String) {
        self.path = path
        isGiven = false
    }

    /// The key of a rotation that is not done yet.
    var next: MasterKeyFile { MasterKeyFile(path: path + ".next") }

    /// - Returns: `nil` when there is no such file.
    func read() throws(StartRefusal) -> MasterKey? {
        let bytes: Data
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? handle.close() }
            bytes = try handle.read(upToCount: 1024) ?? Data()
        } catch {
            if !FileManager.default.fileExists(atPath: path) { return nil }
            throw StartRefusal(
                .unavailable, "cannot read the master key \(path): \(reason(of: error))")
        }
        let text = Redacted(String(decoding: bytes, as: UTF8.self))
        guard let key = MasterKey(text: text) else {
            throw StartRefusal(
                .configuration,
                "\(path) holds no master key, which is 32 bytes in base64: put the right file back")
        }
        return key
    }

    /// Writes a key where none is: for its owner only, and on the disk when this returns.
    /// - Returns: the key that the file holds, which is another one if somebody was faster.
    func create(_ key: MasterKey) throws(StartRefusal) -> MasterKey {
        let files = FileManager.default
        // Whole before it has its name, so that nobody reads half a key.
        let draft = path + "." + UUID().uuidString
        do {
            try write(key, to: draft)
            defer { try? files.removeItem(atPath: draft) }
            // Fails when there is one, unlike renaming.
            try files.linkItem(atPath: draft, toPath: path)
            try synchronizeDirectory()
            return key
        } catch {
            if let other = try read() { return other }
            throw StartRefusal(
                .unavailable, "cannot write the master key \(path): \(reason(of: error))")
        }
    }

    /// Writes a key in the place of the one that is there, all at once.
    func replace(with key: MasterKey) throws(StartRefusal) {
        do {
            let url = URL(fileURLWithPath: path)
            try Data(key.text.value.utf8).write(to: url, options: .atomic)
            try finishWriting(to: url)
            try synchronizeDirectory()
        } catch {
            throw StartRefusal(
                .unavailable, "cannot replace the master key \(path): \(reason(of: error))")
        }
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Whether others than its owner may read it.
    var isOpenToOthers: Bool {
        let facts = try? FileManager.default.attributesOfItem(atPath: path)
        guard let mode = facts?[.posixPermissions] as? Int else { return false }
        return mode & 0o077 != 0
    }

    private func write(_ key: MasterKey, to path: String) throws {
        let url = URL(fileURLWithPath: path)
        try Data(key.text.value.utf8).write(to: url, options: .withoutOverwriting)
        try finishWriting(to: url)
    }

    private func finishWriting(to url: URL) throws {
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: url.path)
        let handle = try FileHandle(forUpdating: url)
        defer { try? handle.close() }
        try handle.synchronize()
    }

    private func synchronizeDirectory() throws {
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent()
        let handle = try FileHandle(forReadingFrom: directory)
        defer { try? handle.close() }
        try handle.synchronize()
    }
}
