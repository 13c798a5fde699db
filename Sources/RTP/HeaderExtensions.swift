import Primitives

/// Header extension elements (RFC 8285), with one-byte and with two-byte headers.
package enum HeaderExtensions {
    /// The profile of one-byte element headers (RFC 8285 §4.2).
    package static let oneByteProfile: UInt16 = 0xBEDE
    /// The profile of two-byte element headers: 0x100, and four bits for the application (§4.3).
    package static let twoByteProfile: UInt16 = 0x1000

    /// The bytes of the element with the local id `id`; `nil` when the packet has none.
    ///
    /// - Parameter bytes: the packet that `header` was parsed from.
    package static func find(_ id: UInt8, in bytes: RawSpan, header: RTPHeader) -> Range<Int>? {
        var cursor = HeaderExtensionCursor(header)
        while let element = cursor.next(in: bytes) {
            if element.id == id { return element.value }
        }
        return nil
    }
}

/// Walks the header extension elements of one packet, without allocating.
///
/// Malformed elements end the walk: the rest of the packet is still good.
package struct HeaderExtensionCursor: Sendable {
    private let form: HeaderExtensionForm
    private var offset: Int
    private let end: Int

    package init(_ header: RTPHeader) {
        form = header.extensionProfile == HeaderExtensions.oneByteProfile ? .oneByte : .twoByte
        offset = header.extensionElements.lowerBound
        let isKnown =
            form == .oneByte
            || header.extensionProfile & 0xFFF0 == HeaderExtensions.twoByteProfile
        end = isKnown ? header.extensionElements.upperBound : offset
    }

    /// The next element: its local id, and where its value lies in the packet. `nil` at the end.
    ///
    /// - Parameter bytes: the packet that the header was parsed from.
    package mutating func next(in bytes: RawSpan) -> (id: UInt8, value: Range<Int>)? {
        let limit = min(end, bytes.byteCount)
        while offset < limit {
            let first = bytes.byte(at: offset)
            if first == 0 {  // padding between elements
                offset += 1
                continue
            }
            return element(startingWith: first, in: bytes, before: limit)
        }
        return nil
    }

    private mutating func element(
        startingWith first: UInt8, in bytes: RawSpan, before limit: Int
    ) -> (id: UInt8, value: Range<Int>)? {
        let id: UInt8
        let start: Int
        let count: Int
        switch form {
        case .oneByte:
            id = first >> 4
            start = offset + 1
            count = Int(first & 0x0F) + 1
            // Id 15, and id 0 with a length, end the walk (RFC 8285 §4.2).
            guard id != 0, id != 15 else { return stop() }
        case .twoByte:
            guard offset + 2 <= limit else { return stop() }
            id = first
            start = offset + 2
            count = Int(bytes.byte(at: offset + 1))
        }
        guard start + count <= limit else { return stop() }
        offset = start + count
        return (id, start..<start + count)
    }

    private mutating func stop() -> (id: UInt8, value: Range<Int>)? {
        offset = end
        return nil
    }
}
