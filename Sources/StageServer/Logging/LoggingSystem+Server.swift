import Foundation
import Logging
import Primitives

extension ServerConfiguration {
    /// Sends what every logger says to standard error. Once in a process.
    func bootstrapLogging() {
        let level = Logger.Level(rawValue: logLevel.rawValue) ?? .info
        let format = logFormat
        LoggingSystem.bootstrap { label in
            LineLogHandler(
                label: label, level: level, format: format, now: civilTime,
                write: StandardStreams.writeError)
        }
    }
}

/// The civil clock.
@Sendable func civilTime() -> WallTime {
    WallTime(unixMilliseconds: Int64(Date().timeIntervalSince1970 * 1000))
}
