import CSecurity

/// What computes AES-128-GCM for RTP on this machine: OpenSSL always, and Intel's multi-buffer library
/// (libipsec_mb) where it is installed and the processor has what it takes. RTCP, and the profile with
/// HMAC-SHA1, are OpenSSL's.
package struct SRTPEngine: Hashable, Sendable, CustomStringConvertible {
    /// As a log line says it.
    package let description: String
    let number: Int32
    /// CPU time to seal a packet of 1,200 bytes, in nanoseconds, as measured once at start.
    package let sealingTime: Int64

    private init?(_ description: String, _ number: Int) {
        let time = c_rostrum_srtp_measure(Int32(number))
        guard time >= 0 else { return nil }
        self.description = description
        self.number = Int32(number)
        sealingTime = time
    }

    /// Those that this machine has.
    package static let available: [SRTPEngine] = [
        SRTPEngine("OpenSSL", C_ROSTRUM_OPENSSL), SRTPEngine("libipsec_mb", C_ROSTRUM_IPSEC_MB),
    ].compactMap { $0 }

    /// The one that took the least time.
    package static let fastest: SRTPEngine = available.min { $0.sealingTime < $1.sealingTime }!
}
