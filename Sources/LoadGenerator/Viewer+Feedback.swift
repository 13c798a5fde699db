import DatagramIO
import Forwarding
import Primitives
import RTP

// What a viewer tells its server: receiver reports, what is missing, and that it waits for a keyframe.
extension Viewer {
    private static let blocksPerReport = 24

    /// Does what is due.
    mutating func advance(to now: Instant, on bench: inout Workbench) {
        link.advance(to: now, on: &bench)
        guard link.isLive else { return }
        let start = bench.queue.arena.count
        if now >= nextReportAt {
            nextReportAt = now + Limits.reportInterval
            writeReport(at: now, on: &bench)
        }
        for index in sources.indices {
            if sources[index].sequence.hasHoles { askAgain(index, at: now, start, on: &bench) }
            if !sources[index].hasStarted { askForKeyframe(index, at: now, start, on: &bench) }
        }
        link.sendRTCP(from: start, on: &bench)
        noteSources()
    }

    private mutating func writeReport(at now: Instant, on bench: inout Workbench) {
        var blocks: [ReportBlock] = []
        for index in sources.indices.prefix(Self.blocksPerReport) {
            if let block = sources[index].reportBlock(at: now) { blocks.append(block) }
        }
        RTCPWriter.receiverReport(sender: ssrc, blocks: blocks, into: &bench.queue.arena)
        RTCPWriter.sdesCNAME(ssrc: ssrc, cname: "viewer", into: &bench.queue.arena)
    }

    /// A compound packet begins with a report (RFC 3550 §6.1).
    private func begin(_ start: Int, on bench: inout Workbench) {
        guard bench.queue.arena.count == start else { return }
        RTCPWriter.receiverReport(sender: ssrc, block: nil, into: &bench.queue.arena)
    }

    private mutating func askAgain(
        _ index: Int, at now: Instant, _ start: Int, on bench: inout Workbench
    ) {
        bench.missing.removeAll(keepingCapacity: true)
        sources[index].sequence.collect(at: now, into: &bench.missing)
        guard bench.settings.asksAgain, !bench.missing.isEmpty else { return }
        begin(start, on: &bench)
        let asked = RTCPWriter.nack(
            sender: ssrc, media: sources[index].ssrc, missing: bench.missing,
            into: &bench.queue.arena)
        bench.figures.nacks += UInt64(asked)
    }

    private mutating func askForKeyframe(
        _ index: Int, at now: Instant, _ start: Int, on bench: inout Workbench
    ) {
        guard now >= sources[index].nextKeyframeRequestAt else { return }
        sources[index].nextKeyframeRequestAt = now + Limits.keyframeInterval
        begin(start, on: &bench)
        RTCPWriter.pictureLoss(
            sender: ssrc, media: sources[index].ssrc, into: &bench.queue.arena)
        bench.figures.keyframeRequests += 1
    }
}
