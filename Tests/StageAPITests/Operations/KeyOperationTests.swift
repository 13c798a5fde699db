import Crypto
import ParticipantTokens
import Primitives
import Storage
import Testing

@testable import StageAPI

@Suite("Public keys")
struct KeyOperationTests {
    /// Made with `openssl ecparam -name secp384r1 -genkey`, and its fingerprint with
    /// `openssl pkey -pubin -outform DER | sha256sum | cut -c 1-32`.
    private static let pem = """
        -----BEGIN PUBLIC KEY-----
        MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE/ehLbKexvkyyEvMRt97dtV/NlJquG0s9
        80/tgSiLrTIizvHe73pjerzRSbqIN2URDTVdDuOo/82AIfVSwEJzZHbRG5fayjHL
        +dqsVc/Za8SnbBz5B1ayDtrwnv9ZvkPR
        -----END PUBLIC KEY-----
        """
    private static let fingerprint = "65:72:18:05:f9:da:36:64:b4:08:08:99:fa:47:79:5d"

    private func importing(_ pem: String) -> JSONValue { ["publicKeyMaterial": .string(pem)] }

    @Test("a key is imported, read, listed and deleted")
    func life() async throws {
        let test = try await TestService()
        let output = try await test.succeed(
            "ImportPublicKey",
            ["publicKeyMaterial": .string(Self.pem), "name": "k-1", "tags": ["a": "b"]])
        let arn = try #require(output["publicKey"]?["arn"])
        #expect(
            arn.string?.wholeMatch(of: /arn:aws:ivs:local:000000000000:public-key\/[0-9A-Za-z]{12}/)
                != nil)
        let key: JSONValue = [
            "arn": arn, "name": "k-1", "tags": ["a": "b"],
            "publicKeyMaterial": .string(Self.pem), "fingerprint": .string(Self.fingerprint),
        ]
        #expect(output == ["publicKey": key])
        #expect(try await test.succeed("GetPublicKey", ["arn": arn]) == ["publicKey": key])
        let summary: JSONValue = ["arn": arn, "name": "k-1", "tags": ["a": "b"]]
        #expect(try await test.succeed("ListPublicKeys") == ["publicKeys": [summary]])
        #expect(try await test.succeed("DeletePublicKey", ["arn": arn]) == [:])
        #expect(try await test.succeed("ListPublicKeys") == ["publicKeys": []])
        for operation in ["GetPublicKey", "DeletePublicKey"] {
            let answer = try await test.call(operation, ["arn": arn])
            #expect(answer.error == "404 ResourceNotFoundException")
        }
    }

    @Test("how the PEM is wrapped does not matter; the same key twice is a conflict")
    func duplicates() async throws {
        let test = try await TestService()
        let variants = [
            Self.pem + "\n", Self.pem.replacing("\n", with: "\r\n"),
            "comment -----BEGIN PUBLIC KEY-----" + Self.pem.dropFirst(26) + "\nmore\n",
            "-----BEGIN PUBLIC KEY-----\n"
                + Self.pem.split(separator: "\n").dropFirst().dropLast().joined()
                + "\n-----END PUBLIC KEY-----",
        ]
        for variant in variants {
            let output = try await test.succeed("ImportPublicKey", importing(variant))
            #expect(output["publicKey"]?["publicKeyMaterial"] == .string(variant))
            #expect(output["publicKey"]?["fingerprint"] == .string(Self.fingerprint))
            let twin = try await test.call("ImportPublicKey", importing(Self.pem))
            #expect(twin.error == "409 ConflictException")
            let arn = try #require(output["publicKey"]?["arn"])
            #expect(twin.message.contains(arn.string!))
            _ = try await test.succeed("DeletePublicKey", ["arn": arn])
        }
    }

    @Test("what is not a P-384 public key is refused")
    func notKeys() async throws {
        let test = try await TestService()
        let lines = Self.pem.split(separator: "\n")
        for text in [
            "", "x", P256.Signing.PrivateKey().publicKey.pemRepresentation,
            P521.Signing.PrivateKey().publicKey.pemRepresentation,
            P384.Signing.PrivateKey().pemRepresentation,
            Self.pem.replacing("BEGIN PUBLIC", with: "BEGIN EC PUBLIC"),
            lines.dropLast().joined(separator: "\n"), lines.dropFirst().joined(separator: "\n"),
            "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
            Self.pem.replacing("MHYw", with: "MHYx"), Self.pem.replacing("+dqs", with: "-dqs"),
            "-----END PUBLIC KEY-----\n-----BEGIN PUBLIC KEY-----",
            Self.pem + String(repeating: "\n", count: 4096),
        ] {
            let answer = try await test.call("ImportPublicKey", importing(text))
            #expect(answer.error == "400 ValidationException", "\(text)")
            #expect(answer.message.contains("publicKeyMaterial"))
        }
        let missing = try await test.call("ImportPublicKey")
        #expect(missing.message.contains("null at 'publicKeyMaterial'"))
    }

    @Test("three keys are the limit, also when several come at once")
    func quota() async throws {
        let test = try await TestService()
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    let pem = P384.Signing.PrivateKey().publicKey.pemRepresentation
                    return try await test.call(
                        "ImportPublicKey", ["publicKeyMaterial": .string(pem)]
                    ).status
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }.sorted()
        }
        #expect(statuses == [200, 200, 200, 402, 402, 402])
        let answer = try await test.call("ImportPublicKey", importing(Self.pem))
        #expect(answer.error == "402 ServiceQuotaExceededException")
        #expect(answer.message.contains("limit of 3 public keys"))
        let larger = try await TestService(storage: test.storage) { $0.publicKeys = 4 }
        _ = try await larger.succeed("ImportPublicKey", importing(Self.pem))
    }

    @Test("keys are listed in pages")
    func pages() async throws {
        let test = try await TestService { $0.publicKeys = 7 }
        var arns: [JSONValue] = []
        for _ in 0..<7 { arns.append(.string(try await test.importKey(SelfSigner()))) }
        for size in [1, 3, 7, 100] as [Int64] {
            let found = try await test.listAll("ListPublicKeys", "publicKeys", by: size)
            #expect(found.map { $0["arn"] } == arns)
        }
    }
}

@Suite("Self-signed tokens")
struct SelfSignedTokenTests {
    @Test("a token that a backend signed is good from the import until the key is deleted")
    func life() async throws {
        let test = try await TestService()
        let stage = try await test.createStage()
        let signer = SelfSigner()
        let arn = try await test.importKey(signer)
        let token = try signer.token(
            SelfSigner.claims(stage: stage, at: test.now), kid: arn)
        let claims = try await test.secrets.tokens.verify(token, at: test.now)
        #expect(claims.participant == ParticipantID("host_1"))
        #expect(claims.stageARN == stage)
        #expect(claims.userID == "alice")
        #expect(claims.attributes == ["role": "host"])
        #expect(claims.capabilities == [.publish])

        // Also after a restart.
        let restarted = try await TestService(storage: test.storage)
        _ = try await restarted.secrets.tokens.verify(token, at: test.now)

        _ = try await test.succeed("DeletePublicKey", ["arn": .string(arn)])
        await #expect(throws: TokenViolation.self) {
            try await test.secrets.tokens.verify(token, at: test.now)
        }
        let again = try await TestService(storage: test.storage)
        await #expect(throws: TokenViolation.self) {
            try await again.secrets.tokens.verify(token, at: test.now)
        }
        // Tokens of the deployment itself are another matter.
        let minted = try await test.succeed(
            "CreateParticipantToken", ["stageArn": .string(stage)])
        _ = try await again.secrets.tokens.verify(
            try #require(minted["participantToken"]?["token"]?.string), at: test.now)
    }

    static let wrong: [(String, JSONValue?)] = [
        ("exp", nil), ("exp", .integer(1_750_000_000 + 14 * 86_400 + 1)), ("exp", "soon"),
        ("iat", nil), ("jti", nil), ("jti", ""), ("jti", "a b"), ("resource", nil),
        ("resource", "arn:aws:ivs:local:000000000000:stage/another"), ("topic", nil),
        ("topic", "another"), ("events_url", nil), ("events_url", "ws://127.0.0.1:7700/events/"),
        ("events_url", "wss://global.events.live-video.net"), ("whip_url", nil),
        ("whip_url", "https://127.0.0.1:7700/whip"), ("capabilities", nil), ("version", nil),
        ("version", "2.0"), ("attributes", ["k": .integer(1)]),
    ]

    @Test("every claim must be right", arguments: wrong)
    func claims(name: String, value: JSONValue?) async throws {
        let test = try await TestService()
        let stage = try await test.createStage()
        let signer = SelfSigner()
        let arn = try await test.importKey(signer)
        var claims = SelfSigner.claims(stage: stage, at: test.now)
        claims[name] = value
        let token = try signer.token(claims, kid: arn)
        await #expect {
            try await test.secrets.tokens.verify(token, at: test.now)
        } throws: { error in
            guard case TokenViolation.malformed(let detail) = error else { return false }
            return detail.contains(name) || name == "attributes"
        }
    }

    @Test("only the key that kid names may have signed it")
    func forged() async throws {
        let test = try await TestService()
        let stage = try await test.createStage()
        let (signer, other) = (SelfSigner(), SelfSigner())
        let arn = try await test.importKey(signer)
        let claims = SelfSigner.claims(stage: stage, at: test.now)
        for (signer, kid) in [(other, arn), (signer, arn.replacingLast(with: "x")), (signer, "")] {
            let token = try signer.token(claims, kid: kid)
            await #expect(throws: TokenViolation.self) {
                try await test.secrets.tokens.verify(token, at: test.now)
            }
        }
    }
}

@Suite("Connection tokens")
struct ConnectionTokenTests {
    @Test("a revocation is stored for as long as the token could live")
    func revoke() async throws {
        let test = try await TestService()
        #expect(try await test.succeed("RevokeConnectionToken", ["tokenId": "ct_1-x"]) == [:])
        #expect(try await test.succeed("RevokeConnectionToken", ["tokenId": "ct_1-x"]) == [:])
        func revoked() async throws -> [String] {
            try await test.storage.settings(prefix: "revoked-connection-token/").keys.sorted()
        }
        #expect(try await revoked() == ["revoked-connection-token/ct_1-x"])
        let day: Duration = .seconds(86_400)
        _ = try await TestService(storage: test.storage, at: TestService.start + day * 28)
        #expect(try await revoked().count == 1)
        _ = try await TestService(storage: test.storage, at: TestService.start + day * 29)
        #expect(try await revoked().isEmpty)
    }

    @Test(
        "the id is checked",
        arguments: [nil, "", "a b", .string(String(repeating: "a", count: 65))] as [JSONValue?])
    func invalid(id: JSONValue?) async throws {
        let test = try await TestService()
        let answer = try await test.call(
            "RevokeConnectionToken", JSONValue(members: ["tokenId": id]))
        #expect(answer.error == "400 ValidationException")
        #expect(answer.message.contains("'tokenId'"))
    }
}
