import CSecurity

/// What computes AES-128-GCM for RTP on this machine: OpenSSL always, and Intel's multi-buffer library
/// (libipsec_mb) where it is installed and the processor has what it takes. RTCP is OpenSSL's, and so is
/// the profile with HMAC-SHA1 but for the tags that ``SRTPBatch`` computes.
package struct SRTPEngine: Hashable, Sendable, CustomStringConvertible {
    /// As a log line says it.
    package let description: String
    let number: Int32
    /// CPU time to seal a packet of 1,200 bytes, in nanoseconds, as measured once at start.
    package let sealingTime: Int64

    private init?(_ description: String, _ number: Int) {
        let time = c_rostrum_srtp_measure(SRTPProfile.aeadAES128GCM.rawValue, Int32(number))
        guard time >= 0 else { return nil }
        self.description = description
        self.number = Int32(number)
        sealingTime = time
    }

    /// Those that this machine has.
    package static let available: [SRTPEngine] = [
        SRTPEngine("OpenSSL", C_ROSTRUM_OPENSSL), SRTPEngine("libipsec_mb", C_ROSTRUM_IPSEC_MB),
    ].compactMap { $0 }

    /// Whether libipsec_mb computes the tags of ``SRTPProfile/aes128CMHMACSHA1_80`` faster than OpenSSL, many
    /// at once (see ``SRTPBatch``); as measured once.
    package static let batchesTags: Bool = {
        let profile = SRTPProfile.aes128CMHMACSHA1_80.rawValue
        let batched = c_rostrum_srtp_measure(profile, Int32(C_ROSTRUM_IPSEC_MB))
        return batched >= 0 && batched < c_rostrum_srtp_measure(profile, Int32(C_ROSTRUM_OPENSSL))
    }()

    /// Measures now, which takes some milliseconds, and not in the first handshake.
    package static func measure() { _ = (fastest, batchesTags) }

    /// The one that took the least time.
    package static let fastest: SRTPEngine = available.min { $0.sealingTime < $1.sealingTime }!
}
