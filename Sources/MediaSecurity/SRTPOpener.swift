package import Primitives

/// Opens what one peer sends (RFC 3711, RFC 7714): finds the packet index, checks the tag, refuses
/// repetitions. All the peer's sources share one key.
package struct SRTPOpener: ~Copyable {
    package let profile: SRTPProfile
    private let rtp: SRTPCipher
    private let rtcp: SRTPCipher
    private var rtpSources = SourceTable()
    private var rtcpSources = SourceTable()

    /// - Parameters:
    ///   - key: the master key of the peer's direction, `profile.keySize` bytes.
    ///   - salt: the master salt of the peer's direction, `profile.saltSize` bytes.
    package init(
        profile: SRTPProfile, key: Redacted<[UInt8]>, salt: Redacted<[UInt8]>,
        engine: SRTPEngine = .fastest
    ) {
        self.profile = profile
        rtp = SRTPCipher(
            profile: profile, .opening, .rtp, engine: engine, masterKey: key.value,
            masterSalt: salt.value)
        rtcp = SRTPCipher(
            profile: profile, .opening, .rtcp, engine: engine, masterKey: key.value,
            masterSalt: salt.value)
    }

    package init(_ material: borrowing SRTPKeyingMaterial) {
        self.init(profile: material.profile, key: material.remoteKey, salt: material.remoteSalt)
    }

    /// Opens one RTP packet and appends the clear one to `clear`, which needs `packet.byteCount`
    /// bytes of room.
    ///
    /// - Parameters:
    ///   - headerSize: of the whole header with its CSRCs and extensions, as the caller's parser
    ///     found it; 12 at least.
    ///   - ssrc, sequence: as they stand in that header.
    package mutating func open(
        _ packet: RawSpan, headerSize: Int, ssrc: UInt32, sequence: UInt16,
        into clear: inout ByteWriter
    ) -> SRTPOutcome {
        guard headerSize >= 12, packet.byteCount <= MediaSecurityLimits.packetSize,
            packet.byteCount - profile.tagSize >= headerSize
        else { return .violation(.malformed) }
        let position = rtpSources.find(ssrc)
        var index = UInt64(sequence)
        if let position {
            let window = rtpSources.window(at: position)
            guard let likely = window.index(of: sequence), window.allows(likely) else {
                return .violation(.replay)
            }
            index = likely
        } else if rtpSources.isFull {
            return .violation(.tooManySources)
        }
        guard
            rtp.open(
                packet, headerSize: headerSize, ssrc: ssrc, index: index,
                tagSize: profile.tagSize, into: &clear)
        else { return .violation(.authentication) }
        rtpSources.insert(index, of: ssrc, at: position)
        return .opened
    }

    /// Opens one compound RTCP packet and appends the clear one to `clear`, which needs
    /// `packet.byteCount` bytes of room. Unencrypted ones are refused: nobody negotiates them.
    package mutating func openRTCP(
        _ packet: RawSpan, into clear: inout ByteWriter
    ) -> SRTPOutcome {
        guard packet.byteCount >= 8 + profile.rtcpOverhead,
            packet.byteCount <= MediaSecurityLimits.packetSize
        else { return .violation(.malformed) }
        let word = packet.uint32(at: packet.byteCount - indexWordDistance)
        guard word & 0x8000_0000 != 0 else { return .violation(.malformed) }
        let index = UInt64(word & 0x7FFF_FFFF)
        // Senders may count for each of their sources (RFC 3711 §3.2.1), and browsers do.
        let ssrc = packet.uint32(at: 4)
        let position = rtcpSources.find(ssrc)
        if let position {
            guard rtcpSources.window(at: position).allows(index) else {
                return .violation(.replay)
            }
        } else if rtcpSources.isFull {
            return .violation(.tooManySources)
        }
        guard rtcp.openRTCP(packet, overhead: profile.rtcpOverhead, into: &clear) else {
            return .violation(.authentication)
        }
        rtcpSources.insert(index, of: ssrc, at: position)
        return .opened
    }

    /// How far from the packet's end the word with the E flag and the index stands: behind the tag
    /// with GCM (RFC 7714 §9.3), before it otherwise (RFC 3711 §3.4).
    private var indexWordDistance: Int {
        switch profile {
        case .aeadAES128GCM: 4
        case .aes128CMHMACSHA1_80: 4 + profile.tagSize
        }
    }
}
