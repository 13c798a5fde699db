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
        /// The payload types with which it comes with redundancy; `nil` where it does not.
        package var redundancy: Redundancy?

        package init(
            ssrc: SSRC, codec: Codec, rid: String = "",
            extensions: ForwardedExtensionIDs = ForwardedExtensionIDs(), usesNACK: Bool = true,
            redundancy: Redundancy? = nil
        ) {
            self.redundancy = redundancy
            self.ssrc = ssrc
            self.codec = codec
            self.rid = rid
            self.extensions = extensions
            self.usesNACK = usesNACK
        }

        /// How a host numbers sound that comes with what was before it (RFC 2198).
        package struct Redundancy: Hashable, Sendable {
            /// The packets'.
            package var payloadType: PayloadType
            /// Their blocks': that of the codec alone.
            package var blockPayloadType: PayloadType

            package init(payloadType: PayloadType, blockPayloadType: PayloadType) {
                self.payloadType = payloadType
                self.blockPayloadType = blockPayloadType
            }
        }

        /// Where its packets tell their layers.
        var layers: LayerInfo.Format {
            switch codec {
            case .opus, .h264: .plain
            case .vp8: .vp8
            case .vp9: .vp9
            case .av1: extensions.dependencyDescriptor == 0 ? .plain : .dependencyDescriptor
            }
        }
    }

    package enum Arrival: Hashable, Sendable {
        /// Kept, and to be forwarded.
        case fresh
        /// Kept before, or older than what is kept.
        case stale
        /// Larger than a packet may be, a retransmission without an original, one that does not say what
        /// it is of the stream's layers, or of redundancy that cannot be read.
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
    /// The newest packet's unwrapped number; `nil` before the first. Stored, because a stream that a method
    /// only reads is copied for the call.
    package private(set) var newest: Int64?
    /// Other layers of the picture have gone on without this one: see ``noteOtherLayer(at:)``.
    package private(set) var hasStopped = false
    /// The first packet that is passed on again, after a time in which none was.
    package private(set) var passedOnFrom = Int64.min
    /// Whether its host was told not to send it.
    package var hold = LayerHold.none
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

    private var layers: LayerReader
    private var unwrapper = SequenceUnwrapper()
    /// The newest packet as of the last ``clearFresh()``.
    private var passed: Int64?
    private var statistics: ReceptionStatistics
    private var meter = RateMeter()
    /// What its layers take of it.
    package private(set) var shares = LayerShares()
    private var smoothed = SmoothedRate()

    package init(_ description: Description) {
        self.description = description
        let isVideo = description.codec.isVideo
        history = PacketHistory(
            capacity: isVideo ? Limits.videoHistory : Limits.audioHistory,
            hasLayers: description.layers != .plain)
        layers = LayerReader(description.layers)
        statistics = ReceptionStatistics(clockRate: description.codec.clockRate)
        fresh.reserveCapacity(256)
    }

    package mutating func receive(
        _ packet: RawSpan, header: RTPHeader, at now: Instant
    ) -> Arrival {
        let payload = packet.extracting(header.payload)
        guard payload.byteCount <= Limits.packetBytes else { return .unusable }
        let sequence = unwrapper.unwrap(header.sequenceNumber)
        newest = unwrapper.newest
        statistics.count(sequence, timestamp: header.timestamp, at: now)
        switch nacks.observe(sequence, at: now) {
        case .holeTooLarge: if description.codec.isVideo { keyframes.want() }
        case .inOrder, .afterHole, .recovered, .late: break
        }
        guard let primary = primaryStart(of: payload, header: header) else { return .unusable }
        return keep(
            payload, primaryStart: primary, of: packet, header: header, as: sequence, at: now)
    }

    /// Where a payload's primary block starts: 0 where it has no redundancy; `nil` when that is not what
    /// it should be. All blocks are to be of the stream's codec, because their payload types are
    /// written anew for those who number it otherwise.
    @inline(__always)
    private func primaryStart(of payload: RawSpan, header: RTPHeader) -> Int? {
        guard let redundancy = description.redundancy,
            header.payloadType == redundancy.payloadType
        else { return 0 }
        guard let red = try? REDPayload(parsing: payload),
            red.primaryPayloadType == redundancy.blockPayloadType
        else { return nil }
        for index in 0..<red.blockCount
        where red.block(at: index, in: payload).payloadType != redundancy.blockPayloadType {
            return nil
        }
        return red.primaryStart
    }

    /// Takes a packet of the stream's RTX companion: two bytes of original sequence number and the
    /// original payload (RFC 4588 §4). It never moves the stream forward.
    package mutating func receiveRetransmission(
        _ packet: RawSpan, header: RTPHeader, at now: Instant
    ) -> Arrival {
        let body = packet.extracting(header.payload)
        // RTX also carries the padding with which a sender probes for bandwidth.
        guard let original = RTX.originalSequenceNumber(body), let newest,
            case let size = body.byteCount - RTX.headerSize, size > 0, size <= Limits.packetBytes
        else { return .unusable }
        let sequence = unwrapper.unwrap(original)
        guard sequence <= newest else { return .unusable }
        _ = nacks.observe(sequence, at: now)
        // RTX repairs the codec alone: one payload type stands for one (RFC 4588 §8.6).
        return keep(
            body.extracting(RTX.headerSize..<body.byteCount), primaryStart: 0, of: packet,
            header: header,
            as: sequence, at: now)
    }

    private mutating func keep(
        _ payload: RawSpan, primaryStart: Int, of packet: RawSpan, header: RTPHeader,
        as sequence: Int64, at now: Instant
    ) -> Arrival {
        guard history.wants(sequence), fresh.count < Limits.videoHistory else { return .stale }
        guard let info = read(payload, of: packet, header: header) else { return .unusable }
        var entry = PacketHistory.Entry()
        entry.sequence = sequence
        entry.timestamp = header.timestamp
        entry.received = now
        entry.marker = header.marker
        entry.primaryStart = UInt16(truncatingIfNeeded: primaryStart)
        if description.codec.isVideo {
            entry.startsKeyframe =
                info.format == .plain
                ? Keyframe.startsKeyframe(description.codec, payload: payload)
                : info.isKeyframe && info.beginsFrame
            if entry.startsKeyframe { noteKeyframe(payload) }
            if entry.startsKeyframe, sequence > lastKeyframe?.sequence ?? -1 {
                lastKeyframe = (sequence, 0)
            }
            lastKeyframe?.bytes += payload.byteCount
        }
        history.store(
            entry, info, payload: payload, in: packet, header: header, ids: description.extensions)
        if info.format != .plain { shares.count(packet.byteCount, of: info, at: now) }
        if info.flags.contains(.hasStructure) { readAgain(after: sequence) }
        entry = history.entry(sequence) ?? entry
        meter.count(bytes: entry.wireSize, endsFrame: header.marker, at: now)
        // Whoever waits may have been given up on while nothing came.
        if !isActive(at: now), !waiting.isEmpty, !entry.startsKeyframe { keyframes.want() }
        lastArrival = now
        hasStopped = false
        if let passed, sequence <= passed { hasLate = true }
        fresh.append(sequence)
        // Forgets a large one after a while: a byte with each packet.
        recentWeight = max(recentWeight - 1, entry.weight)
        return .fresh
    }

    /// What a packet is of the stream's layers; `nil` when nobody can be sent it.
    @inline(__always)
    private mutating func read(
        _ payload: RawSpan, of packet: RawSpan, header: RTPHeader
    ) -> LayerInfo? {
        let id = description.extensions.dependencyDescriptor
        switch description.layers {
        case .plain: return LayerInfo()
        case .vp8, .vp9:
            return layers.read(payload, descriptor: RawSpan(), marker: header.marker)
        case .dependencyDescriptor, .unknownStructure:
            guard let range = HeaderExtensions.find(id, in: packet, header: header) else {
                // Of a host that negotiates descriptors and sends none.
                var info = LayerInfo()
                if header.marker { info.flags.insert(.endsPicture) }
                return info
            }
            return layers.read(
                payload, descriptor: packet.extracting(range), marker: header.marker)
        }
    }

    /// Finds out what packets are that came before the structure that they refer to.
    private mutating func readAgain(after sequence: Int64) {
        guard let newest, sequence < newest else { return }
        for later in sequence + 1...min(newest, sequence + Int64(Limits.inferredOmissions)) {
            guard let entry = history.entry(later) else { continue }
            var info = history.info(of: entry)
            if Self.readAgain(&info, of: entry, in: history, by: &layers) {
                history.setInfo(info, of: entry)
            }
        }
    }

    // Passed one by one, because through `self` the accesses would overlap.
    private static func readAgain(
        _ info: inout LayerInfo, of entry: PacketHistory.Entry,
        in history: borrowing PacketHistory, by layers: inout LayerReader
    ) -> Bool {
        layers.readAgain(&info, descriptor: history.dependencyDescriptor(of: entry))
    }

    /// The structure that a packet's layers refer to; `nil` where there is none. Mutating, because the
    /// reader would be copied first.
    @inline(__always)
    package mutating func structure(for info: LayerInfo) -> DependencyStructure? {
        info.format == .dependencyDescriptor ? layers.structure(for: info) : nil
    }

    private mutating func noteKeyframe(_ payload: RawSpan) {
        keyframes.keyframeStarted()
        if hold == .resumed { hold = .none }
        if let size = Keyframe.resolution(description.codec, payload: payload) {
            resolution = PictureSize(width: size.width, height: size.height)
        }
    }

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
            guard missing > 0, missing <= limit else { continue }
            history.pad(fresh[index], by: missing)
            meter.count(bytes: missing, endsFrame: false, at: entry.received)
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

    /// What it takes as it is sent to viewers, without the network's headers.
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
        guard !hasStopped, hold == .none, let lastArrival else { return false }
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
        // One that is to come again begins with a keyframe by itself.
        guard hold == .none || arrives(at: now) else { return .nothing }
        return keyframes.takeRequest(isActive: isActive(at: now), at: now)
    }

    /// When this stream next has something to ask of the host.
    package var wakeup: Instant? {
        let nack = description.usesNACK ? nacks.wakeup : nil
        switch (nack, hold == .none ? keyframes.wakeup : nil) {
        case (let first?, let second?): return min(first, second)
        case (let first, let second): return first ?? second
        }
    }

    /// Whether media arrived lately, or is about to: a stream is made for its first packet.
    package func isActive(at now: Instant) -> Bool {
        guard let lastArrival else { return !hasStopped }
        return !hasStopped && now - lastArrival < Limits.layerSilence
    }

    /// Whether media arrived lately, though perhaps not as it should have.
    package func arrives(at now: Instant) -> Bool {
        lastArrival.map { now - $0 < Limits.layerSilence } ?? false
    }

    /// What came before the newest packet is not passed on any more.
    package mutating func passOnFromHere() {
        if let newest = unwrapper.newest { passedOnFrom = newest }
    }

    /// Its host sends it again, or has stopped it for good.
    package mutating func endHold(hasFailed: Bool) {
        hold = .none
        if hasFailed { hasStopped = true }
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
