internal import Congestion
internal import DatagramIO
internal import Forwarding
internal import Peering
internal import Primitives
internal import RTP
internal import Signalling
internal import Telemetry

extension MediaWorker {
    /// Does what is due for a peer. - Returns: when to look again; `nil` when the peer is gone.
    mutating func tick(
        _ index: Int, at now: Instant, into sink: inout some DatagramSink & ~Copyable
    ) -> Instant? {
        if let home = peers[index].publisher?.home {
            passWishesOn(of: index, to: home, at: now)
            tickConversation(of: index, at: now)
            renewOffersWhenDue(of: index, at: now)
            return now + Limits.publisherTick
        }
        if peers[index].hasExpired(at: now) {
            end(
                index, because: peers[index].wasConnected ? .consentExpired : .connectTimeout,
                at: now, into: &sink)
            return nil
        }
        guard peers[index].wasConnected else {
            return tickHandshake(index, at: now, into: &sink)
        }
        reportPeer(index, at: now)
        if peers[index].publisher != nil {
            // Half of a host would be a fault that nobody sees: it is told, and may come again.
            guard !peers[index].publisher!.isRefused else {
                end(index, because: .atCapacity, at: now, into: &sink)
                return nil
            }
            requestRepairs(of: index, at: now, into: &sink)
            sendReceiverReports(of: index, at: now, into: &sink)
            tickConversation(of: index, at: now)
            renewOffersWhenDue(of: index, at: now)
            return now + Limits.publisherTick
        }
        if let since = peers[index].viewer!.publisherLeftAt,
            now - since >= Limits.publisherAbsence
        {
            end(index, because: .publisherEnded, at: now, into: &sink)
            return nil
        }
        allocate(index, at: now)
        if peers[index].viewer!.wantsProbe() { schedule.hold(index, until: now, at: now) }
        sendSenderReports(of: index, at: now, into: &sink)
        return now + Limits.viewerTick
    }

    private mutating func tickHandshake(
        _ index: Int, at now: Instant, into sink: inout some DatagramSink & ~Copyable
    ) -> Instant? {
        let progress = peers[index].connection!.transport.handleTimeout()
        sendFlight(of: index, into: &sink)
        apply(progress, to: index, at: now, into: &sink)
        return now + Limits.connectingTick
    }

    // MARK: - Towards hosts

    /// Asks a host for missing packets and wished keyframes, and sends transport-wide feedback.
    mutating func requestRepairs(
        of index: Int, at now: Instant, into sink: inout some DatagramSink & ~Copyable
    ) {
        if let home = peers[index].publisher?.home {
            return passWishesOn(of: index, to: home, at: now)
        }
        guard peers[index].publisher != nil else { return }
        updateDemand(of: index, at: now)
        guard var start = beginRTCP(to: index, into: &sink) else { return }
        let reporter = peers[index].publisher!.reporterSSRC
        for track in 0..<peers[index].publisher!.tracks.count {
            for position in 0..<peers[index].publisher!.tracks[track].streams.count {
                let stream = peers[index].publisher!.tracks[track].streams[position]
                appendNack(for: stream, of: index, at: now)
                appendKeyframeRequest(for: stream, of: index, from: reporter, at: now)
                start = splitRTCP(from: start, to: index, leaving: 840, into: &sink)
            }
        }
        start = splitRTCP(
            from: start, to: index, leaving: Congestion.Limits.maximumFeedbackSize, into: &sink)
        if now >= peers[index].publisher!.nextFeedback,
            peers[index].publisher!.feedback.hasPending, let media = firstSSRC(of: index)
        {
            peers[index].publisher!.nextFeedback = now + Limits.transportFeedbackInterval
            _ = peers[index].publisher!.feedback.writeFeedback(
                sender: reporter, media: media, into: &queue.arena)
        }
        commitRTCP(from: start, to: index)
        awaitRepair(of: index, at: now)
    }

    /// Has a host looked at when something of it is to be asked for before its next tick: a tick for each
    /// packet that may be missing would wake the worker for nothing most of the time.
    @inline(__always)
    mutating func awaitRepair(of index: Int, at now: Instant) {
        guard !peers[index].publisher!.awaitsRepair, let soonest = nextRepair(of: index) else {
            return
        }
        let at = max(soonest, now + Limits.repairInterval)
        guard at < now + Limits.publisherTick else { return }
        peers[index].publisher!.awaitsRepair = true
        wake(index, at: at, for: .repair)
    }

    private func nextRepair(of index: Int) -> Instant? {
        var soonest: Instant?
        for binding in peers[index].publisher!.bindings where !binding.isRetransmission {
            guard let wakeup = streams[binding.stream].wakeup else { continue }
            soonest = min(soonest ?? wakeup, wakeup)
        }
        return soonest
    }

    private func firstSSRC(of index: Int) -> SSRC? { peers[index].publisher!.bindings.first?.ssrc }

    private mutating func appendNack(for stream: Int, of index: Int, at now: Instant) {
        numbers.removeAll(keepingCapacity: true)
        streams[stream].collectNacks(
            at: now, roundTrip: peers[index].network.roundTrip, into: &numbers)
        guard !numbers.isEmpty else { return }
        counters.nacksSent += UInt64(numbers.count)
        RTCPWriter.nack(
            sender: peers[index].publisher!.reporterSSRC, media: streams[stream].description.ssrc,
            missing: numbers,
            into: &queue.arena)
    }

    private mutating func appendKeyframeRequest(
        for stream: Int, of index: Int, from reporter: SSRC, at now: Instant
    ) {
        let isWantedElsewhere = !peers[index].publisher!.listeners.isEmpty
        switch streams[stream].takeKeyframeRequest(
            at: now, isWantedElsewhere: isWantedElsewhere)
        {
        case .nothing: return
        case .abandoned: counters.keyframesAbandoned += 1
        case .request:
            counters.keyframesRequested += 1
            RTCPWriter.pictureLoss(
                sender: reporter, media: streams[stream].description.ssrc, into: &queue.arena)
        }
    }

    /// Receiver reports for every stream of a host, one compound packet (RFC 3550 §6.4.2), with our
    /// reference time for the round trip (RFC 3611 §4.4). Nothing is negotiated for it: who does not
    /// know it passes it by, and libwebrtc echoes it unasked.
    private mutating func sendReceiverReports(
        of index: Int, at now: Instant, into sink: inout some DatagramSink & ~Copyable
    ) {
        guard now >= peers[index].publisher!.nextReceiverReport,
            let start = beginRTCP(to: index, into: &sink)
        else { return }
        peers[index].publisher!.nextReceiverReport = now + Limits.receiverReportInterval
        var blocks: [ReportBlock] = []
        for track in 0..<peers[index].publisher!.tracks.count {
            for stream in peers[index].publisher!.tracks[track].streams {
                if let block = streams[stream].reportBlock(at: now) { blocks.append(block) }
            }
        }
        RTCPWriter.receiverReport(
            sender: peers[index].publisher!.reporterSSRC, blocks: blocks, into: &queue.arena)
        RTCPWriter.receiverReferenceTime(
            sender: peers[index].publisher!.reporterSSRC,
            ntp: configuration.anchor.ntp(at: now), into: &queue.arena)
        commitRTCP(from: start, to: index)
    }

    private mutating func renewOffersWhenDue(of index: Int, at now: Instant) {
        guard now >= peers[index].publisher!.nextOffer else { return }
        peers[index].publisher!.nextOffer = now + Limits.layerInterval
        noteSoundOfOthers(to: index, at: now)
        for track in 0..<peers[index].publisher!.tracks.count {
            renewOffer(ofTrack: track, of: index, at: now)
        }
    }

    /// Looks whether others on a publisher's stage send sound: see ``Publisher/soundOfOthers``.
    private mutating func noteSoundOfOthers(to index: Int, at now: Instant) {
        var heaviest: Int?
        let all = routes[peers[index].session.stage]?.publishers ?? [:]
        for (_, other) in all where other != index {
            for track in peers[other].publisher!.tracks where !track.offered.isVideo {
                for stream in track.streams
                where streams[stream].isActive(at: now) && isForwarded(stream) {
                    heaviest = max(heaviest ?? 0, streams[stream].recentWeight)
                }
            }
        }
        peers[index].publisher!.soundOfOthers = heaviest
    }

    // MARK: - Towards viewers

    /// A sender report for every track that flows (RFC 3550 §6.4.1): what lips are synchronised by.
    private mutating func sendSenderReports(
        of index: Int, at now: Instant, into sink: inout some DatagramSink & ~Copyable
    ) {
        guard now >= peers[index].viewer!.nextSenderReport else { return }
        peers[index].viewer!.nextSenderReport = now + Limits.senderReportInterval
        let ntp = configuration.anchor.ntp(at: now)
        for track in 0..<peers[index].viewer!.tracks.count {
            guard let source = peers[index].viewer!.tracks[track].source,
                let reference = reference(of: source.stream),
                let report = peers[index].viewer!.tracks[track].senderReport(
                    reference: reference, now: now, ntp: ntp),
                let start = beginRTCP(to: index, into: &sink)
            else { continue }
            RTCPWriter.senderReport(report, blocks: [], into: &queue.arena)
            RTCPWriter.sdesCNAME(
                ssrc: report.ssrc,
                cname: "slot-\(peers[index].viewer!.slotOfTrack[track])", into: &queue.arena)
            commitRTCP(from: start, to: index)
        }
    }

    private func reference(of stream: Int) -> (timestamp: RTPTimestamp, at: Instant)? {
        guard streams.isOccupied(stream), let report = streams[stream].senderReport,
            let at = peers[owners[stream].publisher].publisher!.clock.instant(of: report)
        else { return nil }
        return (report.rtp, at)
    }

    // MARK: - Towards the control plane

    private mutating func reportPeer(_ index: Int, at now: Instant) {
        guard now >= peers[index].nextReport else { return }
        peers[index].nextReport = now + Limits.reportInterval
        let resource = peers[index].session.resource
        if peers[index].publisher != nil {
            report(.layers(resource, layerReports(of: index, at: now)))
            measureReception(of: index)
        }
        peers[index].network.closeWindow()
        let network = peers[index].network
        report(
            .latency(
                resource,
                LatencyReport(
                    roundTrip: network.roundTrip,
                    serverMedian: recentLatency.percentile(0.5).map { .nanoseconds(Int64($0)) },
                    serverP99: recentLatency.percentile(0.99).map { .nanoseconds(Int64($0)) },
                    pacerMedian: recentPacing.percentile(0.5).map { .nanoseconds(Int64($0)) },
                    fractionLost: network.fractionLost,
                    networkQuality: NetworkQuality(
                        NetworkObservation(
                            fractionLost: network.fractionLost, roundTrip: network.roundTrip,
                            jitter: network.jitter, isSilent: network.isSilent(at: now))))))
        if now - recentSince >= Limits.reportInterval * 5 {
            recentLatency = LatencyHistogram()
            recentPacing = LatencyHistogram()
            recentSince = now
        }
    }

    /// What of a host's packets has come since the last report.
    private mutating func measureReception(of index: Int) {
        for track in 0..<peers[index].publisher!.tracks.count {
            for stream in peers[index].publisher!.tracks[track].streams {
                let (expected, lost) = streams[stream].takeReception()
                peers[index].network.count(expected: expected, lost: lost)
                if !streams[stream].description.codec.isVideo, expected > 0 {
                    peers[index].network.noteJitter(streams[stream].jitter)
                }
                if let last = streams[stream].lastArrival {
                    peers[index].network.noteHeard(at: last)
                }
            }
        }
    }

    private mutating func layerReports(of index: Int, at now: Instant) -> [LayerReport] {
        var reports: [LayerReport] = []
        for track in 0..<peers[index].publisher!.tracks.count {
            let offered = peers[index].publisher!.tracks[track].offered
            for stream in peers[index].publisher!.tracks[track].streams {
                let held = offered.isVideo ? heldLayer(stream, of: index, at: now) : nil
                guard held?.isExpected ?? false || streams[stream].isActive(at: now) else {
                    continue
                }
                var rates = streams[stream].rates(at: now)
                if let held { rates = (held.rate, Double(held.framesPerSecond)) }
                let size = streams[stream].resolution
                reports.append(
                    LayerReport(
                        rid: streams[stream].description.rid,
                        kind: offered.isVideo ? .video : .audio,
                        codec: offered.format.codec.rawValue,
                        bitsPerSecond: rates.rate.bitsPerSecond, width: size?.width ?? 0,
                        height: size?.height ?? 0,
                        framesPerSecond: offered.isVideo ? rates.framesPerSecond : 0))
            }
        }
        return reports.sorted {
            ($0.kind.rawValue, $0.width * $0.height) > ($1.kind.rawValue, $1.width * $1.height)
        }
    }
}
