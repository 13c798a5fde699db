package import Primitives
package import RTP

// Packets of nothing but padding, on the RTX stream: there they take no numbers of the picture's, and a
// receiver passes them by (libwebrtc pads in the same way).
extension OutgoingTrack {
    /// What such a packet has behind its header.
    package static let padding =
        [UInt8](repeating: 0, count: Limits.paddingBytes - 1) + [UInt8(Limits.paddingBytes)]

    /// Whether the viewer takes an RTX stream for this track.
    package var canPad: Bool {
        configuration.retransmissionSSRC != nil && paddingPayloadType != nil
    }

    private var paddingPayloadType: UInt8? {
        source?.format.retransmissionPayloadType
            ?? configuration.formats.first?.retransmissionPayloadType
    }

    /// Writes the header of a packet that ends with ``padding``.
    ///
    /// - Returns: the stream and the unwrapped number; `nil`, with nothing written, without RTX.
    package mutating func writePaddingHeader(
        transportSequence: SequenceNumber?, into packet: inout ByteWriter
    ) -> (ssrc: SSRC, sequence: Int64)? {
        guard let ssrc = configuration.retransmissionSSRC, let payloadType = paddingPayloadType
        else { return nil }
        let sequence = nextRetransmissionSequence()
        RTPHeaderWriter.write(
            marker: false, payloadType: payloadType,
            sequenceNumber: SequenceNumber(UInt16(truncatingIfNeeded: sequence)),
            timestamp: lastTimestamp, ssrc: ssrc, hasExtension: transportSequence != nil,
            hasPadding: true, into: &packet)
        guard let transportSequence else { return (ssrc, sequence) }
        let mark = RTPHeaderWriter.beginExtensions(into: &packet)
        RTPHeaderWriter.appendElement(
            id: configuration.transportSequence, transportSequence.rawValue, into: &packet)
        RTPHeaderWriter.endExtensions(begunAt: mark, into: &packet)
        return (ssrc, sequence)
    }
}
