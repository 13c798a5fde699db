import Foundation
import Glibc

/// A file in the making, for its owner only (0600), which is gone with the value unless it was given
/// its real name. What a process that was killed left behind is taken over by the next one.
final class ScratchFile {
    let path: String
    /// Locked for as long as it is open.
    private let handle: FileHandle
    private var isMoved = false

    /// What SQLite puts beside a file.
    private static let suffixes = ["-journal", "-wal", "-shm"]

    /// - Throws: ``Trouble``.
    init(path: String) throws(Trouble) {
        self.path = path
        handle = try Self.lock(path)
        // A journal that was left here would be played back into what is written now.
        Self.removeCompanions(of: path)
        do {
            try handle.truncate(atOffset: 0)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        } catch {
            throw Trouble(reason: SQLiteStorage.reason(error))
        }
    }

    deinit {
        guard !isMoved else { return }
        Self.removeCompanions(of: path)
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Puts the file on the disk and gives it its real name, in the same directory.
    func move(to target: String) throws(Trouble) {
        do {
            try handle.synchronize()
        } catch {
            throw Trouble(reason: SQLiteStorage.reason(error))
        }
        if let number = moveReplacing(path, to: target) {
            throw Trouble(errno: number)
        }
        isMoved = true
        // The new name is on the disk when the directory is.
        let directory = (target as NSString).deletingLastPathComponent
        try? FileHandle(forReadingAtPath: directory.isEmpty ? "." : directory)?.synchronize()
    }

    /// Why there is no such file.
    struct Trouble: Error {
        var reason: String

        init(reason: String) { self.reason = reason }

        init(errno number: Int32) {
            let code = POSIXErrorCode(rawValue: number)
            reason = code.map { POSIXError($0).localizedDescription } ?? "error \(number)"
        }
    }

    private static func lock(_ path: String) throws(Trouble) -> FileHandle {
        let descriptor = openPrivate(path)
        guard descriptor >= 0 else { throw Trouble(errno: errno) }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw Trouble(reason: "another rostrum is writing \(path)")
        }
        // Whoever had the lock before may have given the file its real name.
        guard FileIdentity(descriptor: descriptor) == FileIdentity(path: path) else {
            throw Trouble(reason: "another rostrum was writing \(path)")
        }
        return handle
    }

    private static func removeCompanions(of path: String) {
        for suffix in suffixes { try? FileManager.default.removeItem(atPath: path + suffix) }
    }
}
