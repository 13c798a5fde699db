import Foundation
import Storage
import Testing

@testable import StorageSQLite

@Suite("The text of a column")
struct ColumnTextTests {
    private func encoded(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    @Test(
        "is what JSONEncoder writes, with and without escapes",
        arguments: [
            [:], ["a": ""], ["b": "2", "a": "1", "B": "3"], ["a/b": "c/d"], ["a": "\"quoted\""],
            ["back\\slash": "x"], ["a": "line\nbreak\u{1}\u{7F}"], ["ключ": "значение", "z": "🎥"],
        ])
    func maps(map: [String: String]) throws {
        #expect(try columnText(map) == encoded(map))
    }

    @Test("of a client is what JSONEncoder writes")
    func clients() throws {
        for name in ["Chrome", "", "Chr\"ome", "Хром"] {
            let facts = ClientFacts(
                osName: "Linux", osVersion: "6.1", browserName: name, browserVersion: "130.0.0.0",
                sdkVersion: "OBS-Studio 30", protocolName: "WHIP")
            #expect(try columnText(facts) == encoded(facts))
        }
        #expect(try columnText(ClientFacts()) == encoded(ClientFacts()))
    }
}
