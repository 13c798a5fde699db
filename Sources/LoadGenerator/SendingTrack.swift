import Peering
import Primitives
import RTP
import SyntheticMedia

/// One track that a publisher sends: what comes next, and what was sent last.
struct SendingTrack {
    /// Sealed packets that are kept for retransmission: ten seconds of video and more.
    private static let historySize = 1024

    let ssrc: SSRC
    let payloadType: PayloadType
    let layer: PublishedClip.Layer?
    var player: ClipPlayer
    private(set) var packetCount: UInt32 = 0
    private(set) var octetCount: UInt32 = 0
    /// The next packet's index: rollover counter and sequence number together (RFC 3711 §3.3.1).
    private var index: UInt64
    private var history: [(sequence: UInt16, packet: [UInt8])?]

    /// - Parameter firstSequence: below 2^15, so that no receiver misjudges the rollover counter
    ///   when the first packets are lost (RFC 3711 §3.3.1).
    init(_ clip: PublishedClip, player: ClipPlayer, firstSequence: UInt16) {
        ssrc = clip.ssrc
        payloadType = clip.payloadType
        layer = clip.layer
        self.player = player
        index = UInt64(firstSequence & 0x7FFF)
        history = Array(repeating: nil, count: Self.historySize)
    }

    var sequence: UInt16 { UInt16(truncatingIfNeeded: index) }
    var rollover: UInt32 { UInt32(truncatingIfNeeded: index >> 16) }

    /// Notes that the packet with ``sequence`` has been sent.
    mutating func sent(_ packet: [UInt8], payloadSize: Int) {
        history[Int(sequence) % Self.historySize] = (sequence, packet)
        index += 1
        packetCount &+= 1
        octetCount &+= UInt32(payloadSize)
    }

    /// The sealed bytes of a packet, while they are remembered. Sealing again would use a nonce
    /// twice.
    func packet(_ sequence: SequenceNumber) -> [UInt8]? {
        guard let entry = history[Int(sequence.rawValue) % Self.historySize],
            entry.sequence == sequence.rawValue
        else { return nil }
        return entry.packet
    }

    func report(at now: Instant, ntp: UInt64) -> SenderReport {
        SenderReport(
            ssrc: ssrc, ntp: ntp, rtp: player.timestamp(at: now), packetCount: packetCount,
            octetCount: octetCount)
    }

    /// Appends the header of the next packet: with the layer's name where there are layers.
    func writeHeader(marker: Bool, timestamp: RTPTimestamp, into writer: inout ByteWriter) {
        RTPHeaderWriter.write(
            marker: marker, payloadType: payloadType, sequenceNumber: SequenceNumber(sequence),
            timestamp: timestamp, ssrc: ssrc, hasExtension: layer != nil, into: &writer)
        guard let layer else { return }
        let mark = RTPHeaderWriter.beginExtensions(into: &writer)
        RTPHeaderWriter.appendElement(
            id: ClientOffer.midExtension, Array(layer.mid.utf8).rawSpan, into: &writer)
        RTPHeaderWriter.appendElement(
            id: ClientOffer.ridExtension, Array(layer.rid.utf8).rawSpan, into: &writer)
        RTPHeaderWriter.endExtensions(begunAt: mark, into: &writer)
    }
}
