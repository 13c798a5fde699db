import Testing

@testable import MediaSecurity

@Suite("Fingerprints and certificates")
struct FingerprintTests {
    private static let colons = (0..<32).map { _ in "aB" }.joined(separator: ":")

    @Test("Reads both cases and prints upper case")
    func parse() throws {
        let fingerprint = try #require(Fingerprint(sdpValue: "SHA-256 \(Self.colons)"))
        #expect(fingerprint.sdpValue == "sha-256 \(Self.colons.uppercased())")
        #expect(fingerprint == Fingerprint(sdpValue: fingerprint.sdpValue))
    }

    @Test(
        "Refuses what is malformed or weak",
        arguments: [
            "", "sha-256", "sha-256 ", "sha-256 AB", "sha-256 " + colons + ":AB",
            "sha-512 " + colons, "md5 " + colons,
            "sha-1 AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB",
            "sha-256 " + colons.replacing("aB", with: "xx"), "sha-256 " + colons.dropLast() + "+",
            "sha-256 " + colons + " ab", "sha-256 \u{1F600}", "sha-256 " + colons.dropLast(),
        ])
    func refuse(value: String) {
        #expect(Fingerprint(sdpValue: value) == nil)
    }

    @Test("Every certificate is new")
    func generate() throws {
        let first = try Certificate.generate()
        let second = try Certificate.generate()
        #expect(first.fingerprint != second.fingerprint)
        #expect(first.fingerprint == first.fingerprint(bits: 256))
        #expect(first.fingerprint(bits: 384)?.value.count == 48 * 3 - 1)
        #expect(first.fingerprint(bits: 512)?.value.count == 64 * 3 - 1)
        #expect(first.fingerprint(bits: 160) == nil)
    }
}
