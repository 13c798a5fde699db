package import Primitives

/// The SRTP protection profiles of `use_srtp` that we speak; the raw value is the registered number.
package enum SRTPProfile: UInt16, CaseIterable, Sendable {
    /// AES-128 in counter mode with HMAC-SHA1 cut to 80 bits (RFC 3711, RFC 5764 §4.1.2).
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case aes128CMHMACSHA1_80 = 0x0001
    /// AES-128-GCM (RFC 7714 §14.2).
    case aeadAES128GCM = 0x0007

    /// What sealing adds to an RTP packet, in bytes.
    package var tagSize: Int {
        switch self {
        case .aes128CMHMACSHA1_80: 10
        case .aeadAES128GCM: 16
        }
    }

    /// What sealing adds to an RTCP packet, in bytes: the tag and the index word.
    package var rtcpOverhead: Int { tagSize + 4 }

    /// Of master and session keys, in bytes.
    package var keySize: Int { 16 }

    /// Of master and session salts, in bytes.
    package var saltSize: Int {
        switch self {
        case .aes128CMHMACSHA1_80: 14
        case .aeadAES128GCM: 12
        }
    }

    /// OpenSSL's name.
    var name: String {
        switch self {
        case .aes128CMHMACSHA1_80: "SRTP_AES128_CM_SHA1_80"
        case .aeadAES128GCM: "SRTP_AEAD_AES_128_GCM"
        }
    }
}

/// The master keys of both directions that a DTLS handshake gave (RFC 5764 §4.2).
package struct SRTPKeyingMaterial: Equatable, Sendable {
    package let profile: SRTPProfile
    package let localKey: Redacted<[UInt8]>
    package let localSalt: Redacted<[UInt8]>
    package let remoteKey: Redacted<[UInt8]>
    package let remoteSalt: Redacted<[UInt8]>

    package init(
        profile: SRTPProfile, localKey: Redacted<[UInt8]>, localSalt: Redacted<[UInt8]>,
        remoteKey: Redacted<[UInt8]>, remoteSalt: Redacted<[UInt8]>
    ) {
        self.profile = profile
        self.localKey = localKey
        self.localSalt = localSalt
        self.remoteKey = remoteKey
        self.remoteSalt = remoteSalt
    }

    /// How many bytes are exported for `profile`.
    static func exportSize(for profile: SRTPProfile) -> Int {
        2 * (profile.keySize + profile.saltSize)
    }

    /// Cuts up what the exporter gave: client key, server key, client salt, server salt.
    init(profile: SRTPProfile, role: DTLSRole, exported: RawSpan) {
        let (key, salt) = (profile.keySize, profile.saltSize)
        func part(_ start: Int, _ size: Int) -> Redacted<[UInt8]> {
            Redacted(exported.extracting(start..<start + size).array)
        }
        let client = (key: part(0, key), salt: part(2 * key, salt))
        let server = (key: part(key, key), salt: part(2 * key + salt, salt))
        let (local, remote) = role == .server ? (server, client) : (client, server)
        self.init(
            profile: profile, localKey: local.key, localSalt: local.salt, remoteKey: remote.key,
            remoteSalt: remote.salt)
    }
}
