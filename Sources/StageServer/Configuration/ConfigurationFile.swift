import Configuration
import Foundation

/// The configuration file: a JSON object whose members are ``Setting``s.
package struct ConfigurationFile: Sendable {
    /// As given by whoever started us; errors name it.
    package let path: String
    let values: [AbsoluteConfigKey: ConfigValue]

    /// The largest file that is read: a hundred times what all settings take.
    package static let byteLimit = 1 << 20

    /// - Throws: ``StartRefusal`` when there is no such file, it cannot be read, or what it says
    ///   makes no sense.
    package init(readingFrom path: String) throws(StartRefusal) {
        let bytes: Data
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? handle.close() }
            bytes = try handle.read(upToCount: Self.byteLimit + 1) ?? Data()
        } catch {
            throw StartRefusal(
                .configuration, "cannot read the configuration file \(path): \(reason(of: error))")
        }
        try self.init(path: path, bytes: Array(bytes))
    }

    package init(path: String, bytes: [UInt8]) throws(StartRefusal) {
        func refusal(_ message: String) -> StartRefusal { StartRefusal(.configuration, message) }
        guard bytes.count <= Self.byteLimit else {
            throw refusal("the configuration file \(path) has more than \(Self.byteLimit) bytes")
        }
        let members: [String: Value]
        do {
            members = try JSONDecoder().decode([String: Value].self, from: Data(bytes))
        } catch DecodingError.typeMismatch {
            throw refusal("the configuration file \(path) must hold one JSON object, { … }")
        } catch {
            throw refusal("the configuration file \(path) is not JSON")
        }
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for (key, value) in members.sorted(by: { $0.key < $1.key }) {
            guard let setting = Setting(rawValue: key) else {
                throw refusal(Self.unknown(key, in: path))
            }
            guard let content = setting.kind.content(of: value) else {
                throw refusal("\"\(key)\" in \(path) must be \(setting.kind.description)")
            }
            values[AbsoluteConfigKey([key])] = ConfigValue(content, isSecret: false)
        }
        self.path = path
        self.values = values
    }

    private static func unknown(_ key: String, in path: String) -> String {
        let known = Setting.allCases.map(\.key)
        let hint =
            nearestWord(to: key, among: known).map { "did you mean \"\($0)\"?" }
            ?? "known are " + known.joined(separator: ", ")
        return "unknown key \"\(key)\" in the configuration file \(path); \(hint)"
    }
}

extension ConfigurationFile {
    /// The JSON values that settings have, told apart strictly: `1` is not `true`.
    fileprivate enum Value: Decodable {
        case toggle(Bool)
        case integer(Int)
        case text(String)
        case list([String])
        case other

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let value = try? container.decode(Bool.self) {
                self = .toggle(value)
            } else if let value = try? container.decode(Int.self) {
                self = .integer(value)
            } else if let value = try? container.decode(String.self) {
                self = .text(value)
            } else if let value = try? container.decode([String].self) {
                self = .list(value)
            } else {
                self = .other
            }
        }
    }
}

extension Setting.Kind {
    /// What a value must be, for errors: "must be …".
    var description: String {
        switch self {
        case .toggle: "true or false"
        case .integer: "a whole number"
        case .text: "a string"
        case .list: "a string or a list of strings"
        }
    }

    fileprivate func content(of value: ConfigurationFile.Value) -> ConfigContent? {
        switch (self, value) {
        case (.toggle, .toggle(let value)): .bool(value)
        case (.integer, .integer(let value)): .int(value)
        case (.text, .text(let value)): .string(value)
        case (.list, .text(let value)): .stringArray([value])
        case (.list, .list(let values)): .stringArray(values)
        default: nil
        }
    }
}
