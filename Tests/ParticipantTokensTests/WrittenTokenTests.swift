import Foundation
import Testing

@testable import ParticipantTokens

@Suite("A token in its parts")
struct WrittenTokenTests {
    @Test("reads the base64url that it writes, of any length")
    func roundTrip() {
        for count in 0..<70 {
            let written = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 89 &+ count) }
            var text: [UInt8] = []
            appendBase64URL(written, to: &text)
            #expect(isBase64URL(text[...]))
            #expect(bytes(ofBase64URL: text[...]) == written)
        }
    }

    @Test(
        "takes no other characters, and no length that cannot be",
        arguments: [
            "A", "AAAAA", "AA=", "AA==", "A+AA", "A/AA", "A AA", "ÄAA",
        ])
    func malformed(text: String) {
        #expect(bytes(ofBase64URL: Array(text.utf8)[...]) == nil)
    }

    @Test("has three parts", arguments: ["", "a", "a.b", "a.b.c.d", "a.b.c=", "a.b .c"])
    func notThreeParts(text: String) {
        #expect(WrittenToken(text) == nil)
    }

    @Test("has empty parts where they are empty: what is in them is asked later")
    func emptyParts() throws {
        let token = try #require(WrittenToken("..YQ"))
        #expect(token.header.isEmpty && token.payload.isEmpty)
    }

    @Test("remembers so many headers at most")
    func headers() {
        var known = KnownHeaders()
        for number in 0..<TokenLimits.rememberedHeaders * 3 {
            let header = Array("\(number)".utf8)[...]
            known.remember("key", of: header)
            #expect(known[header] == "key")
        }
        let left = (0..<TokenLimits.rememberedHeaders * 3).filter {
            known[Array("\($0)".utf8)[...]] != nil
        }
        #expect(left.count <= TokenLimits.rememberedHeaders)
    }
}
