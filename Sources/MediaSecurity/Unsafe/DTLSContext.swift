import CSecurity
import Primitives

/// What all DTLS associations with one certificate share: DTLS 1.2 or later, forward-secret AEAD
/// ciphers, a certificate asked of both sides, no resumption, no renegotiation.
@safe
package final class DTLSContext: @unchecked Sendable {
    // Sound because an SSL_CTX may be used by several threads once it is configured, and `init`
    // is the only place that configures it.
    let pointer: OpaquePointer
    package let certificate: Certificate

    /// With all profiles, AES-GCM preferred: it costs half of what HMAC-SHA1 does.
    package convenience init(certificate: Certificate) throws(SecurityError) {
        try self.init(
            certificate: certificate, profiles: [.aeadAES128GCM, .aes128CMHMACSHA1_80])
    }

    /// With a chosen list of profiles, the preferred first, not empty.
    package init(certificate: Certificate, profiles: [SRTPProfile]) throws(SecurityError) {
        let names = profiles.map(\.name).joined(separator: ":")
        // Sound because C copies the names and counts its own references to key and certificate.
        guard let pointer = unsafe c_rostrum_dtls_context_create(certificate.pointer, names) else {
            throw .context
        }
        unsafe self.pointer = unsafe pointer
        self.certificate = certificate
    }

    // Sound because this object is the only owner; associations hold their own reference to what
    // is inside.
    deinit { unsafe c_rostrum_dtls_context_free(pointer) }
}
