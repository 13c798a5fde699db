import Logging
import Primitives
import Storage

// History does not grow for ever.
extension LiveStages {
    /// Forgets what is older than ``LiveLimits/historyAge``, a slice at a time, until the task is
    /// cancelled.
    func forgetOldHistory() async {
        while !Task.isCancelled {
            do throws(StorageError) {
                try await storage.apply([.prune(before: now() + (.zero - limits.historyAge))])
            } catch {
                logger.warning("Old history stays for now", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: limits.pruneInterval)
        }
    }
}
