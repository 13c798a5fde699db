import Crypto
import FoundationEssentials
import ParticipantTokens
import Primitives
import Testing

@Suite("Participant tokens")
struct TokenAuthorityTests {
    private let noon = Golden.issuedAt + .seconds(3600)

    private func authority() async throws -> TokenAuthority {
        try await TokenAuthority(keys: [try Golden.key()])
    }

    @Test("says exactly the documented claims")
    func golden() async throws {
        let authority = try await authority()
        let host = try await authority.mint(Golden.claims)
        #expect(payloadText(of: host) == Golden.payload)
        let viewer = try await authority.mint(Golden.viewerClaims)
        #expect(payloadText(of: viewer) == Golden.viewerPayload)

        let header = Data(base64Encoded: String(host.split(separator: ".")[0]))
        #expect(
            header.map { String(decoding: $0, as: UTF8.self) }
                == #"{"alg":"ES384","kid":"\#(Golden.kid)","typ":"JWT"}"#)
    }

    @Test("reads what it minted and what another library signed")
    func roundTrip() async throws {
        let authority = try await authority()
        let minted = try await authority.mint(Golden.claims)
        #expect(try await authority.verify(minted, at: noon) == Golden.claims)
        #expect(try await authority.verify(Golden.token, at: noon) == Golden.claims)
        #expect(try await authority.verify(Golden.viewerToken, at: noon) == Golden.viewerClaims)
    }

    @Test("expires, with 30 s of leeway on both sides")
    func expiry() async throws {
        let authority = try await authority()
        let end = Golden.claims.expiresAt
        _ = try await authority.verify(Golden.token, at: end + .milliseconds(29_999))
        await #expect(throws: TokenViolation.expired(at: end)) {
            try await authority.verify(Golden.token, at: end + .seconds(30))
        }
        _ = try await authority.verify(Golden.token, at: Golden.issuedAt + .seconds(-30))
        await #expect(throws: TokenViolation.self) {
            try await authority.verify(Golden.token, at: Golden.issuedAt + .seconds(-31))
        }
    }

    @Test("refuses every forged token as malformed")
    func forged() async throws {
        let authority = try await authority()
        let payload = Golden.payload
        let kid = Golden.kid
        let secret = SymmetricKey(data: Data((Golden.publicPEM + "\n").utf8))
        let other = P384.Signing.PrivateKey()
        let p256 = P256.Signing.PrivateKey()
        func header(_ algorithm: String) -> String { #"{"alg":"\#(algorithm)","kid":"\#(kid)"}"# }
        let forged: [String: String] = [
            "alg none": forge(header: header("none"), payload: payload) { _ in [UInt8]() },
            "alg None": forge(header: header("None"), payload: payload) { _ in [UInt8](1...96) },
            "HS256 with the public key": forge(header: header("HS256"), payload: payload) {
                Array(HMAC<SHA256>.authenticationCode(for: Data($0.utf8), using: secret))
            },
            "HS384 with the public key": forge(header: header("HS384"), payload: payload) {
                Array(HMAC<SHA384>.authenticationCode(for: Data($0.utf8), using: secret))
            },
            "an HMAC that says ES384": forge(header: header("ES384"), payload: payload) {
                Array(HMAC<SHA384>.authenticationCode(for: Data($0.utf8), using: secret))
            },
            "another key": try forge(header: header("ES384"), payload: payload) {
                Array(try other.signature(for: Data($0.utf8)).rawRepresentation)
            },
            "P-256": try forge(header: header("ES256"), payload: payload) {
                Array(try p256.signature(for: Data($0.utf8)).rawRepresentation)
            },
            "a DER signature": try forge(header: header("ES384"), payload: payload) {
                let key = try P384.Signing.PrivateKey(pemRepresentation: Golden.privatePEM)
                return Array(try key.signature(for: Data($0.utf8)).derRepresentation)
            },
            "no signature": forge(header: header("ES384"), payload: payload) { _ in [UInt8]() },
            "all zero": forge(header: header("ES384"), payload: payload) { _ in
                [UInt8](repeating: 0, count: 96)
            },
            "no kid": try signed(payload, header: #"{"alg":"ES384"}"#),
            "wrong kid": try signed(payload, header: #"{"alg":"ES384","kid":"\#(kid)x"}"#),
            "critical": try signed(
                payload, header: #"{"alg":"ES384","kid":"\#(kid)","crit":["exp"]}"#),
            "embedded key": try signed(payload, header: #"{"alg":"ES384","jwk":{"kty":"EC"}}"#),
            "two parts": String(Golden.token.prefix { $0 != "." }) + ".e30",
            "four parts": Golden.token + ".e30",
            "empty": "",
            "dots": "..",
            "padding": Golden.token + "=",
            "white space": " " + Golden.token,
            "changed claims": Golden.token.replacing("YXR0", with: "YXR1").replacing(
                "eyJleHAi", with: "eyJleHBi"),
            "too long": try signed(
                payload.replacing("Éva", with: String(repeating: "x", count: 8192))),
        ]
        for (name, token) in forged {
            guard case .malformed(let reason) = await violation(of: token, authority) else {
                Issue.record("\(name) was not refused as malformed")
                continue
            }
            #expect(!reason.isEmpty)
        }
    }

    private func violation(
        of token: String, _ authority: TokenAuthority
    ) async -> TokenViolation? {
        do throws(TokenViolation) {
            _ = try await authority.verify(token, at: noon)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "refuses rightly signed nonsense and says which claim",
        arguments: [
            (#""exp":1700043200,"#, "", "exp"),
            (#""iat":1700000000,"#, "", "iat"),
            (#""jti":"Abc_d-3fGhIj","#, "", "jti"),
            (#""topic":"VSWjvX5XOkU3","#, "", "topic"),
            (#""version":"1.0","#, "", "version"),
            (#","whip_url":"http://127.0.0.1:7700/whip""#, "", "whip_url"),
            (#""events_url":"ws://127.0.0.1:7700/events","#, "", "events_url"),
            (
                #""resource":"arn:aws:ivs:local:000000000000:stage/VSWjvX5XOkU3","#, "",
                "resource"
            ),
            (
                #""capabilities":{"allow_publish":true,"allow_subscribe":true},"#, "",
                "capabilities"
            ),
            ("1700043200", "1700043200.5", "exp"), ("1700043200", "\"1700043200\"", "exp"),
            ("1700043200", "null", "exp"), ("1700043200", "1e300", "exp"),
            ("1700043200", "9223372036854775807", "exp"), ("1700043200", "1700000000", "exp"),
            ("1700043200", "1701209601", "14 days"), ("1700000000", "-1", "exp"),
            ("1700000000", "true", "iat"),
            ("Abc_d-3fGhIj", "", "jti"), ("Abc_d-3fGhIj", "a b", "jti"),
            ("Abc_d-3fGhIj", "é", "jti"),
            ("Abc_d-3fGhIj", String(repeating: "x", count: 65), "jti"),
            (#""topic":"VSWjvX5XOkU3""#, #""topic":"other""#, "topic"),
            (#""topic":"VSWjvX5XOkU3""#, #""topic":"XOkU3""#, "topic"),
            (#""topic":"VSWjvX5XOkU3""#, #""topic":"""#, "topic"),
            (#""version":"1.0""#, #""version":"2.0""#, "version"),
            ("host ☃", String(repeating: "☃", count: 129), "user_id"),
            ("Éva", String(repeating: "x", count: 1025), "attributes"),
            ("\"Éva\"", "1", "attributes.name"),
            (#""allow_publish":true"#, #""allow_publish":"yes""#, "capabilities.allow_publish"),
        ])
    func impossibleClaims(original: String, replacement: String, named: String) async throws {
        #expect(Golden.payload.contains(original))
        let payload = Golden.payload.replacing(original, with: replacement)
        let authority = try await authority()
        guard case .malformed(let reason) = await violation(of: try signed(payload), authority)
        else {
            Issue.record("accepted \(payload)")
            return
        }
        #expect(reason.contains(named), "\(reason)")
    }

    @Test("a capability that is false or absent is not granted; unknown claims are ignored")
    func lenient() async throws {
        let authority = try await authority()
        let payload = Golden.payload
            .replacing(#""allow_publish":true"#, with: #""allow_publish":false,"allow_fly":true"#)
            .replacing(#"{"attributes""#, with: #"{"aud":["x"],"attributes""#)
        let claims = try await authority.verify(try signed(payload), at: noon)
        #expect(claims.capabilities == [.subscribe])
    }

    @Test("a rotated key signs, and the one before it still verifies until it is removed")
    func rotation() async throws {
        let authority = try await authority()
        let old = try await authority.mint(Golden.claims)
        let next = TokenKey.generate(
            id: "arn:aws:ivs:local:0:public-key/B", at: Golden.issuedAt + .seconds(1))
        await authority.add(next)
        let new = try await authority.mint(Golden.claims)
        #expect(try await authority.verify(old, at: noon) == Golden.claims)
        #expect(try await authority.verify(new, at: noon) == Golden.claims)
        #expect(authority.knownKeys.map(\.id) == [Golden.kid, next.id])

        await authority.remove(id: Golden.kid)
        #expect(try await authority.verify(new, at: noon) == Golden.claims)
        await #expect(throws: TokenViolation.self) { try await authority.verify(old, at: noon) }
        let onlyNew = try await TokenAuthority(keys: [next])
        #expect(try await onlyNew.verify(new, at: noon) == Golden.claims)
    }

    @Test("verifies with an imported public key, and never signs with one")
    func imported() async throws {
        let imported = try TokenKey(
            id: Golden.kid, createdAt: noon, importedPublicPEM: Golden.publicPEM)
        await #expect(throws: TokenMintingError.noSigningKey) {
            try await TokenAuthority(keys: [imported])
        }
        let own = TokenKey.generate(
            id: "arn:aws:ivs:local:0:public-key/own", at: WallTime(unixSeconds: 1))
        let authority = try await TokenAuthority(keys: [own, imported])
        #expect(try await authority.verify(Golden.token, at: noon) == Golden.claims)
        let minted = try await authority.mint(Golden.claims)
        #expect(try await authority.verify(minted, at: noon) == Golden.claims)
        #expect(
            minted.split(separator: ".")[0] != Golden.token.split(separator: ".")[0],
            "signed by the own key")
    }

    @Test("mints nothing that it would refuse")
    func impossibleToMint() async throws {
        let authority = try await authority()
        var claims = Golden.claims
        claims.expiresAt = claims.issuedAt + .seconds(14 * 24 * 3600 + 1)
        await #expect(throws: TokenMintingError.self) { try await authority.mint(claims) }
        claims = Golden.claims
        claims.attributes = ["k": String(repeating: "\u{1}", count: 1023)]
        claims.eventsURL = "wss://" + String(repeating: "e", count: 2042)
        await #expect(throws: TokenMintingError.self, "JSON escapes make it longer than 8 KiB") {
            try await authority.mint(claims)
        }
    }

    @Test("a key survives its stored form, and its secret is not printed")
    func keyMaterial() async throws {
        let made = TokenKey.generate(id: "k", at: noon)
        let stored = try #require(made.privatePEM)
        #expect("\(stored)" == "<redacted>")
        let loaded = try TokenKey(id: "k", createdAt: noon, privatePEM: stored)
        #expect(loaded.publicPEM == made.publicPEM)
        let authority = try await TokenAuthority(keys: [loaded])
        let token = try await TokenAuthority(keys: [made]).mint(Golden.claims)
        #expect(try await authority.verify(token, at: noon) == Golden.claims)

        #expect(throws: TokenKeyError.notAPrivateKey) {
            try TokenKey(id: "k", createdAt: noon, privatePEM: Redacted(made.publicPEM))
        }
        #expect(throws: TokenKeyError.notAPublicKey) {
            try TokenKey(id: "k", createdAt: noon, importedPublicPEM: stored.value)
        }
        let p256 = P256.Signing.PrivateKey().publicKey.pemRepresentation
        #expect(throws: TokenKeyError.notAPublicKey) {
            try TokenKey(id: "k", createdAt: noon, importedPublicPEM: p256)
        }
    }

    @Test("no mutation of a token is accepted or traps")
    func fuzz() async throws {
        let authority = try await authority()
        var random = SeededGenerator(seed: 1)
        let original = Array(Golden.token.utf8)
        for _ in 0..<1500 {
            let bytes = mutate(original, using: &random)
            guard bytes != original else { continue }
            let token = String(decoding: bytes, as: UTF8.self)
            await #expect(throws: TokenViolation.self) {
                try await authority.verify(token, at: noon)
            }
        }
    }

    private func mutate(_ original: [UInt8], using random: inout SeededGenerator) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let index = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes[index] = .random(in: 0...127, using: &random)
            case 1: bytes.insert(bytes[index], at: index)
            default: bytes = Array(bytes.prefix(index + 1))
            }
        }
        return bytes
    }
}
