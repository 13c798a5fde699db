internal import Primitives

/// The header extensions that we know, by their URI (RFC 8285 §5).
package enum HeaderExtensionURI: String, Hashable, Sendable, CaseIterable {
    case mid = "urn:ietf:params:rtp-hdrext:sdes:mid"
    case rid = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
    case repairedRid = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
    case absSendTime = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
    case transportWideCC01 =
        "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
    case audioLevel = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
    case videoOrientation = "urn:3gpp:video-orientation"
    case absCaptureTime = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"
    case playoutDelay = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
}

/// Walks the elements of a packet's header extension, in the one-byte and two-byte forms
/// (RFC 8285 §4.2, §4.3). Elements that reach beyond the extension end the walk.
package struct HeaderExtensionCursor: Sendable {
    private let isTwoByte: Bool
    private let end: Int
    private var position: Int

    package init(_ header: RTPHeader) {
        let isOneByte = header.extensionProfile == 0xBEDE
        isTwoByte = header.extensionProfile & 0xFFF0 == 0x1000
        position = header.extensionElements.lowerBound
        end = isOneByte || isTwoByte ? header.extensionElements.upperBound : position
    }

    /// The next element's id and where its value lies; `nil` at the end.
    package mutating func next(in bytes: RawSpan) -> (id: UInt8, value: Range<Int>)? {
        while position < end {
            let first = bytes.byte(at: position)
            if first == 0 {  // Padding between elements.
                position += 1
                continue
            }
            guard isTwoByte || first >> 4 != 15 else { return nil }
            guard !isTwoByte || position + 1 < end else { return nil }
            let start = position + (isTwoByte ? 2 : 1)
            let size = isTwoByte ? Int(bytes.byte(at: position + 1)) : Int(first & 0x0F) + 1
            guard start + size <= end else { return nil }
            position = start + size
            return (isTwoByte ? first : first >> 4, start..<start + size)
        }
        return nil
    }
}

package enum HeaderExtensions {
    /// Where the value of the element `id` lies; `nil` when the packet has none.
    package static func find(
        _ id: UInt8, in bytes: RawSpan, header: RTPHeader
    ) -> Range<Int>? {
        var cursor = HeaderExtensionCursor(header)
        while let element = cursor.next(in: bytes) {
            if element.id == id { return element.value }
        }
        return nil
    }
}
