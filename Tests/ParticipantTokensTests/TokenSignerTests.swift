import Crypto
import FoundationEssentials
import JWTKit
import Primitives
import Testing

@testable import ParticipantTokens

@Suite("Signing tokens")
struct TokenSignerTests {
    @Test("signatures are those of the key, for any key and digest")
    func signatures() throws {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<20 {
            let key = P384.Signing.PrivateKey()
            let signing = try #require(SigningKey(scalar: Array(key.rawRepresentation)))
            for _ in 0..<5 {
                let message = (0..<100).map { _ in UInt8.random(in: .min ... .max, using: &random) }
                let digest = SHA384.hash(data: message)
                let signature = signing.sign(digest: Array(digest))
                let parsed = try P384.Signing.ECDSASignature(rawRepresentation: signature)
                #expect(key.publicKey.isValidSignature(parsed, for: digest))
                #expect(signing.sign(digest: Array(digest)) != signature, "a nonce twice")
            }
        }
    }

    @Test("numbers that are no private key are refused")
    func scalars() throws {
        let order = hex(
            "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec"
                + "196accc52973")
        func with(last byte: UInt8, _ bytes: [UInt8]) -> [UInt8] { bytes.dropLast() + [byte] }
        let zero = [UInt8](repeating: 0, count: 48)
        #expect(SigningKey(scalar: zero) == nil)
        #expect(SigningKey(scalar: order) == nil)
        #expect(SigningKey(scalar: [UInt8](repeating: 0xFF, count: 48)) == nil)
        #expect(SigningKey(scalar: [1]) == nil)
        for scalar in [with(last: 1, zero), with(last: 0x72, order)] {
            let key = try P384.Signing.PrivateKey(rawRepresentation: scalar)
            let signing = try #require(SigningKey(scalar: scalar))
            for message in [[], Array("x".utf8)] {
                let digest = SHA384.hash(data: message)
                let signature = try P384.Signing.ECDSASignature(
                    rawRepresentation: signing.sign(digest: Array(digest)))
                #expect(key.publicKey.isValidSignature(signature, for: digest))
            }
        }
    }

    @Test("keys sign on many threads at once")
    func threads() async throws {
        let key = P384.Signing.PrivateKey()
        let signing = try #require(SigningKey(scalar: Array(key.rawRepresentation)))
        await withTaskGroup { tasks in
            for index in 0..<8 {
                tasks.addTask {
                    let digest = SHA384.hash(data: [UInt8(index)])
                    return (0..<20).allSatisfy { _ in
                        let raw = signing.sign(digest: Array(digest))
                        let signature = try? P384.Signing.ECDSASignature(rawRepresentation: raw)
                        return signature.map { key.publicKey.isValidSignature($0, for: digest) }
                            ?? false
                    }
                }
            }
            for await isRight in tasks { #expect(isRight) }
        }
    }

    @Test("whatever claims say comes back as it was, and as Foundation reads it")
    func escapes() async throws {
        let authority = try await TokenAuthority(keys: [try Golden.key()])
        var claims = Golden.claims
        for text in ["", "\"\\/\u{8}\n\u{0}\u{1F}\u{7F}", "ü€𝄞 😀", "</script>", "\u{2028}"] {
            claims.userID = text
            claims.attributes = [text + "k": text, "a": "b", "A": "", "é": "é"]
            let token = try await authority.mint(claims)
            #expect(try await authority.verify(token, at: Golden.issuedAt) == claims)
            let payload = Data(payloadText(of: token).utf8)
            #expect(try JSONDecoder().decode(TokenPayload.self, from: payload).userID == text)
        }
    }

    @Test("base64url of every length is Foundation's")
    func base64() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 151 + 7) }
            var text: [UInt8] = []
            appendBase64URL(bytes, to: &text)
            let expected = Data(bytes).base64EncodedString().replacing("+", with: "-")
                .replacing("/", with: "_").replacing("=", with: "")
            #expect(String(decoding: text, as: UTF8.self) == expected)
        }
    }

    private func hex(_ text: String) -> [UInt8] {
        let digits = text.map { UInt8($0.hexDigitValue!) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
