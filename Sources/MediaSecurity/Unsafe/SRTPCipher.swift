import CSecurity
import Primitives

/// The owner of one keyed cipher: one direction, RTP or RTCP. The key and the salt are in C memory
/// alone, and are overwritten when it ends.
@safe
struct SRTPCipher: ~Copyable {
    private let cipher: OpaquePointer

    enum Use { case rtp, rtcp }
    enum Direction { case sealing, opening }

    /// Derives the session key from a master key and salt (RFC 3711 §4.3).
    init(
        profile: SRTPProfile, _ direction: Direction, _ use: Use, engine: SRTPEngine,
        masterKey: [UInt8], masterSalt: [UInt8]
    ) {
        precondition(masterKey.count == profile.keySize && masterSalt.count == profile.saltSize)
        // Sound because both arrays have the sizes that C reads for the profile. NULL means that
        // no memory was left: an engine that is not here has no value (``SRTPEngine``).
        unsafe cipher = c_rostrum_srtp_cipher_derive(
            profile.rawValue, direction == .sealing, use == .rtcp, engine.number, masterKey,
            masterSalt)!
    }

    /// Takes a session key as it is: for the vectors of RFC 7714, which start from there.
    init(
        profile: SRTPProfile, _ direction: Direction, engine: SRTPEngine, sessionKey: [UInt8],
        sessionSalt: [UInt8]
    ) {
        precondition(profile == .aeadAES128GCM && sessionKey.count == profile.keySize)
        precondition(sessionSalt.count == profile.saltSize)
        // Sound because of the sizes just checked; a GCM cipher reads no authentication key.
        unsafe cipher = c_rostrum_srtp_cipher_create(
            profile.rawValue, direction == .sealing, engine.number, sessionKey, nil, sessionSalt)!
    }

    // Sound because nobody else frees it, and every other use is a borrow of `self`.
    deinit { unsafe c_rostrum_srtp_cipher_free(cipher) }

    /// Seals what stands in `bodyStart`..<`packet.count` in place, behind the header that begins at
    /// `headerStart`, and appends the sealed payload and the tag.
    @inline(__always)
    func seal(
        headerStart: Int, bodyStart: Int, payload: RawSpan, ssrc: UInt32, index: UInt64,
        tagSize: Int, into packet: inout ByteWriter, batch: inout SRTPBatch
    ) {
        let size = payload.byteCount + tagSize
        precondition(headerStart >= 0 && bodyStart - headerStart >= 12)
        precondition(bodyStart <= packet.count)
        precondition(packet.count - headerStart + size <= MediaSecurityLimits.packetSize)
        // Sound because `withUnsafeTail` checks that `size` bytes fit behind `offset`, header and body
        // lie between `headerStart` and `offset`, and the source cannot be the tail of a writer
        // that is borrowed exclusively.
        unsafe payload.withUnsafeBytes { source in
            unsafe packet.withUnsafeTail(reserving: size) { base, offset in
                let isSealed = unsafe c_rostrum_srtp_seal(
                    cipher, batch.batch, ssrc, index,
                    base.assumingMemoryBound(to: UInt8.self), headerStart, bodyStart - headerStart,
                    offset - bodyStart, source.baseAddress?.assumingMemoryBound(to: UInt8.self),
                    source.count)
                precondition(isSealed, "a keyed cipher failed to encrypt")
                return size
            }
        }
    }

    /// Appends the clear packet; on failure appends nothing and returns false.
    @inline(__always)
    func open(
        _ packet: RawSpan, headerSize: Int, ssrc: UInt32, index: UInt64, tagSize: Int,
        into clear: inout ByteWriter
    ) -> Bool {
        precondition(headerSize >= 0 && headerSize + tagSize <= packet.byteCount)
        precondition(packet.byteCount <= MediaSecurityLimits.packetSize)
        let size = packet.byteCount - tagSize
        var isOpened = false
        // Sound because C reads `packet.byteCount` bytes of the borrowed span and writes `size`
        // bytes, for which `withUnsafeTail` checks that there is room; the two cannot overlap,
        // because the writer is borrowed exclusively.
        unsafe packet.withUnsafeBytes { source in
            unsafe clear.withUnsafeTail(reserving: size) { base, offset in
                isOpened = unsafe c_rostrum_srtp_open(
                    cipher, ssrc, index,
                    source.baseAddress!.assumingMemoryBound(to: UInt8.self), headerSize,
                    source.count, (base + offset).assumingMemoryBound(to: UInt8.self))
                return isOpened ? size : 0
            }
        }
        return isOpened
    }

    /// Seals the RTCP packet at `start`..<`packet.count` in place and appends index word and tag.
    func sealRTCP(start: Int, index: UInt32, overhead: Int, in packet: inout ByteWriter) {
        let size = packet.count - start
        precondition(start >= 0 && size >= 8)
        precondition(size + overhead <= MediaSecurityLimits.packetSize)
        // Sound because the packet lies between `start` and `offset`, has the 8 bytes of header
        // that stay clear, and `withUnsafeTail` checks the room for what comes behind it.
        unsafe packet.withUnsafeTail(reserving: overhead) { base, offset in
            let isSealed = unsafe c_rostrum_srtcp_seal(
                cipher, index, (base + start).assumingMemoryBound(to: UInt8.self), offset - start)
            precondition(isSealed, "a keyed cipher failed to encrypt")
            return overhead
        }
    }

    /// Appends the clear RTCP packet; on failure appends nothing and returns false.
    func openRTCP(_ packet: RawSpan, overhead: Int, into clear: inout ByteWriter) -> Bool {
        precondition(packet.byteCount >= 8 + overhead)
        precondition(packet.byteCount <= MediaSecurityLimits.packetSize)
        let size = packet.byteCount - overhead
        var isOpened = false
        // Sound because C reads the borrowed span within its size, which was just checked to hold
        // the header, the index word and a tag, and writes `size` bytes, for which there is room.
        unsafe packet.withUnsafeBytes { source in
            unsafe clear.withUnsafeTail(reserving: size) { base, offset in
                isOpened = unsafe c_rostrum_srtcp_open(
                    cipher, source.baseAddress!.assumingMemoryBound(to: UInt8.self),
                    source.count, (base + offset).assumingMemoryBound(to: UInt8.self))
                return isOpened ? size : 0
            }
        }
        return isOpened
    }
}
