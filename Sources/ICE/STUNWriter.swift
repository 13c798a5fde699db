package import Primitives

/// Appends one STUN message to a `ByteWriter`: header, attributes in the order of the calls, then
/// ``finish(_:key:)``.
package struct STUNWriter: Sendable {
    private let start: Int
    private let transactionID: STUNMessage.TransactionID

    /// Writes the header of a Binding message at the end of `output`.
    package init(
        _ messageClass: STUNMessage.Class, transactionID: STUNMessage.TransactionID,
        into output: inout ByteWriter
    ) {
        start = output.count
        self.transactionID = transactionID
        let bits = UInt16(messageClass.rawValue)
        output.append(STUNMessage.binding | (bits & 1) << 4 | (bits & 2) << 7)
        output.append(UInt16(0))
        output.append(STUN.magicCookie)
        output.append(transactionID.high)
        output.append(transactionID.low)
    }

    package func xorMappedAddress(_ address: TransportAddress, into output: inout ByteWriter) {
        output.append(STUN.Attribute.xorMappedAddress)
        output.append(UInt16(address.isIPv4 ? 8 : 20))
        output.append(UInt16(address.isIPv4 ? 1 : 2))
        output.append(address.port ^ UInt16(STUN.magicCookie >> 16))
        if let ipv4 = address.ipv4 {
            output.append(ipv4 ^ STUN.magicCookie)
        } else {
            let mask = UInt64(STUN.magicCookie) << 32 | UInt64(transactionID.high)
            output.append(address.high ^ mask)
            output.append(address.low ^ transactionID.low)
        }
    }

    /// `ufrag:otherUfrag`: the receiver's fragment first (RFC 8445 §7.2.2).
    package func username(
        receiver: [UInt8], sender: [UInt8], into output: inout ByteWriter
    ) {
        let size = receiver.count + 1 + sender.count
        output.append(STUN.Attribute.username)
        output.append(UInt16(size))
        output.append(contentsOf: receiver)
        output.append(UInt8(ascii: ":"))
        output.append(contentsOf: sender)
        pad(size, into: &output)
    }

    package func priority(_ priority: UInt32, into output: inout ByteWriter) {
        output.append(STUN.Attribute.priority)
        output.append(UInt16(4))
        output.append(priority)
    }

    package func iceControlling(_ tieBreaker: UInt64, into output: inout ByteWriter) {
        output.append(STUN.Attribute.iceControlling)
        output.append(UInt16(8))
        output.append(tieBreaker)
    }

    package func iceControlled(_ tieBreaker: UInt64, into output: inout ByteWriter) {
        output.append(STUN.Attribute.iceControlled)
        output.append(UInt16(8))
        output.append(tieBreaker)
    }

    package func useCandidate(into output: inout ByteWriter) {
        output.append(STUN.Attribute.useCandidate)
        output.append(UInt16(0))
    }

    /// `code` is 300 to 699. The reason phrase is left empty: it is for people, and none read it.
    package func errorCode(_ code: UInt16, into output: inout ByteWriter) {
        precondition((300..<700).contains(code))
        output.append(STUN.Attribute.errorCode)
        output.append(UInt16(4))
        output.append(UInt16(0))
        output.append((code / 100) << 8 | code % 100)
    }

    package func unknownAttributes(
        _ unknown: STUNMessage.UnknownAttributes, into output: inout ByteWriter
    ) {
        let size = 2 * unknown.types.count
        output.append(STUN.Attribute.unknownAttributes)
        output.append(UInt16(size))
        for type in unknown.types { output.append(type) }
        pad(size, into: &output)
    }

    /// Appends MESSAGE-INTEGRITY with `key`, where there is one, and FINGERPRINT, each computed
    /// with the length field counting up to itself, and leaves the final length in the header.
    package func finish(_ output: inout ByteWriter, key: [UInt8]?) {
        if let key {
            setLength(adding: STUN.integritySize, in: &output)
            let code = HMACSHA1.code(
                key: key, output.bytes(in: start..<output.count), output.bytes(in: 0..<0))
            output.append(STUN.Attribute.messageIntegrity)
            output.append(UInt16(HMACSHA1.size))
            for index in code.indices { output.append(code[index]) }
        }
        setLength(adding: STUN.fingerprintSize, in: &output)
        let checksum = CRC32.checksum(output.bytes(in: start..<output.count))
        output.append(STUN.Attribute.fingerprint)
        output.append(UInt16(4))
        output.append(checksum ^ STUN.fingerprintMask)
    }

    private func setLength(adding size: Int, in output: inout ByteWriter) {
        output.set(UInt16(output.count + size - start - STUN.headerSize), at: start + 2)
    }

    private func pad(_ size: Int, into output: inout ByteWriter) {
        output.append(repeating: 0, count: -size & 3)
    }
}
