import Primitives
import RTP

@testable import Forwarding

extension LayerOracle {
    /// What a switch may add to the time in which a picture comes: 100 ms of clock ticks.
    static let patience = 30

    /// Every picture of the lowest temporal layer, which belongs to every viewer, is there in some spatial
    /// layer as soon as its packets are: what a switch holds up or leaves out would be seen to stand still.
    mutating func checkFreezes() {
        for span in simulation.spans {
            for (picture, frames) in basePictures(of: span) {
                // What comes when another source was begun is sent if the viewer asks for it.
                if frames.contains(where: { cameAt($0) ?? 0 >= span.endedAt }) { continue }
                let excuse = frames.contains { touched.contains($0) }
                guard let delay = frames.compactMap({ delay(of: $0) }).min() else {
                    if !excuse { failures.append("frozen: no picture \(picture)") }
                    continue
                }
                longestDelay = max(longestDelay, delay)
                if delay > Self.patience {
                    failures.append(
                        "frozen: picture \(picture) by \(delay) in \(span): \(whole(frames))")
                }
            }
        }
    }

    private func basePictures(of span: LayerSimulation.Span) -> [(Int, [FrameID])] {
        let encoder = simulation.sources[span.source].stream.encoder
        var pictures: [Int: Set<FrameID>] = [:]
        var cut: Set<Int> = []
        for packet in simulation.sources[span.source].stream.packets {
            let frame = encoder.frames[packet.frame]
            guard frame.temporalID == 0 else { continue }
            if span.packets.contains(packet.sequence) {
                pictures[frame.picture, default: []].insert(
                    FrameID(source: span.source, frame: packet.frame))
            } else {
                cut.insert(frame.picture)
            }
        }
        return pictures.filter { !cut.contains($0.key) }
            .map { ($0.key, $0.value.sorted { $0.frame < $1.frame }) }
            .sorted { $0.0 < $1.0 }
    }

    /// When the packets of frames came and went, for whoever reads of a failure.
    private func whole(_ frames: [FrameID]) -> String {
        sent.filter { frames.contains(FrameID(source: $0.source, frame: $0.packet.frame)) }.map {
            let came = simulation.sources[$0.source].kept[$0.packet.sequence]?.at ?? 0
            return "\($0.packet.sequence) \(came) to \($0.at)" + ($0.isRepair ? " again" : "")
        }.joined(separator: ", ")
    }

    /// How much later than its packets came to the server a frame could be decoded; `nil` for never.
    private func delay(of id: FrameID) -> Int? {
        guard decodable[id] == true, let times = times[id] else { return nil }
        return times.sent - times.came
    }

    private func cameAt(_ id: FrameID) -> Int? { times[id]?.came }

    /// When each frame that was sent was whole with all that it refers to: at the viewer, and at the server.
    mutating func noteTimes() {
        for packet in sent {
            let id = FrameID(source: packet.source, frame: packet.packet.frame)
            let came = simulation.sources[packet.source].kept[packet.packet.sequence]?.at ?? 0
            let known = times[id] ?? (0, 0)
            times[id] = (max(known.sent, packet.at), max(known.came, came))
        }
        for source in simulation.sources.indices {
            for (index, frame) in simulation.sources[source].stream.encoder.frames.enumerated() {
                let id = FrameID(source: source, frame: index)
                if damaged.contains(id) { touched.insert(id) }
                for reference in frame.references {
                    let reference = FrameID(source: source, frame: reference)
                    if touched.contains(reference) { touched.insert(id) }
                    guard let own = times[id], let other = times[reference] else { continue }
                    times[id] = (max(own.sent, other.sent), max(own.came, other.came))
                }
            }
        }
    }

    /// In the end, after ten round trips without another wish, the viewer has what it wants.
    mutating func checkWish() {
        let source = simulation.sources[simulation.current]
        if simulation.current != simulation.wantedSource { failures.append("not the source") }
        let frames = source.stream.encoder.frames
        let newest = source.stream.packets.last.map { frames[$0.frame].picture } ?? 0
        let recent = frames.indices.filter {
            frames[$0].picture > newest - 40 && frames[$0].picture <= newest - 8
        }
        let got = recent.filter {
            decodable[FrameID(source: simulation.current, frame: $0)] == true
        }
        let isTouched = recent.contains {
            touched.contains(FrameID(source: simulation.current, frame: $0))
        }
        guard !isTouched else { return }
        let there = (
            recent.map { frames[$0].spatialID }.max() ?? 0,
            recent.map { frames[$0].temporalID }.max() ?? 0
        )
        let has = (
            got.map { frames[$0].spatialID }.max() ?? 0,
            got.map { frames[$0].temporalID }.max() ?? 0
        )
        let wants = (
            min(there.0, simulation.wanted.spatial), min(there.1, simulation.wanted.temporal)
        )
        if has != wants { failures.append("has \(has), wants \(wants)") }
    }
}
