import Foundation

/// The process's two outputs. Each line is one write, so that lines of several threads stay whole.
enum StandardStreams {
    static func writeError(_ line: String) { write(line, to: .standardError) }

    /// Unbuffered: who waits for the line behind a pipe gets it now.
    static func writeOutput(_ line: String) { write(line, to: .standardOutput) }

    /// A reader that has gone away is no reason to fail.
    private static func write(_ line: String, to handle: FileHandle) {
        try? handle.write(contentsOf: Data((line + "\n").utf8))
    }
}
