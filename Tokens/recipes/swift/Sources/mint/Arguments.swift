import Foundation

struct UsageError: Error, CustomStringConvertible {
    var description: String
}

/// `--name value` pairs; `--attribute` may be repeated.
struct Arguments {
    static let usage = """
        Usage: mint --key FILE --kid ARN --stage-arn ARN --events-url URL --whip-url URL
                    [--participant-id ID] [--user-id TEXT] [--attribute KEY=VALUE]...
                    [--capabilities PUBLISH,SUBSCRIBE] [--ttl SECONDS] [--now SECONDS]
        """
    private static let single: Set = [
        "key", "kid", "stage-arn", "events-url", "whip-url", "participant-id", "user-id",
        "capabilities", "ttl", "now",
    ]

    private var values: [String: String] = [:]
    private(set) var attributes: [String: String] = [:]

    init(_ words: some Sequence<String>) throws {
        var words = words.makeIterator()
        while let word = words.next() {
            let name = String(word.dropFirst(2))
            guard word.hasPrefix("--"), Self.single.contains(name) || name == "attribute"
            else { throw UsageError(description: "unknown argument: \(word)\n\(Self.usage)") }
            guard let value = words.next()
            else { throw UsageError(description: "\(word) needs a value") }
            if name == "attribute" {
                let pair = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard pair.count == 2
                else { throw UsageError(description: "--attribute must be KEY=VALUE") }
                attributes[String(pair[0])] = String(pair[1])
            } else {
                values[name] = value
            }
        }
    }

    func optional(_ name: String) -> String? { values[name] }

    func required(_ name: String) throws -> String {
        guard let value = values[name]
        else { throw UsageError(description: "--\(name) is missing\n\(Self.usage)") }
        return value
    }

    func integer(_ name: String, default fallback: Int) throws -> Int {
        guard let text = values[name] else { return fallback }
        guard let value = Int(text)
        else { throw UsageError(description: "--\(name) must be a whole number") }
        return value
    }
}
