import Foundation
import Glibc

/// What the system says this process has used.
package struct ProcessFigures: Hashable, Sendable {
    /// User and system time together.
    package var cpuSeconds: Double
    package var residentBytes: UInt64
    package var threads: UInt64

    package init(cpuSeconds: Double, residentBytes: UInt64, threads: UInt64) {
        self.cpuSeconds = cpuSeconds
        self.residentBytes = residentBytes
        self.threads = threads
    }

    /// The figures of now; `nil` where there is no `/proc`.
    package static func current() -> ProcessFigures? {
        guard let stat = FileManager.default.contents(atPath: "/proc/self/stat") else { return nil }
        return ProcessFigures(
            stat: String(decoding: stat, as: UTF8.self),
            ticksPerSecond: Double(sysconf(Int32(_SC_CLK_TCK))),
            pageBytes: UInt64(max(0, sysconf(Int32(_SC_PAGESIZE)))))
    }

    /// Reads `/proc/self/stat` (proc(5)): the fields behind the program's name, which is in
    /// parentheses and may hold spaces and parentheses itself.
    package init?(stat: String, ticksPerSecond: Double, pageBytes: UInt64) {
        guard let end = stat.lastIndex(of: ")") else { return nil }
        // The first of these is field 3, the state.
        let fields = stat[stat.index(after: end)...].split(whereSeparator: \.isWhitespace)
        func field(_ number: Int) -> UInt64? {
            fields.indices.contains(number - 3) ? UInt64(fields[number - 3]) : nil
        }
        guard let user = field(14), let system = field(15), let threads = field(20),
            let pages = field(24), ticksPerSecond > 0
        else { return nil }
        self.init(
            cpuSeconds: Double(user + system) / ticksPerSecond,
            residentBytes: pages &* pageBytes, threads: threads)
    }
}
