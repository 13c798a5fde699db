import JWTKit
package import Primitives

/// A P-384 key that participant tokens are signed or verified with, and its name.
package struct TokenKey: Sendable {
    /// Whose key it is.
    package enum Origin: String, Hashable, Codable, Sendable {
        /// Made by this deployment, which has the private half and mints with it.
        case deployment
        /// The public half of a key pair of the backend, which signs its own tokens.
        case imported
    }

    /// The ARN of the public key: the `kid` of the tokens that it signed.
    package let id: String
    package let origin: Origin
    package let createdAt: WallTime
    /// The public half as SubjectPublicKeyInfo in PEM.
    package var publicPEM: String { publicKey.pemRepresentation }
    /// The private half in PEM (PKCS #8), to be stored where only the owner can read it.
    package var privatePEM: Redacted<String>? {
        privateKey.map { Redacted($0.pemRepresentation) }
    }

    let publicKey: ES384PublicKey
    let privateKey: ES384PrivateKey?

    /// A new key pair from the system's randomness.
    package static func generate(id: String, at now: WallTime) -> TokenKey {
        TokenKey(id: id, createdAt: now, privateKey: ES384PrivateKey())
    }

    /// A key pair that was generated and stored before.
    /// - Parameter privatePEM: PKCS #8 (`BEGIN PRIVATE KEY`) or SEC 1 (`BEGIN EC PRIVATE KEY`).
    /// - Throws: ``TokenKeyError``.
    package init(
        id: String, createdAt: WallTime, privatePEM: Redacted<String>
    ) throws(TokenKeyError) {
        guard let key = try? ES384PrivateKey(pem: privatePEM.value) else {
            throw .notAPrivateKey
        }
        self.init(id: id, createdAt: createdAt, privateKey: key)
    }

    /// The public half of somebody else's key pair.
    /// - Throws: ``TokenKeyError``.
    package init(
        id: String, createdAt: WallTime, importedPublicPEM: String
    ) throws(TokenKeyError) {
        guard let key = try? ES384PublicKey(pem: importedPublicPEM) else { throw .notAPublicKey }
        self.id = id
        self.origin = .imported
        self.createdAt = createdAt
        self.publicKey = key
        self.privateKey = nil
    }

    private init(id: String, createdAt: WallTime, privateKey: ES384PrivateKey) {
        self.id = id
        self.origin = .deployment
        self.createdAt = createdAt
        self.publicKey = privateKey.publicKey
        self.privateKey = privateKey
    }
}

/// What is wrong with key material. Never holds the material.
package enum TokenKeyError: Error, Hashable, Sendable {
    /// Not a P-384 private key in PEM.
    case notAPrivateKey
    /// Not a P-384 public key in PEM (`BEGIN PUBLIC KEY`).
    case notAPublicKey
}
