package import Logging
package import Primitives

/// Writes each event as one line.
package struct LineLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let format: ServerConfiguration.LogFormat
    private let now: @Sendable () -> WallTime
    private let write: @Sendable (String) -> Void

    /// - Parameters:
    ///   - now: the civil clock.
    ///   - write: takes a line without its newline, from any thread.
    package init(
        label: String, level: Logger.Level, format: ServerConfiguration.LogFormat,
        now: @escaping @Sendable () -> WallTime, write: @escaping @Sendable (String) -> Void
    ) {
        self.label = label
        self.logLevel = level
        self.format = format
        self.now = now
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
        if let error = event.error { all["error"] = "\(error)" }
        if let given = event.metadata { all.merge(given) { _, new in new } }
        let line =
            switch format {
            case .text:
                LogLine.text(
                    time: now().description, level: event.level, label: label,
                    message: event.message.description, metadata: all)
            case .json:
                LogLine.json(
                    time: now().description, level: event.level, label: label,
                    message: event.message.description, metadata: all)
            }
        write(line)
    }
}
