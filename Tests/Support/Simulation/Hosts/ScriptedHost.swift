internal import Primitives
internal import RTP

/// A host that acts by itself: a camera with layers, a microphone, a pacer, and answers to what it is asked.
struct ScriptedHost {
    /// A packet that is to be sent.
    struct Sending {
        var packet: SimulatedPacket
        var ssrc: SSRC
        var payloadType: UInt8
        var rid: String
        /// Of a retransmission: the number that it repairs.
        var original: UInt16?
        var isSound = false

        var hasExtension: Bool { isSound || !rid.isEmpty || !self.packet.descriptor.isEmpty }

        func writeExtensions(into packet: inout ByteWriter) {
            guard hasExtension else { return }
            let descriptor = self.packet.descriptor
            // As libwebrtc does, when a value is too long for the one-byte form (RFC 8285 §4.3).
            let form: HeaderExtensionForm = descriptor.count > 16 ? .twoByte : .oneByte
            let mark = RTPHeaderWriter.beginExtensions(form, into: &packet)
            if isSound {
                // Somebody speaks at -30 dBov (RFC 6464).
                RTPHeaderWriter.appendElement(
                    id: ScriptedHost.audioLevel, 0x80 | 30 as UInt8, into: &packet)
            } else if !rid.isEmpty {
                let id = original == nil ? ScriptedHost.rid : ScriptedHost.repairedRid
                RTPHeaderWriter.appendElement(
                    id: id, Array(rid.utf8).rawSpan, form: form, into: &packet)
            }
            if !descriptor.isEmpty {
                RTPHeaderWriter.appendElement(
                    id: ScriptedHost.dependencyDescriptor, descriptor.rawSpan, form: form,
                    into: &packet)
            }
            RTPHeaderWriter.endExtensions(begunAt: mark, into: &packet)
        }
    }

    static let payloadType: UInt8 = 96
    static let retransmissionPayloadType: UInt8 = 97
    static let soundPayloadType: UInt8 = 111
    static let audioLevel: UInt8 = 1
    static let rid: UInt8 = 10
    static let repairedRid: UInt8 = 11
    static let dependencyDescriptor: UInt8 = 12

    let script: HostScript
    private let number: UInt8
    private var encoders: [LayerEncoder]
    private var streams: [HostStream]
    private var sound: HostStream
    private var nextSound: Instant
    private var soundNumber: UInt32 = 0
    private var active = 0
    /// The layers that it was told not to send.
    private var stopped: Set<String> = []
    /// The layers with the sizes that they have now.
    private var layers: [HostScript.Layer]
    private var random: SeededGenerator
    private var queue: [(at: Instant, sending: Sending)] = []
    private var firstQueued = 0
    private var pacerFree = Instant.zero
    private var nextReport: Instant
    private(set) var keyframesAsked = 0
    /// Packets of sound that it has sent.
    private(set) var sounds = 0
    /// When its pacer lets the last packet of each frame go.
    private(set) var sent: [(number: UInt32, layer: UInt8, sent: Instant)] = []

    init(_ script: HostScript, number: UInt8, seed: UInt64, from start: Instant) {
        self.script = script
        self.number = number
        layers = script.layers
        random = SeededGenerator(seed: seed &* 1_013 &+ UInt64(number))
        let base = UInt32(number) * 1000 + 10_000
        // Hosts are not in step with each other.
        let start =
            start + .microseconds(Int64((seed &* 7_919 &+ UInt64(number) &* 4_001) % 33_000))
        encoders = script.layers.enumerated().map { place, layer in
            LayerEncoder(
                layer, of: script, seed: seed &* 131 &+ UInt64(number) &* 17 &+ UInt64(place),
                from: start)
        }
        streams = script.layers.enumerated().map { place, layer in
            HostStream(ssrc: base + UInt32(place), rid: layer.rid, clockRate: 90_000)
        }
        sound = HostStream(ssrc: base + 50, rid: "", clockRate: 48_000)
        nextSound = start
        nextReport = start
    }

    /// When it next does something.
    var wakeup: Instant {
        var next = encoders.map(\.nextFrame).min() ?? .distantFuture
        if script.hasSound { next = min(next, nextSound) }
        if firstQueued < queue.count { next = min(next, queue[firstQueued].at) }
        return min(next, nextReport)
    }

    // MARK: - What it sends

    /// It is not connected yet.
    mutating func rest(until now: Instant) {
        for layer in encoders.indices { encoders[layer].rest(until: now) }
        nextSound = max(nextSound, now)
        nextReport = max(nextReport, now)
    }

    mutating func due(at now: Instant) -> [Sending] {
        encode(at: now)
        var due: [Sending] = speak(at: now)
        while firstQueued < queue.count, queue[firstQueued].at <= now {
            due.append(queue[firstQueued].sending)
            firstQueued += 1
        }
        if firstQueued > 256 {
            queue.removeFirst(firstQueued)
            firstQueued = 0
        }
        return due
    }

    private mutating func encode(at now: Instant) {
        let count = script.activeLayers(at: now)
        active = count
        for layer in encoders.indices.reversed() {
            guard layer < count, !stopped.contains(script.layers[layer].rid) else {
                encoders[layer].rest(until: now)
                continue
            }
            while let frame = encoders[layer].frame(at: now) { enqueue(frame, of: layer, at: now) }
        }
    }

    /// Does what it is told: which layers are wanted. One that comes again begins with a keyframe.
    mutating func obey(stopping rids: Set<String>) {
        if script.obeys { stopped = rids }
    }

    private func packets(
        of frame: LayerEncoder.Frame, layer: HostScript.Layer, mark: FrameMark
    ) -> [[UInt8]] {
        switch script.codec {
        case .h264: H264Packetizer.packets(of: frame, layer: layer, mark: mark)
        case .vp9: VP9Packetizer.packets(of: frame, layer: layer, mark: mark)
        case .av1: AV1Packetizer.packets(of: frame, layer: layer, mark: mark)
        default:
            VP8Packetizer.packets(
                of: frame, layer: layer, mark: mark, isLayered: script.temporalLayers > 1)
        }
    }

    private func descriptor(
        of frame: LayerEncoder.Frame, layer: HostScript.Layer, index: Int, of count: Int
    ) -> [UInt8] {
        guard script.codec == .av1 else { return [] }
        return DescribedFrames.descriptor(
            of: frame, index: index, of: count, layer: layer, temporalLayers: script.temporalLayers)
    }

    private mutating func enqueue(_ frame: LayerEncoder.Frame, of layer: Int, at now: Instant) {
        let count = FrameCutter.count(of: frame)
        // Its pacer sends at 2.5 of its rate, as libwebrtc's.
        let rate =
            script.layers.prefix(active).reduce(0) { $0 + $1.rate.bitsPerSecond } * 5 / 2
        let gap = Duration.nanoseconds(Int64(frame.bytes / count) * 8 * 1_000_000_000 / rate)
        let first = max(now, pacerFree)
        pacerFree = first + gap * count
        let mark = FrameMark(
            host: number, layer: UInt8(layer), frame: frame.number, reference: frame.reference,
            index: 0, count: UInt16(count), captured: frame.captured,
            sent: first + gap * (count - 1))
        let payloads = packets(of: frame, layer: layers[layer], mark: mark)
        for (index, payload) in payloads.enumerated() {
            let packet = streams[layer].packet(
                payload, captured: frame.captured, marker: index == count - 1,
                descriptor: descriptor(of: frame, layer: layers[layer], index: index, of: count))
            queue.append(
                (
                    first + gap * index,
                    Sending(
                        packet: packet, ssrc: streams[layer].ssrc, payloadType: Self.payloadType,
                        rid: streams[layer].rid)
                ))
        }
        sent.append((frame.number, UInt8(layer), mark.sent))
    }

    /// Every 20 ms a packet of sound, about 32 kbit/s.
    private mutating func speak(at now: Instant) -> [Sending] {
        guard script.hasSound else { return [] }
        var due: [Sending] = []
        while nextSound <= now {
            let mark = FrameMark(
                host: number, layer: FrameMark.sound, frame: soundNumber,
                reference: FrameMark.none, index: 0, count: 1, captured: nextSound, sent: now)
            var payload: [UInt8] = [0x78]
            payload.append(contentsOf: repeatElement(0x33, count: 43))
            mark.write(into: &payload)
            let packet = sound.packet(payload, captured: nextSound, marker: false)
            due.append(
                Sending(
                    packet: packet, ssrc: sound.ssrc, payloadType: Self.soundPayloadType, rid: "",
                    isSound: true))
            soundNumber += 1
            sounds += 1
            nextSound = nextSound + .milliseconds(20)
        }
        return due
    }

    // MARK: - What it is asked

    /// Takes RTCP; returns what is to be sent again at once.
    mutating func receive(_ rtcp: [UInt8], at now: Instant) -> [Sending] {
        var cursor = RTCPCursor()
        var again: [Sending] = []
        while let packet = try? cursor.next(in: rtcp.rawSpan) {
            switch packet {
            case .nack(let media, let items):
                guard let stream = streams.firstIndex(where: { $0.ssrc == media }) else { continue }
                NACK.forEach(in: rtcp.rawSpan, items: items) {
                    if let sending = retransmission(of: $0, stream: stream) {
                        again.append(sending)
                    }
                }
            case .pictureLoss(let media):
                guard let layer = streams.firstIndex(where: { $0.ssrc == media }) else { continue }
                keyframesAsked += 1
                encoders[layer].wantKeyframe(at: now)
            default: continue
            }
        }
        return again
    }

    private mutating func retransmission(of number: SequenceNumber, stream: Int) -> Sending? {
        guard script.usesRTX, let (original, packet) = streams[stream].retransmission(of: number)
        else { return nil }
        return Sending(
            packet: packet, ssrc: streams[stream].retransmissionSSRC,
            payloadType: Self.retransmissionPayloadType, rid: streams[stream].rid,
            original: original)
    }

    // MARK: - What it reports

    /// A sender report for each stream once a second.
    mutating func takeReports(at now: Instant, ntp: UInt64) -> [SenderReport] {
        guard nextReport <= now else { return [] }
        nextReport = now + .seconds(1)
        return (streams + (script.hasSound ? [sound] : [])).filter { $0.packets > 0 }.map {
            SenderReport(
                ssrc: $0.ssrc, ntp: ntp, rtp: RTPTimestamp($0.timestamp(at: now)),
                packetCount: $0.packets, octetCount: $0.octets)
        }
    }
}
