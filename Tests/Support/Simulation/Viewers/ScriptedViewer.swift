internal import Congestion
internal import Primitives
internal import RTP

/// How a scripted viewer behaves.
package struct ViewerScript: Hashable, Sendable {
    package var slots = 1
    package var hasSound = false
    package var tellsArrivals = true
    /// Whether it tells of sound, too, as Chromium does and Firefox does not.
    package var tellsSound = false
    /// What it takes for the round trip, between two requests for the same packet.
    package var roundTrip = Duration.milliseconds(100)
    /// How long nothing can be decoded before it asks for a keyframe.
    package var keyframeWait = Duration.milliseconds(200)
    /// As Chromium does; Firefox does each 50 ms (both measured, as viewers, in November 2026).
    package var feedbackInterval = Duration.microseconds(62_500)
    package var nackInterval = Duration.milliseconds(20)

    package init(slots: Int = 1, hasSound: Bool = false, tellsArrivals: Bool = true) {
        self.slots = slots
        self.hasSound = hasSound
        self.tellsArrivals = tellsArrivals
    }
}

/// A viewer that acts by itself, as libwebrtc's receive side does.
struct ScriptedViewer {
    let script: ViewerScript
    private(set) var pictures: [PictureReceiver]
    private(set) var sounds: [SoundFigures]
    private(set) var bytes = 0
    private var recorder = TransportFeedbackRecorder()
    private var nextNack: Instant
    private var nextFeedback: Instant
    private var nextReport: Instant

    /// - Parameter phase: how far its timers are from others'.
    init(_ script: ViewerScript, phase: Duration, at now: Instant) {
        self.script = script
        pictures = (0..<script.slots).map { PictureReceiver(slot: UInt32($0)) }
        sounds = Array(repeating: SoundFigures(), count: script.hasSound ? script.slots : 0)
        nextNack = now
        nextFeedback = now + phase
        nextReport = now + .seconds(1) + phase
    }

    var wakeup: Instant {
        pictures.compactMap(\.heldUntil).reduce(min(nextNack, nextFeedback, nextReport), min)
    }

    mutating func receive(_ packet: [UInt8], at now: Instant) {
        let span = packet.rawSpan
        guard let header = try? RTPHeader(parsing: span) else { return }
        bytes += packet.count
        recordArrival(span, header, at: now)
        let ssrc = header.ssrc.rawValue
        let slot = Int(ssrc & 0xFF)
        switch ssrc >> 8 {
        case 1 where slot < pictures.count: pictures[slot].receive(span, header: header, at: now)
        case 2 where slot < pictures.count:
            pictures[slot].receiveRetransmission(span, header: header, at: now)
        case 3 where slot < sounds.count: hear(span, header, slot: slot, at: now)
        default: break
        }
        // A hole is asked for at once.
        if ssrc >> 8 == 1 { nextNack = min(nextNack, now) }
    }

    private mutating func recordArrival(_ packet: RawSpan, _ header: RTPHeader, at now: Instant) {
        guard script.tellsArrivals,
            let range = HeaderExtensions.find(
                SimulatedRoom.transportSequence, in: packet, header: header), range.count == 2
        else { return }
        recorder.record(
            sequence: SequenceNumber(packet.uint16(at: range.lowerBound)), at: now)
    }

    private mutating func hear(
        _ packet: RawSpan, _ header: RTPHeader, slot: Int, at now: Instant
    ) {
        guard let mark = FrameMark(endOf: packet.extracting(header.payload)) else { return }
        guard sounds[slot].numbers.insert(mark.frame).inserted else { return }
        sounds[slot].longestDelay = max(sounds[slot].longestDelay, now - mark.sent)
        if let last = sounds[slot].last {
            sounds[slot].longestGap = max(sounds[slot].longestGap, now - last)
        }
        sounds[slot].last = now
    }

    mutating func receiveRTCP(_ rtcp: [UInt8], at now: Instant) {
        var cursor = RTCPCursor()
        while let packet = try? cursor.next(in: rtcp.rawSpan) {
            guard case .senderReport(let report, _) = packet,
                let slot = pictures.firstIndex(where: { $0.ssrc == report.ssrc })
            else { continue }
            pictures[slot].note(report, at: now)
        }
    }

    // MARK: - What it says

    /// Appends the next datagram of RTCP that is due. - Returns: whether there was one.
    mutating func write(at now: Instant, into writer: inout ByteWriter) -> Bool {
        let start = writer.count
        for slot in pictures.indices { pictures[slot].advance(to: now) }
        if nextNack <= now {
            nextNack = now + script.nackInterval
            ask(at: now, into: &writer)
            if writer.count > start { return true }
        }
        if nextFeedback <= now {
            if recorder.hasPending,
                recorder.writeFeedback(sender: SSRC(9), media: SSRC(0x100), into: &writer)
            {
                return true
            }
            nextFeedback = now + script.feedbackInterval
        }
        guard nextReport <= now else { return false }
        nextReport = now + .seconds(1)
        var blocks: [ReportBlock] = []
        for slot in pictures.indices {
            if let block = pictures[slot].report(at: now) { blocks.append(block) }
        }
        RTCPWriter.receiverReport(sender: SSRC(9), blocks: blocks, into: &writer)
        return true
    }

    private mutating func ask(at now: Instant, into writer: inout ByteWriter) {
        for slot in pictures.indices {
            let missing = pictures[slot].missing(at: now, roundTrip: script.roundTrip)
            if !missing.isEmpty {
                RTCPWriter.nack(
                    sender: SSRC(9), media: pictures[slot].ssrc, missing: missing, into: &writer)
            }
            if pictures[slot].wantsKeyframe(at: now, after: script.keyframeWait) {
                RTCPWriter.pictureLoss(
                    sender: SSRC(9), media: pictures[slot].ssrc, into: &writer)
            }
        }
    }
}
