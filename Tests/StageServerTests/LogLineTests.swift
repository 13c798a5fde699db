import Foundation
import Logging
import Primitives
import Synchronization
import Testing

@testable import StageServer

/// What loggers write.
private final class Written: Sendable {
    let lines = Mutex<[String]>([])

    func logger(_ format: ServerConfiguration.LogFormat, level: Logger.Level = .info) -> Logger {
        Logger(label: "live") { label in
            LineLogHandler(
                label: label, level: level, format: format,
                now: { WallTime(unixMilliseconds: 1_700_000_000_123) },
                write: { line in self.lines.withLock { $0.append(line) } })
        }
    }

    var all: [String] { lines.withLock { $0 } }
}

@Suite struct LogLineTests {
    @Test func text() {
        let written = Written()
        var logger = written.logger(.text)
        logger[metadataKey: "stage"] = "abc"
        logger.info("A host came", metadata: ["participant": "p 1", "none": ""])
        #expect(
            written.all == [
                "2023-11-14T22:13:20.123Z info live: A host came none=\"\" participant=\"p 1\" "
                    + "stage=abc"
            ])
    }

    @Test func textStaysOneLineWhateverIsInIt() {
        let written = Written()
        written.logger(.text).error(
            "one\ntwo \u{1B}[2J \"quoted\"", metadata: ["who": "a\nb", "level": "x"])
        #expect(
            written.all == [
                "2023-11-14T22:13:20.123Z error live: one\\ntwo \\u001b[2J \\\"quoted\\\" level=x "
                    + "who=\"a\\nb\""
            ])
    }

    @Test func json() throws {
        let written = Written()
        written.logger(.json).warning(
            "said \"hé\"\n\u{7}",
            metadata: [
                "message": "mine", "list": ["a", .stringConvertible(7)],
                "map": .dictionary(["k": "v\\"]),
            ])
        let line = try #require(written.all.first)
        #expect(!line.contains("\n"))
        #expect(
            line.hasPrefix(
                #"{"time":"2023-11-14T22:13:20.123Z","level":"warning","label":"live","#))
        let entry = try #require(
            JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(entry["message"] as? String == "said \"hé\"\n\u{7}")
        #expect(entry["_message"] as? String == "mine")
        #expect(entry["list"] as? [String] == ["a", "7"])
        #expect(entry["map"] as? [String: String] == ["k": "v\\"])
    }

    @Test func everyScalarMakesValidJSON() throws {
        let written = Written()
        let text = String(String.UnicodeScalarView((0...0x2FF).compactMap(Unicode.Scalar.init)))
        written.logger(.json).info("\(text)", metadata: ["\(text)": "\(text)"])
        let line = try #require(written.all.first)
        let entry = try #require(
            JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
        #expect(entry["message"] == text)
        #expect(entry[text] == text)
    }

    @Test func theLevelIsALowerBound() {
        let written = Written()
        let logger = written.logger(.text, level: .warning)
        logger.info("no")
        logger.warning("yes")
        #expect(written.all.count == 1)
    }

    @Test func everyLevelOfTheConfigurationIsOneOfTheLoggers() {
        for level in ServerConfiguration.LogLevel.allCases {
            #expect(Logger.Level(rawValue: level.rawValue) != nil)
        }
        #expect(ServerConfiguration.LogLevel.allCases.count == Logger.Level.allCases.count)
    }
}
