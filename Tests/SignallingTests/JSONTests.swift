import Primitives
import Signalling
import Testing

@Suite struct JSONTests {
    @Test(arguments: [
        (#"null"#, JSONValue.null), (" true ", .bool(true)), ("-0", .integer(0)),
        ("9223372036854775807", .integer(.max)),
        ("9223372036854775808", .number(9.223372036854775808e18)),
        ("1.5e2", .number(150)), ("[]", .array([])), ("{ }", .object([])),
        (
            #"["a",{"b":[1]}]"#,
            .array([.string("a"), .object([JSONMember("b", .array([.integer(1)]))])])
        ),
        (#""\u00e9\ud83d\ude00\/\n""#, .string("é😀/\n")),
    ])
    func reads(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == value)
    }

    @Test(arguments: [
        "", " ", "nul", "truex", "01", "+1", "1.", ".5", "1e", "-", "[1,]", "[1 2]", "{\"a\"}",
        "{\"a\":1,}", "{a:1}", "\"", "\"\\x\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"",
        "\"\\u12\"", "\"\u{1}\"", "[", "{", "1 1", "NaN", "'a'",
    ])
    func refuses(text: String) {
        #expect(throws: JSONViolation.self) { try JSONValue(parsing: text) }
    }

    @Test func refusesDepth() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: JSONViolation.tooDeep(at: 17)) { try JSONValue(parsing: deep) }
    }

    @Test func writesWhatItReads() throws {
        let text = #"{"a":[1,-2.5,null,true,"\"\\\u0001\t é😀"],"b":{}}"#
        #expect(try JSONValue(parsing: text).encoded == text)
        #expect(JSONValue.number(.nan).encoded == "null")
        #expect(JSONValue.rounded(12.3456).encoded == "12.35")
        #expect(JSONValue.rounded(300).encoded == "300")
    }

    /// Hostile text gives a value or a violation, and what was read survives a round trip.
    @Test func anyTextIsRead() throws {
        var generator = SeededGenerator(seed: 4)
        let seeds = [
            #"{"type":"MUTE","payload":{"audioMuted":true,"videoStopped":false}}"#,
            #"[1,2.5e-3,"\u00e9\ud83d\ude00",[[[{}]]],null,false]"#,
        ]
        let alphabet = Array(#"{}[]":,\u0123456789abcdefE+-. truenlsé"#.utf8)
        for round in 0..<6000 {
            var bytes = Array(seeds[round % 2].utf8)
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[place] = alphabet.randomElement(using: &generator)!
                case 1: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
                default: bytes.remove(at: place)
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            _ = try? ClientMessage(parsing: text)
            guard let value = try? JSONValue(parsing: text) else { continue }
            let again = try JSONValue(parsing: value.encoded)
            #expect(again.encoded == value.encoded)
        }
    }
}
