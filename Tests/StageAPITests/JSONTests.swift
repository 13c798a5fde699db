import Primitives
import Testing

@testable import StageAPI

@Suite("JSON")
struct JSONTests {
    @Test(
        "reads every kind of value",
        arguments: [
            ("null", JSONValue.null), (" true ", true), ("false", false), ("0", 0), ("-0", 0),
            ("-12", -12), ("1.5", .number(1.5)), ("1e3", .number(1000)),
            ("-1.5E-1", .number(-0.15)),
            ("9223372036854775807", .integer(.max)),
            ("9223372036854775808", .number(9_223_372_036_854_775_808)),
            (#""""#, ""), (#""a\n\"\\\/\b\f\r\té☃""#, "a\n\"\\/\u{8}\u{C}\r\té☃"),
            (#""\u00e9\uD83D\uDE00\u0000""#, "é😀\0"),
            ("[]", []), ("[1, [2] ,\n3]", [1, [2], 3]), ("{}", [:]),
            (#"{ "a" : {"b":[null]} , "a":2, "c":{} }"#, ["a": 2, "c": [:]]),
        ] as [(String, JSONValue)])
    func reads(text: String, value: JSONValue) throws {
        #expect(try JSONReader.read(Array(text.utf8)) == value)
    }

    @Test(
        "refuses what is not JSON",
        arguments: [
            "", " ", "nul", "tru", "True", "01", "+1", "1.", ".5", "1e", "-", "--1", "NaN", "'a'",
            "\"", "\"\n\"", #""\x""#, #""\u12""#, #""\uD800""#, #""\uDC00""#, #""\uD800A""#,
            "[1,]", "[1 2]", "[", "]", "{", "{,}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, "{1:2}",
            "1 2", "{} x", "\u{FEFF}{}", "/**/1",
        ])
    func refuses(text: String) {
        #expect(throws: JSONReader.Violation.self) { try JSONReader.read(Array(text.utf8)) }
    }

    @Test("refuses broken UTF-8 and deep nesting, and never traps")
    func hostile() {
        let quote = UInt8(ascii: "\"")
        for bytes: [UInt8] in [
            [quote, 0xFF, quote], [quote, 0xC0, 0x80, quote], [quote, 0xED, 0xA0, 0x80, quote],
            [UInt8](repeating: UInt8(ascii: "["), count: 100_000),
        ] {
            #expect(throws: JSONReader.Violation.self) { try JSONReader.read(bytes) }
        }
        var random = SeededGenerator(seed: 3)
        let alphabet = Array(#"{}[]",:\/u0123456789abcdefDtrnlsE+-. é"#.utf8)
        for _ in 0..<5000 {
            let count = Int.random(in: 0...40, using: &random)
            let bytes = (0..<count).map { _ in alphabet.randomElement(using: &random)! }
            _ = try? JSONReader.read(bytes)
        }
    }

    @Test("writes what it reads, in a stable order")
    func writes() throws {
        let value: JSONValue = [
            "z": [1, true, .null, .number(0.5)], "a": "\u{1}\"\\\n\u{7F}é/",
        ]
        #expect(value.text == #"{"a":"\u0001\"\\\n\u007fé/","z":[1,true,null,0.5]}"#)
        #expect(try JSONReader.read(Array(value.text.utf8)) == value)
    }
}
