package import Primitives

/// A STUN message (RFC 8489 §5) with the attributes that ICE uses: a value beside the bytes, which
/// it refers to by ranges.
package struct STUNMessage: Equatable, Sendable {
    package enum Class: UInt8, Sendable {
        case request, indication, success, failure
    }

    /// The 96 bits that tie a response to its request.
    package struct TransactionID: Hashable, Sendable {
        /// The first 32 bits.
        package var high: UInt32
        /// The other 64 bits.
        package var low: UInt64

        package init(high: UInt32, low: UInt64) {
            self.high = high
            self.low = low
        }
    }

    package var messageClass: Class
    /// Binding is 1.
    package var method: UInt16
    package var transactionID: TransactionID

    package var username: Range<Int>?
    /// Where the MESSAGE-INTEGRITY attribute starts, its header included.
    package var integrityOffset: Int?
    /// True when there is a FINGERPRINT; a wrong one fails the parse.
    package var hasFingerprint = false
    package var xorMappedAddress: TransportAddress?
    package var priority: UInt32?
    /// The tie-breaker of a sender that believes to be controlled.
    package var iceControlled: UInt64?
    /// The tie-breaker of a sender that believes to be controlling.
    package var iceControlling: UInt64?
    package var useCandidate = false
    /// 300 to 699.
    package var errorCode: UInt16?
    /// The first comprehension-required attributes that this codec does not know.
    package var unknownRequired: UnknownAttributes

    static let binding: UInt16 = 0x001
}

extension STUNMessage {
    /// A list of attribute types that holds the first ``ICELimits/unknownAttributes``.
    package struct UnknownAttributes: Equatable, Sendable {
        private(set) var types: [UInt16] = []

        package var isEmpty: Bool { types.isEmpty }

        mutating func append(_ type: UInt16) {
            if types.count < ICELimits.unknownAttributes { types.append(type) }
        }
    }
}

/// Why bytes are no STUN message.
package enum STUNViolation: Error, Equatable, Sendable {
    /// The header is not one of STUN, or its length is not the datagram's.
    case header
    /// An attribute is cut off, or has a size that its type forbids, or there are too many.
    case attribute
    /// FINGERPRINT is not the message's, or not its last attribute.
    case fingerprint
}

extension STUNMessage {
    /// Reads the message that fills `datagram`. Total: any bytes give a message or a violation.
    package init(parsing datagram: RawSpan) throws(STUNViolation) {
        guard let size = STUN.messageSize(of: datagram) else { throw .header }
        self.init(header: datagram)
        var cursor = AttributeCursor(offset: STUN.headerSize, end: size)
        while true {
            let start = cursor.offset
            guard let (type, value) = cursor.next(in: datagram) else { break }
            guard !hasFingerprint else { throw .fingerprint }
            if type == STUN.Attribute.fingerprint {
                try checkFingerprint(at: start, value: value, in: datagram)
            } else if integrityOffset == nil {
                // RFC 8489 §14.5: what follows MESSAGE-INTEGRITY is not protected and is ignored.
                try read(type, value, at: start, in: datagram)
            }
        }
        guard !cursor.isBroken else { throw .attribute }
    }

    private init(header: RawSpan) {
        let type = header.uint16(at: 0)
        let classBits = UInt8(truncatingIfNeeded: type >> 4 & 1 | type >> 7 & 2)
        // The method's 12 bits lie around the two of the class (RFC 8489 §5, figure 3).
        let method = type & 0x000F | type >> 1 & 0x0070 | type >> 2 & 0x0F80
        messageClass = Class(rawValue: classBits)!
        self.method = method
        transactionID = TransactionID(high: header.uint32(at: 8), low: header.uint64(at: 12))
        unknownRequired = UnknownAttributes()
    }

    private mutating func checkFingerprint(
        at start: Int, value: Range<Int>, in datagram: RawSpan
    ) throws(STUNViolation) {
        guard value.count == 4 else { throw .attribute }
        let checksum = CRC32.checksum(datagram.extracting(0..<start))
        guard datagram.uint32(at: value.lowerBound) == checksum ^ STUN.fingerprintMask else {
            throw .fingerprint
        }
        hasFingerprint = true
    }

    /// Takes over one attribute. Of several of one type only the first counts (RFC 8489 §14).
    private mutating func read(
        _ type: UInt16, _ value: Range<Int>, at start: Int, in datagram: RawSpan
    ) throws(STUNViolation) {
        switch type {
        case STUN.Attribute.username:
            username = username ?? value
        case STUN.Attribute.messageIntegrity:
            try Self.require(value.count == HMACSHA1.size)
            integrityOffset = start
        case STUN.Attribute.errorCode:
            try Self.require(value.count >= 4)
            let hundreds = UInt16(datagram.byte(at: value.lowerBound + 2) & 7)
            let units = UInt16(datagram.byte(at: value.lowerBound + 3))
            try Self.require((3...6).contains(hundreds) && units < 100)
            errorCode = errorCode ?? hundreds * 100 + units
        case STUN.Attribute.xorMappedAddress:
            let address = try Self.address(in: value, of: datagram, transactionID)
            xorMappedAddress = xorMappedAddress ?? address
        case STUN.Attribute.priority:
            try Self.require(value.count == 4)
            priority = priority ?? datagram.uint32(at: value.lowerBound)
        case STUN.Attribute.iceControlled:
            try Self.require(value.count == 8)
            iceControlled = iceControlled ?? datagram.uint64(at: value.lowerBound)
        case STUN.Attribute.iceControlling:
            try Self.require(value.count == 8)
            iceControlling = iceControlling ?? datagram.uint64(at: value.lowerBound)
        case STUN.Attribute.useCandidate:
            useCandidate = true
        case STUN.Attribute.mappedAddress, STUN.Attribute.unknownAttributes,
            STUN.Attribute.messageIntegritySHA256:
            break
        default:
            // RFC 8489 §14: types below 0x8000 must be understood, the others may be ignored.
            if type < 0x8000 { unknownRequired.append(type) }
        }
    }

    private static func require(_ condition: Bool) throws(STUNViolation) {
        guard condition else { throw .attribute }
    }

    /// XOR-MAPPED-ADDRESS (RFC 8489 §14.2).
    private static func address(
        in value: Range<Int>, of datagram: RawSpan, _ id: TransactionID
    ) throws(STUNViolation) -> TransportAddress {
        let start = value.lowerBound
        try require(value.count >= 8)
        let port = datagram.uint16(at: start + 2) ^ UInt16(STUN.magicCookie >> 16)
        switch datagram.byte(at: start + 1) {
        case 1:
            try require(value.count == 8)
            return TransportAddress(
                ipv4: datagram.uint32(at: start + 4) ^ STUN.magicCookie, port: port)
        case 2:
            try require(value.count == 20)
            let mask = UInt64(STUN.magicCookie) << 32 | UInt64(id.high)
            return TransportAddress(
                high: datagram.uint64(at: start + 4) ^ mask,
                low: datagram.uint64(at: start + 12) ^ id.low, port: port)
        default:
            throw .attribute
        }
    }
}

extension STUNMessage {
    /// True when the message has a MESSAGE-INTEGRITY that was made with `key`
    /// (RFC 8489 §14.5: the length field counts up to that attribute only).
    package func isAuthentic(_ datagram: RawSpan, key: [UInt8]) -> Bool {
        guard let offset = integrityOffset,
            offset + STUN.integritySize <= datagram.byteCount
        else { return false }
        var start = ByteWriter(capacity: 4)
        start.append(datagram.uint16(at: 0))
        start.append(UInt16(offset + STUN.integritySize - STUN.headerSize))
        let code = HMACSHA1.code(key: key, start.bytes, datagram.extracting(4..<offset))
        var difference: UInt8 = 0
        for index in code.indices {
            difference |= code[index] ^ datagram.byte(at: offset + 4 + index)
        }
        return difference == 0
    }

    /// Where the part of USERNAME before the first colon stands in `datagram`, which the message was
    /// read from; `nil` without a USERNAME or a colon.
    package func localUfrag(in datagram: RawSpan) -> Range<Int>? {
        guard let username else { return nil }
        for offset in username where datagram.byte(at: offset) == UInt8(ascii: ":") {
            return username.lowerBound..<offset
        }
        return nil
    }
}

extension RawSpan {
    /// True when the bytes in `range` are those of `other`.
    func equals(_ other: [UInt8], in range: Range<Int>) -> Bool {
        guard range.count == other.count else { return false }
        for index in other.indices where byte(at: range.lowerBound + index) != other[index] {
            return false
        }
        return true
    }
}
