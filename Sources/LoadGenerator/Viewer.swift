import DatagramIO
import Forwarding
import MediaSecurity
import Peering
import Primitives
import RTP
import Telemetry

/// A client that watches: counts what comes, looks into some of it, and reports as a browser does.
struct Viewer: ~Copyable {
    var link: Link
    let ssrc: SSRC
    private let codecs: [PayloadType: Codec]
    var sources: [ViewedSource] = []
    /// Theirs, in the same order: what is searched should be small.
    private var ssrcs: [SSRC] = []
    /// Where the last packet belonged: runs of one source are usual.
    private var lastIndex = 0
    private var hasPacket = false
    private var hasFrame = false
    /// Whether a source has holes, or waits for a keyframe. Too costly to ask of each with each packet.
    private var isIncomplete = false
    var nextReportAt: Instant

    init(
        _ link: consuming Link, ssrc: SSRC, codecs: [PayloadType: Codec], firstReportAt: Instant
    ) {
        self.link = link
        self.ssrc = ssrc
        self.codecs = codecs
        nextReportAt = firstReportAt
    }

    /// Whether something is to be done before the next round.
    var isBusy: Bool { !link.isLive || !hasFrame || isIncomplete }

    /// Picture streams that have begun.
    var playingSources: UInt64 {
        UInt64(sources.count { $0.codec.isVideo && $0.hasStarted })
    }

    /// To be called when what sources wait for has been seen to.
    mutating func noteSources() {
        isIncomplete = sources.contains { !$0.hasStarted || $0.sequence.hasHoles }
    }

    mutating func receive(
        _ datagram: RawSpan, from source: TransportAddress, at now: Instant,
        on bench: inout Workbench
    ) {
        if RTPClassifier.classify(datagram) == .rtp {
            receiveRTP(datagram, at: now, on: &bench)
        } else {
            bench.clear.removeAll()
            if link.receive(datagram, from: source, at: now, on: &bench) {
                readRTCP(at: now, on: &bench)
            }
        }
    }

    private mutating func receiveRTP(
        _ packet: RawSpan, at now: Instant, on bench: inout Workbench
    ) {
        guard packet.byteCount >= RTPHeader.fixedSize, !bench.losesPacket() else {
            bench.figures.dropped += 1
            return
        }
        guard
            let index = index(
                of: SSRC(packet.uint32(at: 8)), payloadType: packet.byte(at: 1) & 0x7F, at: now)
        else { return }
        let arrival = count(packet, of: index, at: now, on: &bench)
        if !hasPacket {
            hasPacket = true
            bench.events.append(.firstPacket(link.id, after: now - link.startedAt))
            if !bench.settings.hasPictures { noteFrame(at: now, on: &bench) }
        }
        if isSample(index, settings: bench.settings) {
            look(into: packet, of: index, arrival: arrival, at: now, on: &bench)
        }
    }

    private mutating func index(
        of ssrc: SSRC, payloadType: PayloadType, at now: Instant
    ) -> Int? {
        if lastIndex < ssrcs.count, ssrcs[lastIndex] == ssrc { return lastIndex }
        if let index = ssrcs.firstIndex(of: ssrc) {
            lastIndex = index
            return index
        }
        guard sources.count < Limits.sources, let codec = codecs[payloadType] else { return nil }
        sources.append(ViewedSource(ssrc, codec: codec, at: now))
        ssrcs.append(ssrc)
        isIncomplete = true
        lastIndex = sources.count - 1
        return lastIndex
    }

    private mutating func count(
        _ packet: RawSpan, of index: Int, at now: Instant, on bench: inout Workbench
    ) -> SequenceCounter.Arrival {
        bench.figures.packets += 1
        bench.figures.bytes += UInt64(packet.byteCount)
        bench.figures.packetsEver += 1
        bench.figures.bytesEver += UInt64(packet.byteCount)
        let number = SequenceNumber(packet.uint16(at: 2))
        let (arrival, sequence) = sources[index].sequence.count(number, at: now)
        switch arrival {
        case .inOrder: break
        case .afterHole(let missing):
            bench.figures.missing += UInt64(missing)
            isIncomplete = true
        case .recovered: bench.figures.repaired += 1
        case .duplicate:
            bench.figures.duplicates += 1
            return arrival
        }
        sources[index].statistics.count(
            sequence, timestamp: RTPTimestamp(packet.uint32(at: 4)), at: now)
        return arrival
    }

    /// Everything before the first keyframe, then one of so many.
    private mutating func isSample(_ index: Int, settings: LoadSettings) -> Bool {
        guard sources[index].hasStarted else { return true }
        sources[index].untilSample -= 1
        guard sources[index].untilSample < 0 else { return false }
        sources[index].untilSample = settings.sampling - 1
        return true
    }

    private mutating func look(
        into packet: RawSpan, of index: Int, arrival: SequenceCounter.Arrival, at now: Instant,
        on bench: inout Workbench
    ) {
        bench.clear.removeAll()
        guard let header = try? RTPHeader(parsingHeaderOf: packet) else { return }
        let outcome = link.connection.transport.open(
            packet, headerSize: header.size, ssrc: header.ssrc.rawValue,
            sequence: header.sequenceNumber.rawValue, into: &bench.clear)
        guard outcome == .opened, let clear = try? RTPHeader(parsing: bench.clear.bytes) else {
            if outcome == .violation(.authentication) { bench.figures.unauthentic += 1 }
            return
        }
        bench.figures.opened += 1
        let codec = sources[index].codec
        let found = Finding(in: bench.clear.bytes(in: clear.payload), codec: codec)
        if arrival != .recovered, let stamp = found.stamp {
            let age = max(0, (now - stamp.sentAt).nanoseconds)
            bench.figures.latency.record(nanoseconds: UInt64(age))
        }
        if !sources[index].hasStarted, found.isKeyframe { noteKeyframe(index, at: now, on: &bench) }
    }

    private mutating func noteKeyframe(
        _ index: Int, at now: Instant, on bench: inout Workbench
    ) {
        sources[index].hasStarted = true
        bench.figures.playing += 1
        if !hasFrame { noteFrame(at: now, on: &bench) }
    }

    private mutating func noteFrame(at now: Instant, on bench: inout Workbench) {
        hasFrame = true
        bench.events.append(.firstFrame(link.id, after: now - link.startedAt))
    }

    private mutating func readRTCP(at now: Instant, on bench: inout Workbench) {
        var cursor = RTCPCursor()
        while let packet = (try? cursor.next(in: bench.clear.bytes)) ?? nil {
            guard case .senderReport(let report, _) = packet,
                let index = ssrcs.firstIndex(of: report.ssrc)
            else { continue }
            sources[index].note(report, at: now)
        }
    }
}

/// What a payload in the clear tells.
private struct Finding {
    let stamp: Stamp?
    let isKeyframe: Bool

    init(in payload: RawSpan, codec: Codec) {
        stamp = Stamp(endOf: payload)
        isKeyframe = Keyframe.startsKeyframe(codec, payload: payload)
    }
}
