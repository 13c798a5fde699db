import Primitives

/// Constants of STUN (RFC 8489) and of its use in ICE (RFC 8445 §16.1).
package enum STUN {
    static let headerSize = 20
    static let magicCookie: UInt32 = 0x2112_A442
    static let fingerprintMask: UInt32 = 0x5354_554E
    /// MESSAGE-INTEGRITY with its attribute header.
    static let integritySize = 24
    /// FINGERPRINT with its attribute header.
    static let fingerprintSize = 8

    enum Attribute {
        static let mappedAddress: UInt16 = 0x0001
        static let username: UInt16 = 0x0006
        static let messageIntegrity: UInt16 = 0x0008
        static let errorCode: UInt16 = 0x0009
        static let unknownAttributes: UInt16 = 0x000A
        static let messageIntegritySHA256: UInt16 = 0x001C
        static let xorMappedAddress: UInt16 = 0x0020
        static let priority: UInt16 = 0x0024
        static let useCandidate: UInt16 = 0x0025
        static let fingerprint: UInt16 = 0x8028
        static let iceControlled: UInt16 = 0x8029
        static let iceControlling: UInt16 = 0x802A
    }

    /// Where the bytes of our own ufrag stand in a Binding request: the part of USERNAME before the
    /// colon (RFC 8445 §7.2.2). Looks at nothing else, checks no integrity and allocates nothing;
    /// `nil` when the datagram is no Binding request with such a USERNAME.
    package static func localUfragRange(in datagram: RawSpan) -> Range<Int>? {
        guard let size = messageSize(of: datagram), datagram.uint16(at: 0) == 0x0001 else {
            return nil
        }
        var cursor = AttributeCursor(offset: headerSize, end: size)
        while let attribute = cursor.next(in: datagram) {
            guard attribute.type == Attribute.username else { continue }
            for offset in attribute.value where datagram.byte(at: offset) == UInt8(ascii: ":") {
                return attribute.value.lowerBound..<offset
            }
            return nil
        }
        return nil
    }

    /// The size of the message that fills `datagram`; `nil` when its header is not one of STUN, or
    /// the length in it is not the datagram's.
    static func messageSize(of datagram: RawSpan) -> Int? {
        let size = datagram.byteCount
        guard size >= headerSize, size <= ICELimits.messageSize, size % 4 == 0,
            datagram.byte(at: 0) & 0xC0 == 0, datagram.uint32(at: 4) == magicCookie,
            Int(datagram.uint16(at: 2)) == size - headerSize
        else { return nil }
        return size
    }
}

/// Walks the attributes of a message; stops at the first one that is cut off, and after
/// ``ICELimits/attributes``.
struct AttributeCursor {
    var offset: Int
    let end: Int
    var count = 0
    /// True when the walk ended because of what it found, not at the end.
    private(set) var isBroken = false

    init(offset: Int, end: Int) {
        self.offset = offset
        self.end = end
    }

    /// The next attribute's type and the range of its value, padding left out.
    mutating func next(in message: RawSpan) -> (type: UInt16, value: Range<Int>)? {
        guard offset < end else { return nil }
        guard offset + 4 <= end, count < ICELimits.attributes else {
            isBroken = true
            return nil
        }
        let start = offset + 4
        let size = Int(message.uint16(at: offset + 2))
        let padded = (size + 3) & ~3
        guard start + padded <= end else {
            isBroken = true
            return nil
        }
        let type = message.uint16(at: offset)
        offset = start + padded
        count += 1
        return (type, start..<(start + size))
    }
}
