import DatagramIO
import MediaPlane
import MediaSecurity
import Primitives

/// A real socket that keeps the CPU time of its send calls.
struct TimedSink: ~Copyable, DatagramSink {
    var socket: DatagramSocket
    var nanoseconds: UInt64 = 0
    var isTiming = false

    init(_ socket: consuming DatagramSocket) { self.socket = socket }

    mutating func flush(_ queue: inout SendQueue) -> Instant {
        guard isTiming, !queue.entries.isEmpty else { return socket.flush(&queue) }
        let start = SystemClock.threadCPUNanoseconds()
        let sent = socket.flush(&queue)
        nanoseconds += SystemClock.threadCPUNanoseconds() - start
        return sent
    }
}

/// CPU nanoseconds of the parts of a turn, all packets together.
struct Parts {
    var receive = 0.0
    /// SRTP open, the parse, and the place in the history.
    var open = 0.0
    /// Fan-out: headers rewritten and payloads sealed.
    var fanOut = 0.0
    var send = 0.0
    /// The same turns once more without a look at the clock in between.
    var whole = 0.0

    func perPacket(_ packets: Int) -> Parts {
        let count = Double(packets)
        return Parts(
            receive: receive / count, open: open / count, fanOut: fanOut / count,
            send: send / count, whole: whole / count)
    }
}

/// One worker's whole turns through real sockets: a host's frames come in, and go out to every
/// viewer. The host's own sending is not measured.
struct TurnRig: ~Copyable {
    private var rig: Rig
    private var sink: TimedSink
    private var host: DatagramSocket
    private var queue = SendQueue()
    private var batch = ReceiveBatch()
    private let here: TransportAddress
    private let options: Options
    /// Holds the port that viewers have; never read.
    private let receiver: DatagramSocket

    init(_ options: Options, profile: SRTPProfile) throws {
        let loopback = TransportAddress(ipv4: 0x7F00_0001, port: 0)
        let receiver = try DatagramSocket(bindingTo: loopback)
        let host = try DatagramSocket(bindingTo: loopback)
        let socket = try DatagramSocket(bindingTo: TransportAddress(ipv4: 0, port: 0))
        let here = TransportAddress(ipv4: 0x7F00_0001, port: socket.localPort)
        let port = receiver.localPort
        let rig = try Rig(
            viewers: options.viewers, profile: profile, payloadSize: options.payloadSize,
            publisherAddress: TransportAddress(ipv4: 0x7F00_0001, port: host.localPort)
        ) { TransportAddress(ipv4: 0x7F00_0002 + UInt32($0), port: port) }
        self.options = options
        self.here = here
        self.rig = rig
        sink = TimedSink(socket)
        self.host = host
        self.receiver = receiver
    }

    /// Takes one frame through. - Returns: packets that were received.
    mutating func turn(into parts: inout Parts, timed: Bool) -> Int {
        rig.queueFrame(packets: options.packetsPerFrame, to: here, in: &queue)
        host.flush(&queue)
        sink.isTiming = timed
        sink.nanoseconds = 0
        let started = SystemClock.threadCPUNanoseconds()
        sink.socket.receive(into: &batch)
        let received = timed ? SystemClock.threadCPUNanoseconds() : 0
        let now = rig.now
        for index in 0..<batch.count {
            rig.worker.receive(index, of: batch, at: now, into: &sink)
        }
        let opened = timed ? SystemClock.threadCPUNanoseconds() : 0
        rig.endTurn(into: &sink)
        let ended = SystemClock.threadCPUNanoseconds()
        guard timed else {
            parts.whole += Double(ended - started)
            return batch.count
        }
        parts.receive += Double(received - started)
        parts.open += Double(opened - received)
        parts.send += Double(sink.nanoseconds)
        parts.fanOut += Double(ended - opened) - Double(sink.nanoseconds)
        return batch.count
    }
}

extension MediaWorker {
    fileprivate mutating func receive(
        _ index: Int, of batch: borrowing ReceiveBatch, at now: Instant,
        into sink: inout TimedSink
    ) {
        receive(
            batch.datagram(index), from: batch.source(index), via: batch.local(index), at: now,
            into: &sink)
    }
}

/// What sealing costs in the order of the fan-out: viewer by viewer, each with keys of its own, into
/// a queue's arena. CPU nanoseconds a packet.
func sealingAlone(_ options: Options, profile: SRTPProfile) -> Double {
    var sealers = SlotTable<SRTPSealer>(capacity: options.viewers)
    for number in 1...options.viewers {
        let material = keys(UInt64(number), profile: profile)
        _ = sealers.insert(
            SRTPSealer(profile: profile, key: material.localKey, salt: material.localSalt))
    }
    let payload = [UInt8](repeating: 0x42, count: options.payloadSize)
    var queue = SendQueue()
    // As the worker does: tags are computed together before the queue is sent.
    var batch = SRTPBatch(capacity: DatagramIO.Limits.sendQueueDatagrams)
    let frames = max(1, options.frames / 4)
    let destination = TransportAddress(ipv4: 0x7F00_0001, port: 9)
    var sink = CountingSink()
    var spent: UInt64 = 0
    for frame in 0..<frames {
        let start = SystemClock.threadCPUNanoseconds()
        for index in 0..<options.viewers {
            for packet in 0..<options.packetsPerFrame {
                if !queue.hasRoom {
                    batch.finish(in: &queue.arena)
                    sink.flush(&queue)
                }
                let offset = queue.arena.count
                queue.arena.append(0x8060_0000 as UInt32)
                queue.arena.append(0 as UInt64)
                let number = frame * 64 + packet
                sealers[index].seal(
                    headerStart: offset, payload: payload.rawSpan, ssrc: 1,
                    sequence: UInt16(truncatingIfNeeded: number), rollover: UInt32(number >> 16),
                    into: &queue.arena, batch: &batch)
                queue.commit(from: offset, to: destination)
            }
        }
        batch.finish(in: &queue.arena)
        spent += SystemClock.threadCPUNanoseconds() - start
        sink.flush(&queue)
    }
    return Double(spent) / Double(frames * options.viewers * options.packetsPerFrame)
}

/// Prints what one forwarded packet costs, and the five parts that it is made of.
func parts(
    _ options: Options, profile: SRTPProfile, into report: inout Report.Nanoseconds
) throws {
    var rig = try TurnRig(options, profile: profile)
    var ignored = Parts()
    for _ in 0..<20 { _ = rig.turn(into: &ignored, timed: true) }
    var runs: [Parts] = []
    for _ in 0..<options.runs {
        var sum = Parts()
        var received = 0
        for _ in 0..<max(1, options.frames / 4) {
            received += rig.turn(into: &sum, timed: true)
            _ = rig.turn(into: &sum, timed: false)
        }
        precondition(
            received == max(1, options.frames / 4) * options.packetsPerFrame,
            "every packet of the host must arrive")
        runs.append(sum.perPacket(received * options.viewers))
    }
    let seal = median((0..<options.runs).map { _ in sealingAlone(options, profile: profile) })
    let receive = median(runs.map(\.receive))
    let open = median(runs.map(\.open))
    let fanOut = median(runs.map(\.fanOut))
    let send = median(runs.map(\.send))
    (report.receive, report.open, report.rewrite) = (receive, open, fanOut - seal)
    (report.seal, report.send, report.whole) = (seal, send, median(runs.map(\.whole)))
    let viewers = Double(options.viewers)
    let rows = [
        ("receive", receive, "\(fixed(receive * viewers, 0)) ns a datagram, shared by all viewers"),
        ("open", open, "\(fixed(open * viewers, 0)) ns a datagram, shared by all viewers"),
        ("rewrite", fanOut - seal, "what fan-out takes besides sealing"),
        ("seal", seal, "measured alone, in the same order"), ("send", send, "sendmmsg, loopback"),
    ]
    for (name, value, remark) in rows {
        let label = name + String(repeating: " ", count: 22 - name.count)
        print("    \(label)\(pad(fixed(value, 1))) ns   \(remark)")
    }
    print(
        "    sum of the parts      \(pad(fixed(receive + open + fanOut + send, 1))) ns   "
            + "measured as a whole \(fixed(report.whole, 1)) ns")
}

private func pad(_ text: String) -> String {
    String(repeating: " ", count: max(0, 8 - text.count)) + text
}
