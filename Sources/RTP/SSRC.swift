/// A synchronisation source: who sends a stream of packets (RFC 3550 §3).
package struct SSRC: Hashable, Sendable {
    package var rawValue: UInt32

    @inlinable
    package init(_ rawValue: UInt32) {
        self.rawValue = rawValue
    }
}

extension SSRC: CustomStringConvertible {
    package var description: String { String(rawValue) }
}

/// An RTP payload type, 0...127 (RFC 3550 §5.1).
package typealias PayloadType = UInt8
