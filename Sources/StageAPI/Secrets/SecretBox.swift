import Crypto
import FoundationEssentials
package import Primitives

/// Seals secrets for the database with AES-256-GCM (NIST SP 800-38D) under the master key.
///
/// What is sealed is bound to its place (a setting's key, for example): who can write to the database
/// cannot put one secret where another one stands. The sealed form is text,
/// `sealed1.<fingerprint of the master key>.<base64url of nonce, ciphertext and tag>`, which no value
/// that earlier versions stored plain can be.
package struct SecretBox: Sendable {
    private static let prefix = "sealed1."

    package let masterKey: MasterKey

    package init(masterKey: MasterKey) {
        self.masterKey = masterKey
    }

    /// - Parameter place: where it will be stored; the same must be given to open it.
    package func seal(_ secret: Redacted<String>, at place: String) -> String {
        // Fails for keys and nonces of a wrong length only, and the nonce is AES.GCM's own: 96
        // random bits, good for some billions of secrets under one key.
        guard
            let box = try? AES.GCM.seal(
                Array(secret.value.utf8), using: masterKey.symmetricKey,
                authenticating: Array(place.utf8)),
            let combined = box.combined
        else { preconditionFailure("AES-256-GCM refused a key of 256 bits") }
        return Self.prefix + masterKey.fingerprint + "." + base64URL(Array(combined))
    }

    /// - Throws: ``SecretBoxError``.
    package func open(
        _ text: String, at place: String
    ) throws(SecretBoxError) -> Redacted<String> {
        guard Self.isSealed(text) else { throw .notSealed }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .damaged }
        guard parts[1].elementsEqual(masterKey.fingerprint.utf8) else { throw .otherMasterKey }
        guard let combined = bytes(base64URL: String(decoding: parts[2], as: UTF8.self)),
            let box = try? AES.GCM.SealedBox(combined: combined),
            let opened = try? AES.GCM.open(
                box, using: masterKey.symmetricKey, authenticating: Array(place.utf8)),
            let secret = String(validating: opened, as: UTF8.self)
        else { throw .damaged }
        return Redacted(secret)
    }

    /// Whether `text` is of the sealed form; whoever sealed it.
    package static func isSealed(_ text: String) -> Bool { text.hasPrefix(prefix) }
}

/// Why a sealed secret stays shut.
package enum SecretBoxError: Error, Hashable, Sendable {
    case notSealed
    /// It was sealed under another master key than this one.
    case otherMasterKey
    /// It was changed, or moved here from another place.
    case damaged
}
