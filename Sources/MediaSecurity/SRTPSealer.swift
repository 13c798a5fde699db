package import Primitives

/// Protects what one peer is sent (RFC 3711, RFC 7714). All its sources share one key.
///
/// The caller owns the packet index, rollover counter and sequence number together, and must never
/// seal two different packets, headers included, under the same SSRC and index: with GCM that gives
/// the authentication key away (RFC 7714 §8.4). A retransmission that is not RTX is therefore the
/// sealed bytes again, or a packet that is equal to the last bit.
package struct SRTPSealer: ~Copyable {
    package let profile: SRTPProfile
    /// Of the next RTCP packet; 31 bits, never reused.
    var rtcpIndex: UInt32 = 0
    private let rtp: SRTPCipher
    private let rtcp: SRTPCipher

    /// The most that sealing adds to an RTP packet with any profile.
    package static var overhead: Int { 16 }
    /// The most that sealing adds to an RTCP packet with any profile.
    package static var rtcpOverhead: Int { 20 }

    /// - Parameters:
    ///   - key: the master key of our direction, `profile.keySize` bytes.
    ///   - salt: the master salt of our direction, `profile.saltSize` bytes.
    package init(
        profile: SRTPProfile, key: Redacted<[UInt8]>, salt: Redacted<[UInt8]>,
        engine: SRTPEngine = .fastest
    ) {
        self.profile = profile
        rtp = SRTPCipher(
            profile: profile, .sealing, .rtp, engine: engine, masterKey: key.value,
            masterSalt: salt.value)
        rtcp = SRTPCipher(
            profile: profile, .sealing, .rtcp, engine: engine, masterKey: key.value,
            masterSalt: salt.value)
    }

    package init(_ material: borrowing SRTPKeyingMaterial) {
        self.init(profile: material.profile, key: material.localKey, salt: material.localSalt)
    }

    /// What sealing adds to an RTP packet.
    package var overhead: Int { profile.tagSize }

    /// Appends the sealed payload and the tag to the header at `headerStart`, which is complete,
    /// extensions included. The encryption is the copy: `payload` is read where it lies. `packet`
    /// needs ``overhead`` bytes of room besides.
    ///
    /// - Parameters:
    ///   - bodyStart: where the header ends. What `packet` has behind it already is the payload's
    ///     beginning, and is sealed in place: the original sequence number of a retransmission
    ///     (RFC 4588 §4), a payload descriptor that was written anew. `nil`: nothing is.
    ///   - batch: may write the tag later, when it is finished.
    @inline(__always)
    package mutating func seal(
        headerStart: Int, bodyStart: Int? = nil, payload: RawSpan, ssrc: UInt32, sequence: UInt16,
        rollover: UInt32, into packet: inout ByteWriter, batch: inout SRTPBatch
    ) {
        rtp.seal(
            headerStart: headerStart, bodyStart: bodyStart ?? packet.count, payload: payload,
            ssrc: ssrc, index: UInt64(rollover) << 16 | UInt64(sequence), tagSize: profile.tagSize,
            into: &packet, batch: &batch)
    }

    /// The same at once.
    package mutating func seal(
        headerStart: Int, bodyStart: Int? = nil, payload: RawSpan, ssrc: UInt32, sequence: UInt16,
        rollover: UInt32, into packet: inout ByteWriter
    ) {
        var none = SRTPBatch(capacity: 0, isUsed: false)
        seal(
            headerStart: headerStart, bodyStart: bodyStart, payload: payload, ssrc: ssrc,
            sequence: sequence, rollover: rollover, into: &packet, batch: &none)
    }

    /// Seals the compound RTCP packet at `start`..<`packet.count` in place, which has 8 bytes at
    /// least, and appends the index word and the tag: `profile.rtcpOverhead` bytes.
    ///
    /// - Returns: false when all 2^31 indices are used up (RFC 3711 §9.2); the packet is then taken
    ///   back, and nothing may be sent until there are new keys. At 100 packets a second that takes
    ///   eight months.
    @discardableResult
    package mutating func sealRTCP(start: Int, in packet: inout ByteWriter) -> Bool {
        guard rtcpIndex < 1 << 31 else {
            packet.truncate(to: start)
            return false
        }
        rtcp.sealRTCP(
            start: start, index: rtcpIndex, overhead: profile.rtcpOverhead, in: &packet)
        rtcpIndex += 1
        return true
    }
}
