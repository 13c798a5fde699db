import Primitives
import RTP

@testable import Forwarding

/// Model encoders, a lossy network to the server with NACK, one viewer whose wishes change, and all
/// that it is sent.
struct LayerSimulation {
    struct Sent {
        var source: Int
        var packet: ModelPacket
        var info: LayerInfo
        var rewrite: LayerRewrite
        var payload: [UInt8]
        var descriptor: [UInt8]
        var at: Int
        var isRepair = false
    }

    struct Kept {
        var info: LayerInfo
        var packet: ModelPacket
        /// When it came.
        var at: Int
    }

    /// The source packets that the viewer was fed from.
    struct Span {
        var source: Int
        var packets: Range<Int64>
        var endedAt = 0
    }

    /// A source as the server has it.
    struct Source {
        var stream: ModelStream
        var reader: LayerReader
        var kept: [Int64: Kept] = [:]
        var newest: Int64?
        var lastRequest = -1000
        /// Packets that came when the viewer had got newer ones, and packets that never came.
        var late: Set<Int64> = []
        var lost: Set<Int64> = []
    }

    struct Past {
        var source: Int
        var forwarder: LayerForwarder
    }

    var random: SeededGenerator
    var sources: [Source]
    var wanted = LayerTarget.highest
    var wantedSource = 0
    var current = -1
    var forwarder: LayerForwarder?
    var past: [Past] = []
    /// A keyframe of the wanted source that waits for the end of a picture of the current one.
    var pending: (source: Int, info: LayerInfo, packet: ModelPacket)?
    /// When keyframes are asked for because of packets that were lost for good.
    var repairs: [Int: [Int]] = [:]
    var next: Int64 = 0
    var spans: [Span] = []
    var sent: [Int64: Sent] = [:]
    var blanks: Set<Int64> = []
    var firstOutgoing: Int64 = 0
    /// Outgoing numbers of which the viewer asked without an answer, and what they stood for.
    var unanswered: [Int64: (source: Int, sequence: Int64)] = [:]
    var arrivals: [Int: [(source: Int, packet: ModelPacket)]] = [:]
    var failures: [String] = []
    /// Looks at packets sent within a second that could not be sent again.
    var forgotten = 0
    var clock = 0

    init(seed: UInt64, _ encoders: [(inout SeededGenerator) -> any ModelEncoder]) {
        random = SeededGenerator(seed: seed)
        sources = []
        for make in encoders {
            let encoder = make(&random)
            sources.append(
                Source(
                    stream: ModelStream(encoder, using: &random),
                    reader: LayerReader(encoder.format)))
        }
    }

    /// - Parameters:
    ///   - changes: how often the viewer wishes for something else.
    ///   - loss: of each hundred packets.
    mutating func run(changes: Int, loss: Int = 2, tail: Int = 1500) {
        var quiet = 200
        var left = changes
        while left > 0 || quiet > -tail {
            quiet -= 1
            if quiet <= 0, left > 0 {
                changeWish()
                left -= 1
                quiet = Int.random(in: 5...120, using: &random)
            }
            step(loss: loss)
        }
        askAgain()
        endSpan()
    }

    /// One tick: a picture of each source takes ten of them, and so one is 3.3 ms.
    mutating func step(loss: Int) {
        if clock % 10 == 0 { for source in sources.indices { send(source, loss: loss) } }
        for (source, packet) in arrivals.removeValue(forKey: clock) ?? [] {
            receive(packet, from: source)
        }
        for source in repairs.removeValue(forKey: clock) ?? [] {
            sources[source].stream.wantsKeyframe = true
        }
        if clock % 25 == 0 { requestKeyframes() }
        if clock % 60 == 0 { askAgain() }
        clock += 1
    }

    mutating func wish(_ target: LayerTarget) {
        wanted = target
        forwarder?.wanted = target
    }

    private mutating func endSpan() {
        guard let forwarder, let last = spans.indices.last else { return }
        let first = spans[last].packets.lowerBound
        spans[last].packets = first..<max(first, forwarder.end)
        spans[last].endedAt = clock
    }

    private mutating func send(_ source: Int, loss: Int) {
        var at = clock
        for packet in sources[source].stream.nextPicture(using: &random) {
            at += Int.random(in: 0...1, using: &random)
            var arrival = at + 5 + (Int.random(in: 0..<30, using: &random) == 0 ? 8 : 0)
            if Int.random(in: 0..<100, using: &random) < loss {
                // One round trip for each time that it is asked for.
                arrival += 40 * (Int.random(in: 0..<10, using: &random) == 0 ? 3 : 1)
                if Int.random(in: 0..<40, using: &random) == 0 {
                    sources[source].lost.insert(packet.sequence)
                    repairs[clock + 150, default: []].append(source)
                    continue
                }
            }
            arrivals[arrival, default: []].append((source, packet))
        }
    }

    private mutating func changeWish() {
        wish(
            LayerTarget(
                spatial: UInt8.random(in: 0...2, using: &random),
                temporal: UInt8.random(in: 0...2, using: &random)))
        if sources.count > 1 { wantedSource = Int.random(in: 0..<sources.count, using: &random) }
    }

    private mutating func requestKeyframes() {
        let isWaiting = current != wantedSource || forwarder == nil
        guard isWaiting || forwarder!.needsKeyframe else { return }
        let source = wantedSource
        guard clock - sources[source].lastRequest > 100 else { return }
        sources[source].lastRequest = clock
        sources[source].stream.wantsKeyframe = true
    }

    private mutating func receive(_ packet: ModelPacket, from source: Int) {
        let info = sources[source].reader.read(
            packet.payload.rawSpan, descriptor: packet.descriptor.rawSpan, marker: packet.marker)
        guard let info else { return failures.append("packet refused") }
        sources[source].kept[packet.sequence] = Kept(info: info, packet: packet, at: clock)
        let newest = sources[source].newest
        if let newest, packet.sequence < newest {
            sources[source].late.insert(packet.sequence)
            if info.flags.contains(.hasStructure) { readAgain(behind: packet.sequence, of: source) }
        }
        sources[source].newest = max(newest ?? 0, packet.sequence)
        if source == wantedSource, source != current, info.isKeyframe, info.beginsFrame {
            pending = (source, info, packet)
            if forwarder?.isMidPicture != true { beginPending() }
        } else if source == current {
            if packet.sequence < next { decide(packet.sequence) }
            walk()
        }
    }

    private mutating func readAgain(behind sequence: Int64, of source: Int) {
        for later in sequence..<sequence + Int64(Forwarding.Limits.inferredOmissions) {
            guard var kept = sources[source].kept[later] else { continue }
            let descriptor = kept.packet.descriptor
            if sources[source].reader.readAgain(&kept.info, descriptor: descriptor.rawSpan) {
                sources[source].kept[later] = kept
            }
        }
    }

    private mutating func beginPending() {
        guard let pending else { return }
        self.pending = nil
        // A keyframe that came late may be one whose frames were sent before another source was.
        let walked = past.last { $0.source == pending.source }?.forwarder.end ?? .min
        if pending.source == wantedSource, pending.packet.sequence >= walked {
            begin(pending.source, with: pending.info, pending.packet)
        }
    }

    private mutating func begin(_ source: Int, with info: LayerInfo, _ packet: ModelPacket) {
        let outgoing = forwarder?.nextOutgoing ?? Int64.random(in: 0..<32_768, using: &random)
        if forwarder == nil { firstOutgoing = outgoing }
        let continuity =
            forwarder?.continuity
            ?? LayerContinuity(
                pictureID: 0x7FF0, frameNumber: 0xFFF0, tl0PicIdx: 250, keyIndex: 30)
        endSpan()
        spans.append(
            Span(source: source, packets: packet.sequence..<packet.sequence))
        if let forwarder { past.append(Past(source: current, forwarder: forwarder)) }
        if past.count > 4 { past.removeFirst() }
        forwarder = LayerForwarder(
            first: info, sequence: packet.sequence, as: outgoing, wanted: wanted,
            after: continuity)
        current = source
        next = packet.sequence
        walk()
    }

    private mutating func walk() {
        guard let newest = sources[current].newest else { return }
        while next <= newest {
            decide(next)
            next += 1
            if pending != nil, !forwarder!.isMidPicture { return beginPending() }
        }
    }

    private mutating func decide(_ sequence: Int64) {
        guard let kept = sources[current].kept[sequence] else { return }
        let structure = sources[current].reader.structure(for: kept.info)
        switch forwarder!.decide(
            kept.info, sequence: sequence, timestamp: kept.packet.timestamp, structure: structure)
        {
        case .forward(let rewrite): emit(kept, from: current, as: rewrite)
        case .omit: break
        case .restart: failures.append("\(sequence) counts anew")
        case .blank(let outgoing):
            if sent[outgoing] != nil { failures.append("blank \(outgoing) was sent") }
            blanks.insert(outgoing)
        }
    }

    private mutating func emit(
        _ kept: Kept, from source: Int, as rewrite: LayerRewrite, isRepair: Bool = false
    ) {
        if sent[rewrite.sequence] != nil { failures.append("\(rewrite.sequence) sent twice") }
        var writer = ByteWriter(capacity: 512)
        let replaced = rewrite.writeDescriptor(
            of: kept.info, payload: kept.packet.payload.rawSpan, into: &writer)
        let payload = writer.array + kept.packet.payload[replaced...]
        writer.removeAll()
        if !kept.packet.descriptor.isEmpty {
            rewrite.writeDependencyDescriptor(
                of: kept.info, source: kept.packet.descriptor.rawSpan, into: &writer)
        }
        sent[rewrite.sequence] = Sent(
            source: source, packet: kept.packet, info: kept.info, rewrite: rewrite,
            payload: payload, descriptor: writer.array, at: clock, isRepair: isRepair)
    }

    /// The viewer's NACKs for all holes, answered from the history; and a look whether packets would be
    /// sent again as they were sent.
    private mutating func askAgain() {
        guard let forwarder else { return }
        let end = forwarder.nextOutgoing
        for number in max(firstOutgoing, end - 400)..<max(firstOutgoing, end) {
            guard !blanks.contains(number) else { continue }
            guard let known = find(number) else { continue }
            let kept = sources[known.source].kept[known.sequence]
            guard let kept else {
                unanswered[number] = (known.source, known.sequence)
                continue
            }
            let repair = known.forwarder.repair(kept.info, sequence: known.sequence)
            if let was = sent[number] {
                guard let repair else {
                    if clock - was.at < 300 { forgotten += 1 }
                    continue
                }
                if repair != was.rewrite { failures.append("\(number) is repaired differently") }
            } else if let repair {
                emit(kept, from: known.source, as: repair, isRepair: true)
            } else {
                blanks.insert(number)
            }
        }
    }

    private func find(
        _ number: Int64
    ) -> (source: Int, sequence: Int64, forwarder: LayerForwarder)? {
        if let forwarder, let sequence = forwarder.source(of: number) {
            return (current, sequence, forwarder)
        }
        for entry in past.reversed() {
            if let sequence = entry.forwarder.source(of: number) {
                return (entry.source, sequence, entry.forwarder)
            }
        }
        return nil
    }
}
