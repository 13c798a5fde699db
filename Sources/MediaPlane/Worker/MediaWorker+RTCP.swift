internal import Congestion
internal import DatagramIO
internal import Forwarding
internal import MediaSecurity
internal import Peering
internal import Primitives
internal import RTP

extension MediaWorker {
    /// Takes the RTCP compound packet in ``clear``. What is malformed ends the reading, and is counted; what
    /// came before it counts.
    mutating func receiveRTCP(
        from index: Int, at now: Instant, into sink: inout some DatagramSink & ~Copyable
    ) {
        peers[index].network.noteHeard(at: now)
        var cursor = RTCPCursor()
        do throws(RTCPViolation) {
            while let packet = try cursor.next(in: clear.bytes) {
                if peers[index].publisher != nil { note(packet, fromPublisher: index, at: now) }
                if peers[index].viewer != nil {
                    handle(packet, fromViewer: index, at: now, into: &sink)
                }
            }
        } catch {
            counters.reportsRefused += 1
        }
    }

    private mutating func note(
        _ packet: RTCPPacket, fromPublisher index: Int, at now: Instant
    ) {
        switch packet {
        case .senderReport(let report, _): note(report, fromPublisher: index, at: now)
        case .extendedReport(_, let blocks): readEchoes(blocks, of: index, at: now)
        default: break
        }
    }

    mutating func note(_ report: SenderReport, fromPublisher index: Int, at now: Instant) {
        guard let position = peers[index].publisher!.binding(of: report.ssrc),
            !peers[index].publisher!.bindings[position].isRetransmission
        else { return }
        let stream = peers[index].publisher!.bindings[position].stream
        streams[stream].noteSenderReport(report, at: now)
        if let received = streams[stream].senderReport {
            peers[index].publisher!.clock.observe(received)
        }
        handOver(report, of: index, at: now)
    }

    /// Reads what a host says about our reference time (RFC 3611 §4.5).
    private mutating func readEchoes(_ blocks: Range<Int>, of index: Int, at now: Instant) {
        let reporter = peers[index].publisher!.reporterSSRC
        var cursor = ExtendedReportCursor(blocks)
        while let block = try? cursor.next(in: clear.bytes) {
            guard case .referenceTimeEchoes(let range) = block else { continue }
            for start in stride(
                from: range.lowerBound, to: range.upperBound, by: ReferenceTimeEcho.size)
            {
                let echo = ReferenceTimeEcho(at: start, in: clear.bytes)
                guard echo.receiver == reporter else { continue }
                peers[index].network.noteEcho(
                    of: echo.lastReference, held: echo.delaySinceLastReference,
                    at: middleNTP(at: now))
            }
        }
    }

    private func middleNTP(at now: Instant) -> UInt32 {
        NTPTime.middle(configuration.anchor.ntp(at: now))
    }

    private mutating func handle(
        _ packet: RTCPPacket, fromViewer index: Int, at now: Instant,
        into sink: inout some DatagramSink & ~Copyable
    ) {
        switch packet {
        case .receiverReport(_, let blocks), .senderReport(_, let blocks):
            readReports(blocks, of: index, at: now)
        case .nack(let media, let items):
            repair(media, items: items, of: index, at: now, into: &sink)
        case .transportFeedback(let control):
            take(control, of: index, at: now)
        case .receiverEstimatedMaximumBitrate(let rate):
            peers[index].viewer!.estimator?.noteREMB(rate, at: now)
        case .pictureLoss(let media):
            wishKeyframe(media, of: index)
        case .fullIntraRequest(let entries):
            // Eight bytes an entry, the SSRC first (RFC 5104 §4.3.1.1).
            for start in stride(from: entries.lowerBound, to: entries.upperBound - 7, by: 8) {
                wishKeyframe(SSRC(clear.bytes.uint32(at: start)), of: index)
            }
        default: break
        }
    }

    private mutating func readReports(_ blocks: Range<Int>, of index: Int, at now: Instant) {
        for start in stride(from: blocks.lowerBound, to: blocks.upperBound - 23, by: 24) {
            let block = ReportBlock(at: start, in: clear.bytes)
            guard let track = peers[index].viewer!.track(of: block.ssrc) else { continue }
            let (expected, lost) = peers[index].viewer!.receptions[track].note(block)
            peers[index].network.count(expected: expected, lost: lost)
            if !peers[index].viewer!.tracks[track].configuration.isVideo {
                let clock = Int64(Codec.opus.clockRate)
                peers[index].network.noteJitter(
                    .nanoseconds(Int64(block.jitter) * 1_000_000_000 / clock))
            }
            peers[index].network.noteEcho(
                of: block.lastSR, held: block.delaySinceLastSR, at: middleNTP(at: now))
        }
        if let roundTrip = peers[index].network.roundTrip {
            peers[index].viewer!.estimator?.noteRoundTrip(roundTrip, at: now)
        }
    }

    /// Takes what a viewer says of the packets that arrived.
    private mutating func take(_ control: Range<Int>, of index: Int, at now: Instant) {
        guard peers[index].viewer!.isEstimated,
            let feedback = try? TransportFeedback(parsing: clear.bytes, in: control)
        else {
            counters.feedbackRefused += 1
            return
        }
        Self.take(feedback, in: clear, of: index, among: &peers, at: now, using: &packetResults)
        noteLosses(of: index)
        if peers[index].viewer!.isOverTarget() || peers[index].viewer!.hasRoomToRise() {
            allocate(index, at: now)
        }
    }

    // The parts are passed one by one, so that the compiler sees that they do not overlap.
    private static func take(
        _ feedback: TransportFeedback, in clear: borrowing ByteWriter, of index: Int,
        among peers: inout SlotTable<Peer>, at now: Instant, using results: inout PacketResults
    ) {
        peers[index].viewer!.estimator!.receive(
            feedback, in: clear.bytes, at: now, using: &results)
    }

    private mutating func repair(
        _ media: SSRC, items: Range<Int>, of index: Int, at now: Instant,
        into sink: inout some DatagramSink & ~Copyable
    ) {
        guard let track = peers[index].viewer!.track(of: media) else { return }
        // Taken out of `self` while the closure fills it, and put back: its memory stays.
        var numbers: [SequenceNumber] = []
        swap(&numbers, &self.numbers)
        defer { swap(&numbers, &self.numbers) }
        numbers.removeAll(keepingCapacity: true)
        NACK.forEach(in: clear.bytes, items: items) { number in
            if numbers.count < numbers.capacity { numbers.append(number) }
        }
        counters.nacksReceived += UInt64(numbers.count)
        let refused = peers[index].viewer!.tracks[track].refusedResends
        for number in numbers {
            resend(number, to: index, track: track, at: now, into: &sink)
        }
        counters.resendsRefused += peers[index].viewer!.tracks[track].refusedResends - refused
    }

    private mutating func wishKeyframe(_ media: SSRC, of index: Int) {
        guard let track = peers[index].viewer!.track(of: media) else { return }
        counters.keyframesWanted += 1
        let target = peers[index].viewer!.targets[track]
        let stream = peers[index].viewer!.tracks[track].source?.stream ?? target
        guard stream >= 0, streams.isOccupied(stream) else { return }
        streams[stream].keyframes.want()
        wish(owners[stream].publisher)
    }

    /// Has a publisher looked at when the turn ends.
    mutating func wish(_ publisher: Int) {
        if !wishes.contains(publisher) { wishes.append(publisher) }
    }

    /// Starts an RTCP packet to a peer; appends and returns where it starts. `nil` without a path.
    mutating func beginRTCP(
        to index: Int, into sink: inout some DatagramSink & ~Copyable
    ) -> Int? {
        guard peers[index].isConnected else { return nil }
        makeRoom(into: &sink)
        return queue.arena.count
    }

    /// Sends what was appended since `start` when less than `size` bytes would be left of a
    /// datagram. - Returns: where the next packet starts.
    mutating func splitRTCP(
        from start: Int, to index: Int, leaving size: Int,
        into sink: inout some DatagramSink & ~Copyable
    ) -> Int {
        guard queue.arena.count - start + size > Peering.Limits.rtcpBytes else { return start }
        commitRTCP(from: start, to: index)
        makeRoom(into: &sink)
        return queue.arena.count
    }

    /// Seals and queues what was appended since `start`.
    mutating func commitRTCP(from start: Int, to index: Int) {
        guard let destination = peers[index].remoteAddress,
            queue.arena.count > start
        else { return queue.arena.truncate(to: start) }
        peers[index].connection!.transport.sealer!.sealRTCP(start: start, in: &queue.arena)
        queue.commit(from: start, to: destination, via: peers[index].local)
    }
}
