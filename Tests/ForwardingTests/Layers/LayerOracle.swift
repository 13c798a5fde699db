import Primitives
import RTP

@testable import Forwarding

/// What a decoder that knows the references makes of what a viewer was sent, and whether the numbers are
/// what the standards want.
struct LayerOracle {
    struct FrameID: Hashable {
        var source: Int
        var frame: Int
    }

    let simulation: LayerSimulation
    let sent: [LayerSimulation.Sent]
    var failures: [String]
    private(set) var frameCount = 0
    private(set) var excused = 0
    private(set) var undecodable = 0
    private(set) var holes = 0
    private(set) var parts: [FrameID: Int] = [:]
    private(set) var decodable: [FrameID: Bool] = [:]
    /// When each frame was whole, with all that it refers to.
    var times: [FrameID: (sent: Int, came: Int)] = [:]
    /// Frames that packets lost for good keep from being decoded, whoever gets them.
    var touched: Set<FrameID> = []
    /// The most clock ticks that a picture of the lowest temporal layer came later than its packets.
    var longestDelay = 0
    /// Frames with packets that were lost for good.
    private(set) var damaged: Set<FrameID> = []
    /// Frames with packets that did not come in order.
    private var unseen: Set<FrameID> = []

    init(_ simulation: LayerSimulation) {
        self.simulation = simulation
        sent = simulation.sent.values.sorted { $0.rewrite.sequence < $1.rewrite.sequence }
        failures = simulation.failures
        for packet in sent {
            parts[FrameID(source: packet.source, frame: packet.packet.frame), default: 0] += 1
        }
        for (index, source) in simulation.sources.enumerated() {
            for packet in source.stream.packets
            where source.lost.contains(packet.sequence) || source.kept[packet.sequence] == nil {
                damaged.insert(FrameID(source: index, frame: packet.frame))
            }
            for packet in source.stream.packets
            where source.late.contains(packet.sequence) || source.kept[packet.sequence] == nil {
                unseen.insert(FrameID(source: index, frame: packet.frame))
            }
        }
        checkFrames()
        checkHoles()
        checkMarkers()
        checkNumbers()
        noteTimes()
        checkFreezes()
        checkWish()
        // A viewer that changes its wish five times a second makes more epochs than are kept.
        if simulation.forgotten > sent.count / 10 {
            failures.append("forgotten: \(simulation.forgotten)")
        }
    }

    func frame(_ id: FrameID) -> ModelFrame {
        simulation.sources[id.source].stream.encoder.frames[id.frame]
    }

    private mutating func isDecodable(_ id: FrameID) -> Bool {
        if let known = decodable[id] { return known }
        let frame = frame(id)
        var answer = parts[id] == frame.packetCount
        for reference in frame.references where answer {
            answer = isDecodable(FrameID(source: id.source, frame: reference))
        }
        decodable[id] = answer
        return answer
    }

    /// Whether packets that were lost for good explain that a frame cannot be decoded.
    private func isExcused(_ id: FrameID) -> Bool {
        if damaged.contains(id) { return true }
        return frame(id).references.contains { reference in
            let reference = FrameID(source: id.source, frame: reference)
            return decodable[reference] == false && isExcused(reference)
        }
    }

    private mutating func checkFrames() {
        for id in parts.keys.sorted(by: { ($0.source, $0.frame) < ($1.source, $1.frame) }) {
            frameCount += 1
            guard !isDecodable(id) else { continue }
            if isExcused(id) {
                excused += 1
            } else {
                undecodable += 1
                let frame = frame(id)
                failures.append(
                    "undecodable: \(statusOfMissing(id)) source \(id.source) frame \(id.frame) S\(frame.spatialID)"
                        + "T\(frame.temporalID) \(parts[id] ?? 0)/\(frame.packetCount) of"
                        + " \(frame.references.filter { decodable[FrameID(source: id.source, frame: $0)] != true })"
                )
            }
        }
    }

    /// What became of a frame's packets that were not sent, for whoever reads of a failure.
    private func statusOfMissing(_ id: FrameID) -> String {
        let source = simulation.sources[id.source]
        return source.stream.packets.filter { $0.frame == id.frame }.map { packet in
            let entry = sent.first {
                $0.source == id.source && $0.packet.sequence == packet.sequence
            }
            return "\(packet.sequence)" + (entry.map { " as \($0.rewrite.sequence)" } ?? " not")
                + (source.late.contains(packet.sequence) ? " late" : "")
        }.joined(separator: ", ")
    }

    private mutating func checkHoles() {
        guard let last = sent.last?.rewrite.sequence else { return failures.append("nothing sent") }
        for number in simulation.firstOutgoing..<last
        where simulation.sent[number] == nil && !simulation.blanks.contains(number) {
            holes += 1
            guard let lost = simulation.unanswered[number],
                simulation.sources[lost.source].kept[lost.sequence] == nil
            else {
                failures.append("a hole at \(number) without a loss")
                continue
            }
        }
    }

    /// Of each picture the last packet, and no other, is marked.
    private mutating func checkMarkers() {
        var index = 0
        while index < sent.count {
            var end = index
            while end + 1 < sent.count, sent[end + 1].source == sent[index].source,
                sent[end + 1].packet.timestamp == sent[index].packet.timestamp
            { end += 1 }
            let marked = sent[index...end].filter(\.rewrite.marker)
            let isWhole = sent[index...end].allSatisfy {
                let id = FrameID(source: $0.source, frame: $0.packet.frame)
                return parts[id] == frame(id).packetCount
            }
            if marked.count > 1 || (marked.count == 1 && !sent[end].rewrite.marker) {
                failures.append(
                    "a marker inside a picture: "
                        + sent[index...end].map(describe).joined(separator: ", "))
            } else if marked.isEmpty, isWhole, !isDamagedPicture(sent[index]), end + 1 < sent.count
            {
                failures.append("no marker at \(sent[end].rewrite.sequence)")
            }
            index = end + 1
        }
    }

    /// A packet, for whoever reads of a failure.
    private func describe(_ packet: LayerSimulation.Sent) -> String {
        "\(packet.packet.sequence) as \(packet.rewrite.sequence) S\(packet.info.spatialID)"
            + "T\(packet.info.temporalID)" + (packet.rewrite.marker ? " marked" : "")
            + (packet.isRepair ? " again" : "")
            + (simulation.sources[packet.source].late.contains(packet.packet.sequence)
                ? " late" : "")
    }

    private func isDamagedPicture(_ packet: LayerSimulation.Sent) -> Bool {
        let frames = simulation.sources[packet.source].stream.encoder.frames
        let picture = frames[packet.packet.frame].picture
        return frames.indices.contains {
            frames[$0].picture == picture
                && damaged.contains(FrameID(source: packet.source, frame: $0))
        }
    }

    private mutating func checkNumbers() {
        switch simulation.sources[0].stream.encoder.format {
        case .vp8: checkVP8()
        case .vp9: checkVP9()
        default: checkDependencies()
        }
    }

    private mutating func checkVP8() {
        var last: (id: FrameID, descriptor: VP8Descriptor, tl0: UInt8?)?
        for packet in sent {
            let id = FrameID(source: packet.source, frame: packet.packet.frame)
            guard let descriptor = try? VP8Descriptor(parsing: packet.payload.rawSpan) else {
                failures.append("no descriptor")
                continue
            }
            defer {
                last = (id, descriptor, descriptor.tl0PicIdx ?? last?.tl0)
            }
            guard let last else { continue }
            let step = (Int(descriptor.pictureID!) - Int(last.descriptor.pictureID!)) & 0x7FFF
            if last.id == id {
                if step != 0 { failures.append("a picture with two ids") }
                continue
            }
            if step != 1, step - 1 > missing(between: last.id, and: id) {
                failures.append("picture id step \(step) at \(packet.rewrite.sequence)")
            }
            guard let tl0 = descriptor.tl0PicIdx, let before = last.tl0 else { continue }
            let expected = frame(id).temporalID == 0 ? 1 : 0
            if tl0 != before &+ UInt8(expected), missing(between: last.id, and: id) == 0 {
                failures.append("TL0PICIDX \(before) to \(tl0) at \(packet.rewrite.sequence)")
            }
        }
    }

    /// How many frames between two of a source the server had not seen when it sent the second.
    private func missing(between first: FrameID, and second: FrameID) -> Int {
        // Over a change of source those behind the first count, for which numbers were kept.
        let end = first.source == second.source ? second.frame : first.frame + 16
        guard first.frame < end else { return 0 }
        return (first.frame + 1..<end).count {
            unseen.contains(FrameID(source: first.source, frame: $0))
        }
    }

    private mutating func checkVP9() {
        var offsets: [Int: (UInt16, UInt8)] = [:]
        var last: (source: Int, id: UInt16, tl0: UInt8)?
        for packet in sent {
            guard let source = try? VP9Descriptor(parsing: packet.packet.payload.rawSpan),
                let viewer = try? VP9Descriptor(parsing: packet.payload.rawSpan)
            else {
                failures.append("no descriptor")
                continue
            }
            let offset =
                (
                    (viewer.pictureID! &- source.pictureID!)
                        & (source.pictureIDIsLong ? 0x7FFF : 0x7F),
                    (viewer.tl0PicIdx ?? 0) &- (source.tl0PicIdx ?? 0)
                )
            if let last, last.source != packet.source {
                if !(1...8).contains((viewer.pictureID! &- last.id) & 0x7FFF) {
                    failures.append("picture id over a switch")
                }
                if viewer.tl0PicIdx != nil, !(1...2).contains(viewer.tl0PicIdx! &- last.tl0) {
                    failures.append("TL0PICIDX over a switch")
                }
                offsets[packet.source] = nil
            }
            if let known = offsets[packet.source], known != offset {
                failures.append("numbers move at \(packet.rewrite.sequence)")
            }
            offsets[packet.source] = offset
            last = (packet.source, viewer.pictureID!, viewer.tl0PicIdx ?? 0)
        }
    }

    private mutating func checkDependencies() {
        var reader = DependencyDescriptorReader()
        var numbers: [FrameID: UInt16] = [:]
        var last: (id: FrameID, number: UInt16)?
        var active = UInt32.max
        for packet in sent {
            let id = FrameID(source: packet.source, frame: packet.packet.frame)
            let reading = reader.read(packet.descriptor.rawSpan).reading
            // Where the structure was lost, the frame number is told all the same (§A.8.2).
            if case .unknownStructure(let descriptor) = reading {
                last = (id, descriptor.frameNumber)
            }
            guard case .descriptor(let descriptor) = reading else {
                if damaged.isEmpty {
                    failures.append("no descriptor at \(packet.rewrite.sequence)")
                }
                continue
            }
            numbers[id] = descriptor.frameNumber
            active = descriptor.activeTargets ?? active
            if descriptor.indications.present & active == 0 {
                failures.append("of no active target: \(packet.rewrite.sequence)")
            }
            if let last {
                let step = Int16(bitPattern: descriptor.frameNumber &- last.number)
                if last.id == id ? step != 0 : step <= 0 {
                    failures.append("frame number step \(step)")
                }
                if last.id.source != id.source, !(1...24).contains(step) {
                    failures.append("frame number over a switch: \(step) from \(last) to \(id)")
                }
            }
            last = (id, descriptor.frameNumber)
            if packet.rewrite.activeTargets != 0, packet.info.targetCount > 0,
                descriptor.activeTargets != packet.rewrite.activeTargets
            {
                failures.append("mask")
            }
            guard isDecodable(id) else { continue }
            let wanted = Set(
                frame(id).references.map { numbers[FrameID(source: id.source, frame: $0)] })
            let told = Set(
                (0..<64).filter { descriptor.references.near >> UInt64($0) & 1 != 0 }.map {
                    UInt16?(descriptor.frameNumber &- UInt16($0 + 1))
                })
            if wanted != told { failures.append("references of \(id)") }
        }
    }
}
