internal import Forwarding
internal import Primitives
internal import RTP

/// The receive side of one picture: puts frames together, decodes what can be decoded as soon as it can
/// be, asks for what is missing, and for keyframes when nothing can be decoded.
///
/// Frames that are not whole are given up for a later one when that is to be shown, not before: libwebrtc's
/// frame buffer schedules the first frame that can be decoded, and anew when an earlier one has become
/// whole (video_stream_buffer_controller.cc).
struct PictureReceiver {
    let ssrc: SSRC
    let retransmissionSSRC: SSRC
    private(set) var figures = PictureFigures()
    private var unwrapper = SequenceUnwrapper()
    private var statistics = ReceptionStatistics(clockRate: 90_000)
    private var nacks = NackList()
    private var oracle = DecodabilityOracle()
    /// In the order of their numbers.
    private var frames: [ReceivedFrame] = []
    /// Where the newest frame that was decoded, or given up, ended.
    private var done: Int64 = .min
    private var lastArrival: Instant?
    private var lastProgress: Instant?
    private var nextRequest = Instant.zero
    private var lastReport: (ntp: UInt64, at: Instant)?

    private var playout = PlayoutClock()
    /// Until when a frame waits for what is missing before it.
    private(set) var heldUntil: Instant?

    init(slot: UInt32) {
        ssrc = SSRC(0x100 + slot)
        retransmissionSSRC = SSRC(0x200 + slot)
    }

    mutating func receive(_ packet: RawSpan, header: RTPHeader, at now: Instant) {
        let sequence = unwrapper.unwrap(header.sequenceNumber)
        statistics.count(sequence, timestamp: header.timestamp, at: now)
        figures.packets += 1
        take(
            sequence, packet.extracting(header.payload), size: packet.byteCount, isRepair: false,
            at: now)
    }

    mutating func receiveRetransmission(_ packet: RawSpan, header: RTPHeader, at now: Instant) {
        let payload = packet.extracting(header.payload)
        guard let original = RTX.originalSequenceNumber(payload), unwrapper.newest != nil else {
            return
        }
        figures.retransmissions += 1
        var unwrapper = self.unwrapper
        let sequence = unwrapper.unwrap(original)
        guard sequence <= self.unwrapper.newest! else { return }
        take(
            sequence, payload.extracting(RTX.headerSize..<payload.byteCount),
            size: packet.byteCount, isRepair: true, at: now)
    }

    private mutating func take(
        _ sequence: Int64, _ payload: RawSpan, size: Int, isRepair: Bool, at now: Instant
    ) {
        lastArrival = now
        if lastProgress == nil { lastProgress = now }
        nacks.observe(sequence, at: now)
        guard let mark = FrameMark(endOf: payload) else { return }
        figures.bytes[mark.layer, default: 0] += size
        let first = sequence - Int64(mark.index)
        guard first >= done else { return }
        oracle.note(mark)
        let place = place(of: mark, first: first)
        let isNew = frames[place].take(
            mark.index, bytes: payload.byteCount, isRepair: isRepair, at: now)
        if isNew, frames[place].isWhole, !frames[place].isRepaired {
            playout.note(captured: mark.captured, complete: now)
        }
        decode(at: now)
    }

    /// Where a frame is, or is entered.
    private mutating func place(of mark: FrameMark, first: Int64) -> Int {
        let place = frames.firstIndex { $0.first >= first } ?? frames.count
        if place == frames.count || frames[place].first != first {
            frames.insert(ReceivedFrame(mark, first: first), at: place)
        }
        return place
    }

    /// Decodes what waited until now.
    mutating func advance(to now: Instant) {
        if let heldUntil, heldUntil <= now { decode(at: now) }
    }

    private mutating func decode(at now: Instant) {
        heldUntil = nil
        while let place = frames.firstIndex(where: { $0.isWhole && oracle.canDecode($0.mark) }) {
            let frame = frames[place]
            if done != .min, frame.first > done {
                let due = playout.due(captured: frame.mark.captured)
                guard now >= due else {
                    heldUntil = due
                    return
                }
            }
            figures.skipped += place
            for earlier in frames[...place] { judge(earlier) }
            oracle.decode(frame.mark)
            frames.removeFirst(place + 1)
            done = frame.end
            nacks.clear(before: done)
            lastProgress = now
            let shown = playout.show(frame, decoded: now)
            figures.freezes.frame(at: shown)
            figures.frames.append(
                PictureFigures.Frame(
                    host: frame.mark.host, layer: frame.mark.layer, number: frame.mark.frame,
                    isKeyframe: frame.mark.isKeyframe, captured: frame.mark.captured,
                    sent: frame.mark.sent, decoded: now, shown: shown))
        }
    }

    private mutating func judge(_ frame: ReceivedFrame) {
        guard let (fault, text) = oracle.judge(frame) else { return }
        if figures.fault == nil { figures.fault = "\(fault): \(text)" }
        switch fault {
        case .orphan: figures.orphans += 1
        case .cut: figures.cut += 1
        }
    }

    // MARK: - What it asks for

    mutating func missing(at now: Instant, roundTrip: Duration) -> [SequenceNumber] {
        let due = nacks.due(at: now, roundTrip: roundTrip)
        figures.packetsAsked += due.count
        return due
    }

    /// Whether to ask for a keyframe now: something comes, and nothing could be decoded for `wait`.
    mutating func wantsKeyframe(at now: Instant, after wait: Duration) -> Bool {
        guard let lastArrival, let lastProgress, now - lastArrival < wait,
            now - lastProgress >= wait, !frames.isEmpty, now >= nextRequest
        else { return false }
        nextRequest = now + max(wait, .milliseconds(300))
        figures.keyframesAsked += 1
        return true
    }

    // MARK: - What it reports

    mutating func note(_ report: SenderReport, at now: Instant) { lastReport = (report.ntp, now) }

    mutating func report(at now: Instant) -> ReportBlock? {
        let delay = lastReport.map { now - $0.at } ?? .zero
        return statistics.report(
            for: ssrc, lastSR: lastReport.map { NTPTime.middle($0.ntp) } ?? 0,
            delaySinceLastSR: UInt32(clamping: delay.nanoseconds / 1000 * 65_536 / 1_000_000))
    }
}
