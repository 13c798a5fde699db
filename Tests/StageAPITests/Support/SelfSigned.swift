import Crypto
import FoundationEssentials
import Primitives
import Testing

@testable import StageAPI

/// A backend that signs its own participant tokens.
struct SelfSigner {
    let key = P384.Signing.PrivateKey()
    var pem: String { key.publicKey.pemRepresentation }

    /// The claims of a good token; a test changes what it likes.
    static func claims(stage arn: String, at now: WallTime) -> [String: JSONValue] {
        [
            "exp": .integer(now.unixSeconds + 3600), "iat": .integer(now.unixSeconds),
            "jti": "host_1", "resource": .string(arn), "topic": .string(ResourceARN(arn)!.id),
            "events_url": "ws://127.0.0.1:7700/events", "whip_url": "http://127.0.0.1:7700/whip",
            "user_id": "alice", "attributes": ["role": "host"],
            "capabilities": ["allow_publish": true], "version": "1.0",
        ]
    }

    func token(_ claims: [String: JSONValue], kid: String) throws -> String {
        let header: JSONValue = ["alg": "ES384", "typ": "JWT", "kid": .string(kid)]
        let signed =
            base64URL(Array(header.text.utf8)) + "."
            + base64URL(Array(JSONValue.object(claims).text.utf8))
        let signature = try key.signature(for: Array(signed.utf8)).rawRepresentation
        return signed + "." + base64URL(Array(signature))
    }
}

extension TestService {
    /// Imports the key and returns its ARN.
    func importKey(_ signer: SelfSigner) async throws -> String {
        let output = try await succeed(
            "ImportPublicKey", ["publicKeyMaterial": .string(signer.pem)])
        return try #require(output["publicKey"]?["arn"]?.string)
    }
}
