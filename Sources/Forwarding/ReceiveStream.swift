package import Primitives
package import RTP

/// One RTP stream as it arrives from a host: a microphone, or one simulcast layer of a camera.
///
/// Keeps the packets, watches for holes, measures, and remembers who is to get what has arrived
/// since the last fan-out (``fresh``).
package struct ReceiveStream: ~Copyable {
    package struct Description: Hashable, Sendable {
        package var ssrc: SSRC
        package var codec: Codec
        /// The simulcast layer's name; empty for a single stream.
        package var rid: String
        package var extensions: ForwardedExtensionIDs
        /// Whether generic NACK was negotiated for it.
        package var usesNACK: Bool

        package init(
            ssrc: SSRC, codec: Codec, rid: String = "",
            extensions: ForwardedExtensionIDs = ForwardedExtensionIDs(), usesNACK: Bool = true
        ) {
            self.ssrc = ssrc
            self.codec = codec
            self.rid = rid
            self.extensions = extensions
            self.usesNACK = usesNACK
        }
    }

    package enum Arrival: Hashable, Sendable {
        /// Kept, and to be forwarded.
        case fresh
        /// Kept before, or older than what is kept.
        case stale
        /// Larger than a packet may be, or a retransmission without an original.
        case unusable
    }

    package let description: Description
    package private(set) var history: PacketHistory
    package private(set) var nacks = NackGenerator()
    package var keyframes = KeyframeRequester()
    package private(set) var senderReport: ReceivedSenderReport?
    /// The picture's size from its newest keyframe; `nil` until one came.
    package private(set) var resolution: PictureSize?
    package private(set) var lastArrival: Instant?
    /// Other layers of the picture have gone on without this one: see ``noteOtherLayer(at:)``.
    package private(set) var hasStopped = false
    /// The packets that arrived since ``clearFresh()``, in the order of arrival.
    package private(set) var fresh: [Int64] = []
    /// Whether some of these are older than what was there before.
    package private(set) var hasLate = false
    /// The newest keyframe's first packet, and the bytes since.
    private var lastKeyframe: (sequence: Int64, bytes: Int)?
    /// The most that packets have weighed lately (see ``PacketHistory/Entry/weight``).
    package private(set) var recentWeight = 0
    /// Who gets every packet.
    package private(set) var subscribers: [Subscriber] = []
    /// Who waits for a keyframe to start with.
    package private(set) var waiting: [Subscriber] = []

    private var unwrapper = SequenceUnwrapper()
    /// The newest packet as of the last ``clearFresh()``.
    private var passed: Int64?
    private var statistics: ReceptionStatistics
    private var meter = RateMeter()
    private var smoothed = SmoothedRate()

    package init(_ description: Description) {
        self.description = description
        let isVideo = description.codec.isVideo
        history = PacketHistory(
            capacity: isVideo ? Limits.videoHistory : Limits.audioHistory)
        statistics = ReceptionStatistics(clockRate: description.codec.clockRate)
        fresh.reserveCapacity(256)
    }

    package mutating func receive(
        _ packet: RawSpan, header: RTPHeader, at now: Instant
    ) -> Arrival {
        let payload = packet.extracting(header.payload)
        guard payload.byteCount <= Limits.packetBytes else { return .unusable }
        let sequence = unwrapper.unwrap(header.sequenceNumber)
        statistics.count(sequence, timestamp: header.timestamp, at: now)
        switch nacks.observe(sequence, at: now) {
        case .holeTooLarge: if description.codec.isVideo { keyframes.want() }
        case .inOrder, .afterHole, .recovered, .late: break
        }
        return keep(payload, of: packet, header: header, as: sequence, at: now)
    }

    /// Takes a packet of the stream's RTX companion: two bytes of original sequence number and the
    /// original payload (RFC 4588 §4). It never moves the stream forward.
    package mutating func receiveRetransmission(
        _ packet: RawSpan, header: RTPHeader, at now: Instant
    ) -> Arrival {
        let body = packet.extracting(header.payload)
        // RTX also carries the padding with which a sender probes for bandwidth.
        guard let original = RTX.originalSequenceNumber(body), let newest = unwrapper.newest,
            case let size = body.byteCount - RTX.headerSize, size > 0, size <= Limits.packetBytes
        else { return .unusable }
        let sequence = unwrapper.unwrap(original)
        guard sequence <= newest else { return .unusable }
        _ = nacks.observe(sequence, at: now)
        return keep(
            body.extracting(RTX.headerSize..<body.byteCount), of: packet, header: header,
            as: sequence, at: now)
    }

    private mutating func keep(
        _ payload: RawSpan, of packet: RawSpan, header: RTPHeader, as sequence: Int64,
        at now: Instant
    ) -> Arrival {
        guard history.wants(sequence), fresh.count < Limits.videoHistory else { return .stale }
        var entry = PacketHistory.Entry()
        entry.sequence = sequence
        entry.timestamp = header.timestamp
        entry.received = now
        entry.marker = header.marker
        if description.codec.isVideo {
            entry.startsKeyframe = Keyframe.startsKeyframe(description.codec, payload: payload)
            if entry.startsKeyframe { noteKeyframe(payload) }
            if entry.startsKeyframe, sequence > lastKeyframe?.sequence ?? -1 {
                lastKeyframe = (sequence, 0)
            }
            lastKeyframe?.bytes += payload.byteCount
        }
        history.store(
            entry, payload: payload, in: packet, header: header, ids: description.extensions)
        meter.count(bytes: packet.byteCount, endsFrame: header.marker, at: now)
        // Whoever waits may have been given up on while nothing came.
        if !isActive(at: now), !waiting.isEmpty, !entry.startsKeyframe { keyframes.want() }
        lastArrival = now
        hasStopped = false
        if let passed, sequence <= passed { hasLate = true }
        fresh.append(sequence)
        // Forgets a large one after a while: a byte with each packet.
        recentWeight = max(recentWeight - 1, history.entry(sequence)?.weight ?? 0)
        return .fresh
    }

    private mutating func noteKeyframe(_ payload: RawSpan) {
        keyframes.keyframeStarted()
        if let size = Keyframe.resolution(description.codec, payload: payload) {
            resolution = PictureSize(width: size.width, height: size.height)
        }
    }

    /// The newest packet's unwrapped number; `nil` before the first.
    package var newest: Int64? { unwrapper.newest }

    /// Where a viewer who comes may begin without waiting for a keyframe: the newest one, when it is not
    /// old, and all that followed it is here; and the newest packet.
    package func joinPoint(
        at now: Instant
    ) -> (first: PacketHistory.Entry, newest: PacketHistory.Entry)? {
        guard let lastKeyframe, lastKeyframe.bytes <= Limits.joinBytes,
            let newest, nacks.missingCount == 0,
            // What is sent must still be here when its turn comes.
            newest - lastKeyframe.sequence < history.capacity * 3 / 4,
            let first = history.entry(lastKeyframe.sequence), let last = history.entry(newest),
            now.nanoseconds(since: first.received) <= UInt64(Limits.joinAge.nanoseconds)
        else { return nil }
        return (first, last)
    }

    /// The first of the fresh packets that starts a keyframe.
    package var freshKeyframe: PacketHistory.Entry? {
        for sequence in fresh {
            if let entry = history.entry(sequence), entry.startsKeyframe { return entry }
        }
        return nil
    }

    /// Pads fresh packets that are smaller than the largest one by up to `limit`, so that they make one
    /// run: of a run the last packet alone may be smaller.
    ///
    /// - Parameters:
    ///   - weight: the largest one's; the last packet is padded, too. `nil`: that of this stream's.
    package mutating func evenOut(to weight: Int? = nil, limit: Int) {
        let last = fresh.count - (weight == nil ? 1 : 0)
        guard last > 0, let largest = weight ?? largestFresh else { return }
        for index in 0..<last {
            guard let entry = history.entry(fresh[index]) else { continue }
            let missing = largest - entry.weight
            if missing > 0, missing <= limit { history.pad(fresh[index], by: missing) }
        }
    }

    /// The weight of the largest fresh packet: what it takes besides what all packets take alike.
    private var largestFresh: Int? {
        var largest: Int?
        for sequence in fresh {
            guard let entry = history.entry(sequence) else { continue }
            largest = max(largest ?? 0, entry.weight)
        }
        return largest
    }

    package mutating func clearFresh() {
        fresh.removeAll(keepingCapacity: true)
        hasLate = false
        passed = unwrapper.newest
    }

    package mutating func noteSenderReport(_ report: SenderReport, at now: Instant) {
        senderReport = ReceivedSenderReport(
            ntp: report.ntp, rtp: report.rtp, receivedAt: now)
    }

    /// The report block about this stream (RFC 3550 §6.4.1); `nil` before its first packet.
    package mutating func reportBlock(at now: Instant) -> ReportBlock? {
        guard let senderReport else {
            return statistics.report(for: description.ssrc, lastSR: 0, delaySinceLastSR: 0)
        }
        let delay = now - senderReport.receivedAt
        return statistics.report(
            for: description.ssrc, lastSR: NTPTime.middle(senderReport.ntp),
            // By way of microseconds: a day in nanoseconds times 65,536 is too large.
            delaySinceLastSR: UInt32(clamping: delay.nanoseconds / 1000 * 65_536 / 1_000_000))
    }

    package mutating func rates(at now: Instant) -> (rate: DataRate, framesPerSecond: Double) {
        meter.rates(at: now)
    }

    /// What it takes over some seconds, so that a keyframe does not look like a change; zero while unknown.
    package mutating func smoothedRate(at now: Instant) -> DataRate {
        smoothed.note(meter.rates(at: now).rate, at: now)
    }

    /// Notes that another layer of the same picture brings packets at `now`. When this one should have
    /// brought two frames since its last packet, its host has stopped it.
    ///
    /// - Returns: whether that is new.
    package mutating func noteOtherLayer(at now: Instant) -> Bool {
        guard !hasStopped, let lastArrival else { return false }
        let framesPerSecond = meter.rates(at: now).framesPerSecond
        guard framesPerSecond >= Limits.leastFrameRate else { return false }
        let patience =
            Int64(2e9 / framesPerSecond) + Limits.layerTolerance.nanoseconds
        guard now.nanoseconds(since: lastArrival) > UInt64(patience) else { return false }
        hasStopped = true
        return true
    }

    package var cumulativeLost: Int64 { statistics.cumulativeLost }

    /// See ``ReceptionStatistics/takeWindow()``.
    package mutating func takeReception() -> (expected: Int64, lost: Int64) {
        statistics.takeWindow()
    }

    /// Interarrival jitter (RFC 3550 §6.4.1).
    package var jitter: Duration { statistics.jitter }

    package mutating func collectNacks(
        at now: Instant, roundTrip: Duration?, into list: inout [SequenceNumber]
    ) {
        guard description.usesNACK else { return }
        nacks.collect(at: now, roundTrip: roundTrip, into: &list)
    }

    /// Whether to ask the host for a keyframe of this layer now; counts the request as sent.
    ///
    /// A wish that nobody has any more, and one that a silent layer did not answer
    /// ``Limits/keyframeAttempts`` times, is given up. A layer that comes back while somebody waits
    /// for it is asked again.
    ///
    /// - Parameter isWantedElsewhere: whether somebody is fed by this stream who is no subscriber of it.
    package mutating func takeKeyframeRequest(
        at now: Instant, isWantedElsewhere: Bool = false
    ) -> KeyframeRequester.Answer {
        guard isWantedElsewhere || !waiting.isEmpty || !subscribers.isEmpty else {
            return keyframes.abandon()
        }
        return keyframes.takeRequest(isActive: isActive(at: now), at: now)
    }

    /// When this stream next has something to ask of the host.
    package var wakeup: Instant? {
        let nack = description.usesNACK ? nacks.wakeup : nil
        switch (nack, keyframes.wakeup) {
        case (let first?, let second?): return min(first, second)
        case (let first, let second): return first ?? second
        }
    }

    /// Whether media arrived lately, or is about to: a stream is made for its first packet.
    package func isActive(at now: Instant) -> Bool {
        guard let lastArrival else { return true }
        return !hasStopped && now - lastArrival < Limits.layerSilence
    }
}

/// Who gets a stream: an outgoing track of a peer, by their places in the worker's tables.
package struct Subscriber: Hashable, Sendable {
    package var peer: Int32
    package var track: Int32

    package init(peer: Int32, track: Int32) {
        self.peer = peer
        self.track = track
    }
}

extension ReceiveStream {
    /// Adds a subscriber: video waits for a keyframe, sound starts at once.
    package mutating func subscribe(_ subscriber: Subscriber) {
        if description.codec.isVideo {
            waiting.append(subscriber)
            keyframes.want()
        } else {
            subscribers.append(subscriber)
        }
    }

    /// Adds a subscriber that has begun already.
    package mutating func admit(_ subscriber: Subscriber) { subscribers.append(subscriber) }

    /// Moves everybody who waits to the subscribers: a keyframe has started.
    package mutating func promoteWaiting() {
        subscribers.append(contentsOf: waiting)
        waiting.removeAll(keepingCapacity: true)
    }

    /// Lets a subscriber begin anew: video at the next keyframe.
    package mutating func restart(_ subscriber: Subscriber) {
        unsubscribe(subscriber)
        subscribe(subscriber)
    }

    package mutating func unsubscribe(_ subscriber: Subscriber) {
        subscribers.removeAll { $0 == subscriber }
        waiting.removeAll { $0 == subscriber }
    }
}

/// The newest sender report of a stream, and when it came.
package struct ReceivedSenderReport: Hashable, Sendable {
    package var ntp: UInt64
    package var rtp: RTPTimestamp
    package var receivedAt: Instant

    package init(ntp: UInt64, rtp: RTPTimestamp, receivedAt: Instant) {
        self.ntp = ntp
        self.rtp = rtp
        self.receivedAt = receivedAt
    }
}

/// Width and height in pixels.
package struct PictureSize: Hashable, Sendable {
    package var width: Int
    package var height: Int

    package init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }
}
