import DatagramIO
import Forwarding
import Primitives
import RTP

// What a viewer tells its server: receiver reports, what is missing, and that it waits for a keyframe.
extension Viewer {
    private static let blocksPerReport = 24

    /// Does what is due.
    ///
    /// Feedback goes with a report on its source, one source to a datagram: Janus 1.1.2 was seen to
    /// repair nothing without the report block.
    mutating func advance(to now: Instant, on bench: inout Workbench) {
        link.advance(to: now, on: &bench)
        guard link.isLive else { return }
        if now >= nextReportAt {
            nextReportAt = now + Limits.reportInterval
            let start = bench.queue.arena.count
            writeReport(at: now, on: &bench)
            link.sendRTCP(from: start, on: &bench)
        }
        for index in sources.indices {
            if !bench.queue.hasRoom { link.flush(&bench) }
            let start = bench.queue.arena.count
            if sources[index].sequence.hasHoles { askAgain(index, at: now, on: &bench) }
            if !sources[index].hasStarted { askForKeyframe(index, at: now, on: &bench) }
            link.sendRTCP(from: start, on: &bench)
        }
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
    private mutating func begin(_ index: Int, at now: Instant, on bench: inout Workbench) {
        RTCPWriter.receiverReport(
            sender: ssrc, block: sources[index].reportBlock(at: now), into: &bench.queue.arena)
    }

    private mutating func askAgain(
        _ index: Int, at now: Instant, on bench: inout Workbench
    ) {
        bench.missing.removeAll(keepingCapacity: true)
        sources[index].sequence.collect(at: now, into: &bench.missing)
        guard bench.settings.asksAgain, !bench.missing.isEmpty else { return }
        begin(index, at: now, on: &bench)
        let asked = RTCPWriter.nack(
            sender: ssrc, media: sources[index].ssrc, missing: bench.missing,
            into: &bench.queue.arena)
        bench.figures.nacks += UInt64(asked)
    }

    private mutating func askForKeyframe(
        _ index: Int, at now: Instant, on bench: inout Workbench
    ) {
        guard now >= sources[index].nextKeyframeRequestAt else { return }
        sources[index].nextKeyframeRequestAt = now + Limits.keyframeInterval
        begin(index, at: now, on: &bench)
        RTCPWriter.pictureLoss(
            sender: ssrc, media: sources[index].ssrc, into: &bench.queue.arena)
        bench.figures.keyframeRequests += 1
    }
}
