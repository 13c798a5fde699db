package import Primitives
package import RTP

extension OutgoingTrack {
    /// A packet that a viewer asked for again: where it is kept, and the numbers it went out with.
    package struct Repair: Hashable, Sendable {
        package var source: Source
        package var sourceSequence: Int64
        package var outgoingSequence: Int64
        /// The numbers within its payload; `nil` for a source without layers.
        package var layers: LayerRewrite?
        /// Which of the sources it is: the place among those that were, -1 for the one that is.
        fileprivate var place: Int
    }

    /// The timestamp that a packet went out with; `nil` when that is forgotten.
    package mutating func timestamp(
        of repair: Repair, for entry: PacketHistory.Entry
    ) -> RTPTimestamp? {
        var timestamp = entry.timestamp.rawValue
        guard repair.sourceSequence >= repair.source.firstKnown else { return nil }
        if repair.source.isReplayed {
            guard let replayed = replay?.timestampSent(with: entry) else { return nil }
            timestamp = replayed
        }
        return RTPTimestamp(timestamp &+ repair.source.timestampOffset)
    }

    /// Finds what a NACKed number was; `nil` when it was never sent, or by a source that is forgotten.
    package func repair(_ number: SequenceNumber) -> Repair? {
        let newest = SequenceNumber(UInt16(truncatingIfNeeded: highest))
        return repair(of: highest + Int64(number.distance(from: newest)))
    }

    /// The newest packet that was sent; `nil` before the first of a source.
    package var newestRepair: Repair? {
        guard let source, packetCount > 0, highest >= source.firstOutgoing else { return nil }
        return repair(of: highest)
    }

    /// - Parameter sequence: an unwrapped outgoing number.
    package func repair(of sequence: Int64) -> Repair? {
        if let source, sequence >= source.firstOutgoing {
            return repair(of: sequence, by: source, layers, place: -1)
        }
        guard let place = past.lastIndex(where: { sequence >= $0.source.firstOutgoing }) else {
            return nil
        }
        return repair(of: sequence, by: past[place].source, past[place].layers, place: place)
    }

    private func repair(
        of sequence: Int64, by source: Source, _ layers: LayerForwarder?, place: Int
    ) -> Repair? {
        let origin =
            layers.map { $0.source(of: sequence) }
            ?? (sequence <= highest ? sequence - source.sequenceOffset : nil)
        return origin.map {
            Repair(
                source: source, sourceSequence: $0, outgoingSequence: sequence, layers: nil,
                place: place)
        }
    }

    /// A repair with the numbers within its payload.
    ///
    /// - Parameter info: what the packet is of its source's layers.
    /// - Returns: `nil` for a packet that did not go out.
    package func complete(_ repair: Repair, _ info: LayerInfo) -> Repair? {
        let layers = repair.place < 0 ? self.layers : past[repair.place].layers
        guard let layers else { return repair }
        guard let rewrite = layers.repair(info, sequence: repair.sourceSequence) else {
            return nil
        }
        var complete = repair
        complete.layers = rewrite
        return complete
    }

    /// Whether to send a packet again now, of which the caller has made sure that it is still kept;
    /// counts it as sent. See ``ResendBudget``.
    package mutating func admit(
        _ repair: Repair, at now: Instant, roundTrip: Duration?
    ) -> Bool {
        switch resends.admit(
            repair.outgoingSequence, at: now, roundTrip: roundTrip, sent: packetCount)
        {
        case .admitted: return true
        case .repeated: return false
        case .exhausted:
            refusedResends += 1
            return false
        }
    }

    /// Whether what was just admitted is to go once more. See ``ResendBudget``.
    package mutating func admitCopy() -> Bool { resends.admitCopy() }

    /// The next number of the RTX stream.
    package mutating func nextRetransmissionSequence() -> Int64 {
        retransmissionSequence += 1
        return retransmissionSequence
    }

    /// The sender report for this track (RFC 3550 §6.4.1): what the source's own report says about
    /// its clock, moved to our numbers and our wall clock, so that sound and picture of one host
    /// stay together. `nil` until the source's host has reported.
    ///
    /// - Parameters:
    ///   - reference: a timestamp of the source, and the moment on our clock when it was captured.
    package func senderReport(
        reference: (timestamp: RTPTimestamp, at: Instant)?, now: Instant, ntp: UInt64
    ) -> SenderReport? {
        guard let source, let reference, packetCount > 0 else { return nil }
        let elapsed = (now - reference.at).nanoseconds / 1000
        let clock = Int64(source.format.codec.clockRate)
        let timestamp = reference.timestamp.advanced(by: elapsed * clock / 1_000_000)
        return SenderReport(
            ssrc: configuration.ssrc, ntp: ntp,
            rtp: RTPTimestamp(timestamp.rawValue &+ source.timestampOffset),
            packetCount: packetCount, octetCount: octetCount)
    }
}
