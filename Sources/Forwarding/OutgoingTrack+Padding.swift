package import Primitives
package import RTP

// Packets that are no source's: padding on the RTX stream, where it takes no numbers of the picture's, and a
// receiver passes it by (libwebrtc pads in the same way); empty ones; repair packets.
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

    /// Writes the header of an empty packet of the current source, which ends with one byte of padding.
    ///
    /// - Returns: its SSRC; `nil`, with nothing written, between sources.
    package mutating func writeBlankHeader(
        _ outgoing: Outgoing, transportSequence: SequenceNumber?, into packet: inout ByteWriter
    ) -> SSRC? {
        guard let payloadType = source?.format.payloadType else { return nil }
        writeBareHeader(
            payloadType: payloadType, ssrc: configuration.ssrc, sequence: outgoing.sequence,
            timestamp: outgoing.timestamp, hasPadding: true, transportSequence: transportSequence,
            into: &packet)
        return configuration.ssrc
    }

    /// Writes the header of a repair packet.
    ///
    /// - Parameter sequence: in the repair packets' own stream.
    /// - Returns: that stream; `nil`, with nothing written, when the viewer does not take any.
    package mutating func writeRepairHeader(
        sequence: Int64, transportSequence: SequenceNumber?, into packet: inout ByteWriter
    ) -> SSRC? {
        guard let correction = configuration.errorCorrection else { return nil }
        writeBareHeader(
            payloadType: correction.payloadType, ssrc: correction.ssrc, sequence: sequence,
            timestamp: lastTimestamp, hasPadding: false, transportSequence: transportSequence,
            into: &packet)
        return correction.ssrc
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
        writeBareHeader(
            payloadType: payloadType, ssrc: ssrc, sequence: sequence, timestamp: lastTimestamp,
            hasPadding: true, transportSequence: transportSequence, into: &packet)
        return (ssrc, sequence)
    }

    /// Without a marker, and with no extension but the transport-wide number.
    private func writeBareHeader(
        payloadType: UInt8, ssrc: SSRC, sequence: Int64, timestamp: RTPTimestamp, hasPadding: Bool,
        transportSequence: SequenceNumber?, into packet: inout ByteWriter
    ) {
        RTPHeaderWriter.write(
            marker: false, payloadType: payloadType,
            sequenceNumber: SequenceNumber(UInt16(truncatingIfNeeded: sequence)),
            timestamp: timestamp, ssrc: ssrc, hasExtension: transportSequence != nil,
            hasPadding: hasPadding, into: &packet)
        guard let transportSequence else { return }
        let mark = RTPHeaderWriter.beginExtensions(into: &packet)
        RTPHeaderWriter.appendElement(
            id: configuration.transportSequence, transportSequence.rawValue, into: &packet)
        RTPHeaderWriter.endExtensions(begunAt: mark, into: &packet)
    }
}
