import COracle
import Primitives

@testable import MediaSecurity

/// Bytes written in hexadecimal; white space is for people.
func hex(_ text: String) -> [UInt8] {
    let digits = text.filter { !$0.isWhitespace }
    return stride(from: 0, to: digits.count, by: 2).map { offset in
        let start = digits.index(digits.startIndex, offsetBy: offset)
        return UInt8(digits[start..<digits.index(start, offsetBy: 2)], radix: 16)!
    }
}

extension SeededGenerator {
    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }
}

/// Master key and salt for tests: the same seed, the same keys.
struct Keys {
    let profile: SRTPProfile
    let key: Redacted<[UInt8]>
    let salt: Redacted<[UInt8]>
    let engine: SRTPEngine

    init(_ profile: SRTPProfile, _ engine: SRTPEngine = .fastest, seed: UInt64) {
        self.engine = engine
        var generator = SeededGenerator(seed: seed)
        self.profile = profile
        key = Redacted(generator.bytes(profile.keySize))
        salt = Redacted(generator.bytes(profile.saltSize))
    }

    var sealer: SRTPSealer {
        SRTPSealer(profile: profile, key: key, salt: salt, engine: engine)
    }
    var opener: SRTPOpener {
        SRTPOpener(profile: profile, key: key, salt: salt, engine: engine)
    }
    func oracle(sending: Bool) -> Oracle { Oracle(self, sending: sending) }
}

/// libsrtp2 with one direction's keys.
@safe
final class Oracle {
    private let pointer: OpaquePointer

    init(_ keys: Keys, sending: Bool) {
        let key = keys.key.value + keys.salt.value
        // Sound because the array is the key and the salt of the profile.
        unsafe pointer = unsafe c_oracle_srtp_create(keys.profile.rawValue, sending, key)!
    }

    // Sound because this object is the only owner.
    deinit { unsafe c_oracle_srtp_free(pointer) }

    /// `nil` when libsrtp refused.
    func protect(_ packet: [UInt8]) -> [UInt8]? {
        unsafe run(packet) { unsafe c_oracle_srtp_protect(pointer, $0, $1) }
    }
    func unprotect(_ packet: [UInt8]) -> [UInt8]? {
        unsafe run(packet) { unsafe c_oracle_srtp_unprotect(pointer, $0, $1) }
    }
    func protectRTCP(_ packet: [UInt8]) -> [UInt8]? {
        unsafe run(packet) { unsafe c_oracle_srtp_protect_rtcp(pointer, $0, $1) }
    }
    func unprotectRTCP(_ packet: [UInt8]) -> [UInt8]? {
        unsafe run(packet) { unsafe c_oracle_srtp_unprotect_rtcp(pointer, $0, $1) }
    }

    private func run(
        _ packet: [UInt8], _ call: (UnsafeMutablePointer<UInt8>, Int32) -> Int32
    ) -> [UInt8]? {
        // Sound because there is the room behind the packet that libsrtp may use.
        var buffer = packet + [UInt8](repeating: 0, count: 160)
        let count = unsafe buffer.withUnsafeMutableBufferPointer {
            unsafe call($0.baseAddress!, Int32(packet.count))
        }
        return count < 0 ? nil : Array(buffer.prefix(Int(count)))
    }
}

/// An RTP packet whose parts tests choose.
struct TestPacket {
    var header: [UInt8]
    var payload: [UInt8]
    var ssrc: UInt32
    var sequence: UInt16

    /// - Parameter extensionWords: the size of a header extension of profile 0xBEDE.
    init(
        ssrc: UInt32, sequence: UInt16, size: Int, extensionWords: Int? = nil, csrcs: Int = 0,
        using generator: inout SeededGenerator
    ) {
        var writer = ByteWriter(capacity: 256)
        writer.append(UInt8(0x80 | (extensionWords == nil ? 0 : 0x10) | csrcs))
        writer.append(UInt8(96))
        writer.append(sequence)
        writer.append(UInt32(truncatingIfNeeded: generator.next()))
        writer.append(ssrc)
        for _ in 0..<csrcs { writer.append(UInt32(truncatingIfNeeded: generator.next())) }
        if let extensionWords {
            writer.append(UInt16(0xBEDE))
            writer.append(UInt16(extensionWords))
            writer.append(contentsOf: generator.bytes(4 * extensionWords))
        }
        header = writer.array
        payload = generator.bytes(size)
        self.ssrc = ssrc
        self.sequence = sequence
    }

    var bytes: [UInt8] { header + payload }

    func sealed(by sealer: inout SRTPSealer, rollover: UInt32 = 0) -> [UInt8] {
        var writer = ByteWriter(capacity: 4096)
        writer.append(contentsOf: [1, 2, 3])  // headers need not start where the writer does
        writer.append(contentsOf: header)
        sealer.seal(
            headerStart: 3, payload: payload.rawSpan, ssrc: ssrc, sequence: sequence,
            rollover: rollover, into: &writer)
        return Array(writer.array.dropFirst(3))
    }

    func opened(
        _ sealed: [UInt8], by opener: inout SRTPOpener
    ) -> (outcome: SRTPOutcome, clear: [UInt8]) {
        var writer = ByteWriter(capacity: 4096)
        let outcome = opener.open(
            sealed.rawSpan, headerSize: header.count, ssrc: ssrc, sequence: sequence,
            into: &writer)
        return (outcome, writer.array)
    }
}

extension SRTPSealer {
    mutating func sealedRTCP(_ packet: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(capacity: 4096)
        writer.append(contentsOf: [9])
        writer.append(contentsOf: packet)
        sealRTCP(start: 1, in: &writer)
        return Array(writer.array.dropFirst())
    }
}

extension SRTPOpener {
    mutating func openedRTCP(_ sealed: [UInt8]) -> (outcome: SRTPOutcome, clear: [UInt8]) {
        var writer = ByteWriter(capacity: 4096)
        let outcome = openRTCP(sealed.rawSpan, into: &writer)
        return (outcome, writer.array)
    }
}
