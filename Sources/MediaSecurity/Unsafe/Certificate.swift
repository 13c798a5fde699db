import CSecurity
import Primitives

/// A self-signed ECDSA P-256 certificate and its key, made in memory and never stored: peers know
/// it by the fingerprint in the session description.
@safe
package final class Certificate: @unchecked Sendable {
    // Sound because OpenSSL's keys and certificates are not changed after `generate`, and their
    // reference counts are atomic.
    let pointer: OpaquePointer
    /// The SHA-256 fingerprint.
    package let fingerprint: Fingerprint

    private init(_ pointer: OpaquePointer, _ fingerprint: Fingerprint) {
        unsafe self.pointer = unsafe pointer
        self.fingerprint = fingerprint
    }

    // Sound because this object is the only owner.
    deinit { unsafe c_rostrum_certificate_free(pointer) }

    /// Makes a new key and certificate; about a quarter of a millisecond.
    package static func generate() throws(SecurityError) -> Certificate {
        // Sound because the digest is written into an array with room for the longest.
        guard let pointer = unsafe c_rostrum_certificate_create() else { throw .certificate }
        var digest = [UInt8](repeating: 0, count: 64)
        guard unsafe c_rostrum_certificate_digest(pointer, 256, &digest) else {
            unsafe c_rostrum_certificate_free(pointer)
            throw .certificate
        }
        return unsafe Certificate(
            pointer, Fingerprint(algorithm: "sha-256", bytes: Array(digest.prefix(32))))
    }

    /// The fingerprint with another digest of the SHA-2 family, of 256, 384 or 512 bits.
    package func fingerprint(bits: Int) -> Fingerprint? {
        var digest = [UInt8](repeating: 0, count: 64)
        // Sound because the array has room for the longest digest.
        guard unsafe c_rostrum_certificate_digest(pointer, Int32(clamping: bits), &digest) else {
            return nil
        }
        return Fingerprint(algorithm: "sha-\(bits)", bytes: Array(digest.prefix(bits / 8)))
    }
}
