import Foundation
import Glibc

/// Reads what another process has used.
struct ServerProbe: Sendable {
    struct Reading: Hashable, Sendable {
        var userSeconds: Double
        var systemSeconds: Double
        var residentBytes: UInt64
        /// How long its threads were ready to run and had no CPU.
        var waitedSeconds = 0.0

        var cpuSeconds: Double { userSeconds + systemSeconds }
    }

    let pid: Int

    /// `nil` once the process is gone.
    func read() -> Reading? {
        guard let stat = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else {
            return nil
        }
        var reading = Reading(
            stat: String(decoding: stat, as: UTF8.self),
            ticksPerSecond: Double(sysconf(Int32(_SC_CLK_TCK))),
            pageBytes: UInt64(max(0, sysconf(Int32(_SC_PAGESIZE)))))
        reading?.waitedSeconds = waitedSeconds()
        return reading
    }

    /// Of each thread `schedstat` has the time on a CPU and the time of waiting for one, in ns.
    private func waitedSeconds() -> Double {
        let tasks = "/proc/\(pid)/task"
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []
        let waited = threads.map { thread -> Double in
            let data = FileManager.default.contents(atPath: "\(tasks)/\(thread)/schedstat")
            let words = String(decoding: data ?? Data(), as: UTF8.self).split(separator: " ")
            return words.count > 1 ? Double(words[1]) ?? 0 : 0
        }
        return waited.reduce(0, +) / 1e9
    }
}

extension ServerProbe.Reading {
    /// Reads `/proc/PID/stat` (proc(5)): the fields behind the program's name, which is in
    /// parentheses and may hold spaces and parentheses itself.
    init?(stat: String, ticksPerSecond: Double, pageBytes: UInt64) {
        guard let end = stat.lastIndex(of: ")"), ticksPerSecond > 0 else { return nil }
        // The first of these is field 3, the state.
        let fields = stat[stat.index(after: end)...].split(whereSeparator: \.isWhitespace)
        guard fields.count > 21, let user = UInt64(fields[11]), let system = UInt64(fields[12]),
            let pages = UInt64(fields[21])
        else { return nil }
        self.init(
            userSeconds: Double(user) / ticksPerSecond,
            systemSeconds: Double(system) / ticksPerSecond, residentBytes: pages &* pageBytes)
    }
}
