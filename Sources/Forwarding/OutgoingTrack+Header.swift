package import Primitives
package import RTP

extension OutgoingTrack {
    /// What a packet's header and the start of its payload have of the viewer's own.
    package struct Fields: Hashable, Sendable {
        package var payloadType: UInt8
        package var ssrc: SSRC
        package var sequence: UInt16
        package var timestamp: RTPTimestamp
        package var transportSequence: SequenceNumber?
        /// `nil` for a source without layers.
        package var layers: LayerRewrite?
        /// The payload type of a redundant payload's blocks; `nil`: the primary block goes out alone.
        package var blockPayloadType: UInt8?

        package init(
            payloadType: UInt8, ssrc: SSRC, sequence: UInt16, timestamp: RTPTimestamp,
            transportSequence: SequenceNumber?, layers: LayerRewrite? = nil
        ) {
            self.payloadType = payloadType
            self.ssrc = ssrc
            self.sequence = sequence
            self.timestamp = timestamp
            self.transportSequence = transportSequence
            self.layers = layers
        }

        /// Has a packet go out as it came, with redundancy, where the viewer takes it so.
        mutating func keepRedundancy(of entry: PacketHistory.Entry, _ redundancyPayloadType: UInt8?)
        {
            guard entry.primaryStart > 0, let redundancyPayloadType else { return }
            blockPayloadType = payloadType
            payloadType = redundancyPayloadType
        }
    }

    /// Those of a packet of the current source; `nil` between sources. Mutating, because a track that is
    /// only read through an optional is copied first.
    @inline(__always)
    package mutating func fields(
        of outgoing: Outgoing, _ entry: PacketHistory.Entry, transportSequence: SequenceNumber?
    ) -> Fields? {
        guard let payloadType = source?.format.payloadType else { return nil }
        var fields = Fields(
            payloadType: payloadType, ssrc: configuration.ssrc, sequence: outgoing.sequenceNumber,
            timestamp: outgoing.timestamp, transportSequence: transportSequence,
            layers: outgoing.layers)
        fields.keepRedundancy(of: entry, source?.format.redundancyPayloadType)
        return fields
    }

    /// Those of a packet that is sent again: on the RTX stream, or as it was.
    package mutating func fields(
        of repair: Repair, _ entry: PacketHistory.Entry, timestamp: RTPTimestamp,
        transportSequence: SequenceNumber?
    ) -> (fields: Fields, sequence: Int64, usesRTX: Bool) {
        let format = repair.source.format
        var fields = Fields(
            payloadType: format.payloadType, ssrc: configuration.ssrc,
            sequence: UInt16(truncatingIfNeeded: repair.outgoingSequence), timestamp: timestamp,
            transportSequence: transportSequence, layers: repair.layers)
        guard let companion = configuration.retransmissionSSRC,
            let payloadType = format.retransmissionPayloadType
        else {
            fields.keepRedundancy(of: entry, format.redundancyPayloadType)
            return (fields, repair.outgoingSequence, false)
        }
        let sequence = nextRetransmissionSequence()
        fields.payloadType = payloadType
        fields.ssrc = companion
        fields.sequence = UInt16(truncatingIfNeeded: sequence)
        return (fields, sequence, true)
    }

    /// Bytes of a kept packet that the viewer does not get: redundancy that it does not take.
    @inline(__always)
    package mutating func redundantSize(of entry: PacketHistory.Entry) -> Int {
        guard entry.primaryStart > 0, source?.format.redundancyPayloadType == nil else { return 0 }
        return Int(entry.primaryStart)
    }

    /// Writes the RTP header of a packet that is about to be sealed (RFC 3550 §5.1), with the
    /// header extensions that both sides negotiated.
    ///
    /// - Returns: where the transport-wide number stands, which changes with each time that the packet is
    ///   sent; nowhere without one.
    package mutating func writeHeader(
        _ fields: Fields, of entry: PacketHistory.Entry, in history: borrowing PacketHistory,
        into packet: inout ByteWriter
    ) -> Range<Int> {
        let description = description(of: entry, in: history, fields)
        let hasExtensions =
            fields.transportSequence != nil || description != nil || passesAny(of: entry)
        RTPHeaderWriter.write(
            marker: fields.layers?.marker ?? entry.marker, payloadType: fields.payloadType,
            sequenceNumber: SequenceNumber(fields.sequence), timestamp: fields.timestamp,
            ssrc: fields.ssrc, hasExtension: hasExtensions, hasPadding: entry.paddingSize > 0,
            into: &packet)
        guard hasExtensions else { return packet.count..<packet.count }
        let form = description?.form ?? .oneByte
        let mark = RTPHeaderWriter.beginExtensions(form, into: &packet)
        for index in 0..<ForwardedExtensionIDs.count where passes(index, of: entry) {
            RTPHeaderWriter.appendElement(
                id: configuration.extensions[index], history.extensionValue(index, of: entry),
                form: form, into: &packet)
        }
        if let description {
            description.layers.appendDependencyDescriptor(
                id: configuration.extensions.dependencyDescriptor, of: description.info,
                source: history.dependencyDescriptor(of: entry), form: form, into: &packet)
        }
        if let transportSequence = fields.transportSequence {
            RTPHeaderWriter.appendElement(
                id: configuration.transportSequence, transportSequence.rawValue, form: form,
                into: &packet)
        }
        let end = packet.count
        RTPHeaderWriter.endExtensions(begunAt: mark, into: &packet)
        return (fields.transportSequence == nil ? end : end - 2)..<end
    }

    /// Writes what stands in place of the payload's beginning.
    ///
    /// - Returns: how many bytes of the payload that is.
    @inline(__always)
    package mutating func writePayloadStart(
        _ fields: Fields, of entry: PacketHistory.Entry, in history: borrowing PacketHistory,
        into packet: inout ByteWriter
    ) -> Int {
        guard let layers = fields.layers else {
            return entry.primaryStart == 0
                ? 0 : Self.writeRedundancy(fields, of: entry, in: history, into: &packet)
        }
        return layers.writeDescriptor(
            of: history.info(of: entry), payload: history.payload(of: entry), into: &packet)
    }

    /// Writes the headers of a redundant payload's blocks, where the viewer numbers the codec otherwise
    /// than the host.
    private static func writeRedundancy(
        _ fields: Fields, of entry: PacketHistory.Entry, in history: borrowing PacketHistory,
        into packet: inout ByteWriter
    ) -> Int {
        guard let payloadType = fields.blockPayloadType else { return Int(entry.primaryStart) }
        return REDWriter.renumber(history.payload(of: entry), as: payloadType, into: &packet)
    }

    /// A dependency descriptor that is to be written.
    private struct Description {
        var info: LayerInfo
        var layers: LayerRewrite
        var form: HeaderExtensionForm
    }

    @inline(__always)
    private func description(
        of entry: PacketHistory.Entry, in history: borrowing PacketHistory, _ fields: Fields
    ) -> Description? {
        guard let layers = fields.layers, configuration.extensions.dependencyDescriptor != 0 else {
            return nil
        }
        let info = history.info(of: entry)
        guard info.format == .dependencyDescriptor || info.format == .unknownStructure else {
            return nil
        }
        let size = layers.dependencyDescriptorSize(
            of: info, source: history.dependencyDescriptor(of: entry))
        return configuration.extensionForms.form(largest: size).map {
            Description(info: info, layers: layers, form: $0)
        }
    }

    @inline(__always)
    private func passes(_ index: Int, of entry: PacketHistory.Entry) -> Bool {
        entry.extensions[index] > 0 && configuration.extensions[index] != 0
    }

    @inline(__always)
    private func passesAny(of entry: PacketHistory.Entry) -> Bool {
        guard !entry.extensions.isEmpty else { return false }
        for index in 0..<ForwardedExtensionIDs.count where passes(index, of: entry) {
            return true
        }
        return false
    }
}
