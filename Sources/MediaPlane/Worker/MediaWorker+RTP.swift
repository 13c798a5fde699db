internal import Congestion
internal import Forwarding
internal import Peering
internal import Primitives
internal import RTP
internal import Signalling

extension MediaWorker {
    /// Takes the RTP packet in ``clear``.
    mutating func receiveRTP(from index: Int, size: Int, at received: Instant) {
        counters.packetsIn += 1
        counters.bytesIn += UInt64(size)
        guard peers[index].publisher != nil, let header = try? RTPHeader(parsing: clear.bytes)
        else { return }
        recordTransportSequence(header, of: index, at: received)
        guard let binding = binding(of: header, from: index, at: received) else {
            counters.packetsUnbound += 1
            return
        }
        let stream = binding.stream
        let arrival = streams[stream].receive(
            clear, header: header, isRetransmission: binding.isRetransmission, at: received)
        guard arrival == .fresh else { return }
        markDirty(stream)
        awaitRepair(of: index, at: received)
        handOver(binding, of: index, at: received)
        noteLevel(header, of: index, track: binding.track, at: received)
    }

    /// Has the turn's end forward what is fresh of a stream.
    mutating func markDirty(_ stream: Int) {
        if !dirty.contains(stream) { dirty.append(stream) }
    }

    private mutating func recordTransportSequence(
        _ header: RTPHeader, of index: Int, at received: Instant
    ) {
        // Every section of a bundle has the extension under the same id (RFC 8843 §9).
        let id = peers[index].publisher!.tracks[0].offered.extensions.transportSequence
        guard id != 0, let range = HeaderExtensions.find(id, in: clear.bytes, header: header),
            range.count == 2
        else { return }
        peers[index].publisher!.feedback.record(
            sequence: SequenceNumber(clear.bytes.uint16(at: range.lowerBound)), at: received)
    }

    /// Finds the stream of a packet, and binds its SSRC on the first one: by the rid in its header
    /// (RFC 8853 §5.2), by what the offer declared, or by its payload type (RFC 8843 §9.2).
    private mutating func binding(
        of header: RTPHeader, from index: Int, at now: Instant
    ) -> Publisher.Binding? {
        if let known = peers[index].publisher!.binding(of: header.ssrc) {
            return peers[index].publisher!.bindings[known]
        }
        guard peers[index].publisher!.bindings.count < Peering.Limits.sources,
            let track = peers[index].publisher!.track(of: header)
        else { return nil }
        let offered = peers[index].publisher!.tracks[track].offered
        let isRetransmission = header.payloadType == offered.format.retransmissionPayloadType
        if isRetransmission { return bindRetransmission(header, track: track, from: index) }
        guard let rid = rid(of: header, id: offered.extensions.rid, in: offered) else {
            return nil
        }
        return bindMedia(header.ssrc, rid: rid, track: track, from: index, at: now)
    }

    /// The layer that a packet says it belongs to: "" for a single stream, `nil` when the track has
    /// layers and the packet names none of them.
    private func rid(of header: RTPHeader, id: UInt8, in offered: PublishedTrack) -> String? {
        guard !offered.rids.isEmpty else { return "" }
        guard id != 0, let range = HeaderExtensions.find(id, in: clear.bytes, header: header) else {
            return nil
        }
        let rid = clear.bytes.extracting(range).utf8String
        return offered.rids.contains(rid) ? rid : nil
    }

    mutating func bindMedia(
        _ ssrc: SSRC, rid: String, track: Int, from index: Int, at now: Instant
    ) -> Publisher.Binding? {
        let offered = peers[index].publisher!.tracks[track].offered
        // A browser that restarts a layer gives it a new SSRC: the old stream ends here.
        let former = peers[index].publisher!.tracks[track].streams.first {
            streams[$0].description.rid == rid
        }
        // Each costs the memory of a history, and its viewers a keyframe.
        if let former, now - owners[former].began < Limits.rebindInterval { return nil }
        let description = ReceiveStream.Description(
            ssrc: ssrc, codec: offered.format.codec, rid: rid,
            extensions: offered.extensions.forwarded,
            usesNACK: offered.format.feedback.contains("nack"),
            redundancy: offered.format.redundancyPayloadType.map {
                ReceiveStream.Description.Redundancy(
                    payloadType: $0, blockPayloadType: offered.format.payloadType)
            })
        if let former { removeStream(former) }
        // Asked first, because a stream comes with the memory of its history.
        guard streams.count < streams.capacity,
            let stream = streams.insert(ReceiveStream(description))
        else {
            counters.streamsRefused += 1
            peers[index].publisher!.isRefused = true
            return nil
        }
        owners[stream] = StreamOwner(
            publisher: index, track: track, layer: offered.rids.firstIndex(of: rid) ?? 0,
            began: now)
        let binding = Publisher.Binding(
            ssrc: ssrc, track: track, layer: offered.rids.firstIndex(of: rid) ?? 255,
            stream: stream, isRetransmission: false)
        peers[index].publisher!.bindings.append(binding)
        peers[index].publisher!.tracks[track].streams.append(stream)
        notePublishing(index)
        noteStream(stream, at: now)
        return binding
    }

    private mutating func bindRetransmission(
        _ header: RTPHeader, track: Int, from index: Int
    ) -> Publisher.Binding? {
        let offered = peers[index].publisher!.tracks[track].offered
        let candidates = peers[index].publisher!.tracks[track].streams
        let repaired = rid(of: header, id: offered.extensions.repairedRid, in: offered)
        let stream = candidates.first { candidate in
            let description = streams[candidate].description
            if offered.declaredRetransmissions[description.ssrc] == header.ssrc { return true }
            return offered.rids.isEmpty ? candidates.count == 1 : description.rid == repaired
        }
        guard let stream else { return nil }
        let layer = offered.rids.firstIndex(of: streams[stream].description.rid) ?? 255
        return bind(header.ssrc, track: track, layer: layer, stream: stream, of: index)
    }

    /// Binds the SSRC of a stream's retransmissions.
    mutating func bind(
        _ ssrc: SSRC, track: Int, layer: Int, stream: Int, of index: Int
    ) -> Publisher.Binding {
        let binding = Publisher.Binding(
            ssrc: ssrc, track: track, layer: layer, stream: stream, isRetransmission: true)
        peers[index].publisher!.bindings.append(binding)
        return binding
    }

    private mutating func notePublishing(_ index: Int) {
        guard !peers[index].publisher!.hasStarted, !peers[index].isMirror else { return }
        peers[index].publisher!.hasStarted = true
        let session = peers[index].session
        report(.publishStarted(session.resource, session.participant))
    }
}

extension Publisher {
    /// The track of a packet with an unknown SSRC: the one with its payload type. Payload types are
    /// unique within a bundle for every client that we answer, because the answer takes one codec.
    func track(of header: RTPHeader) -> Int? {
        for index in tracks.indices {
            let format = tracks[index].offered.format
            if header.payloadType == format.payloadType
                || header.payloadType == format.retransmissionPayloadType
                || header.payloadType == format.redundancyPayloadType
            {
                return index
            }
        }
        return nil
    }
}

extension ReceiveStream {
    fileprivate mutating func receive(
        _ clear: borrowing ByteWriter, header: RTPHeader, isRetransmission: Bool, at now: Instant
    ) -> Arrival {
        isRetransmission
            ? receiveRetransmission(clear.bytes, header: header, at: now)
            : receive(clear.bytes, header: header, at: now)
    }
}
