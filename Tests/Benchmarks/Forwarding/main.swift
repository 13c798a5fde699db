// What forwarding a packet costs: allocations, system calls and CPU time, for one publisher and many
// viewers on one worker in its steady state. Prints figures and judges nothing: the machines that
// run it are shared.

import CAllocations
import DatagramIO
import Glibc
import MediaSecurity
import Primitives

struct Options {
    var viewers = 100
    var packetsPerFrame = 10
    var frames = 400
    var payloadSize = 1150
    var runs = 5
    /// Where the figures go as JSON, too.
    var json: String?

    init(_ arguments: [String]) {
        var iterator = arguments.dropFirst().makeIterator()
        while let flag = iterator.next() {
            guard let text = iterator.next() else { Self.usage() }
            if flag == "--json" {
                json = text
                continue
            }
            guard let value = Int(text), value > 0 else { Self.usage() }
            switch flag {
            case "--viewers": viewers = min(value, 1000)
            case "--packets": packetsPerFrame = min(value, 60)
            case "--frames": frames = value
            case "--payload": payloadSize = min(value, 1200)
            case "--runs": runs = value
            default: Self.usage()
            }
        }
    }

    static func usage() -> Never {
        print(
            "usage: ForwardingBenchmark [--viewers N] [--packets N] [--frames N] [--payload BYTES] "
                + "[--runs N] [--json FILE]")
        exit(64)
    }
}

struct Measurement {
    var nanosecondsPerPacket: Double
    var allocationsPerPacket: Double
    var copiedBytesPerPacket: Double
    var packets: Int
}

func measure(packets: Int, _ body: () throws -> Void) rethrows -> Measurement {
    let allocations = c_rostrum_allocations()
    let copied = c_rostrum_copied_bytes()
    let start = SystemClock.threadCPUNanoseconds()
    try body()
    let time = SystemClock.threadCPUNanoseconds() - start
    return Measurement(
        nanosecondsPerPacket: Double(time) / Double(packets),
        allocationsPerPacket: Double(c_rostrum_allocations() - allocations) / Double(packets),
        copiedBytesPerPacket: Double(c_rostrum_copied_bytes() - copied) / Double(packets),
        packets: packets)
}

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

func fixed(_ value: Double, _ places: Int) -> String {
    let scale = (0..<places).reduce(1.0) { scale, _ in scale * 10 }
    let rounded = (value * scale).rounded() / scale
    let whole = Int(rounded)
    guard places > 0 else { return String(whole) }
    let digits = String(Int(((rounded - Double(whole)) * scale).rounded()))
    return "\(whole)." + String(repeating: "0", count: max(0, places - digits.count)) + digits
}

/// Everything but the kernel: open, keep, rewrite, seal, queue.
func withoutKernel(
    _ options: Options, profile: SRTPProfile, into report: inout Report.Profile
) throws {
    var rig = try Rig(
        viewers: options.viewers, profile: profile, payloadSize: options.payloadSize
    ) { TransportAddress(ipv4: 0x0A01_0000 + UInt32($0), port: 2000) }
    var sink = CountingSink()
    for _ in 0..<50 { rig.sendFrame(packets: options.packetsPerFrame, into: &sink) }
    var times: [Double] = []
    var allocations: [Double] = []
    var copied: [Double] = []
    for _ in 0..<options.runs {
        sink = CountingSink()
        let before = sink.datagrams
        let packets = options.frames * options.packetsPerFrame * options.viewers
        let result = measure(packets: packets) {
            for _ in 0..<options.frames {
                rig.sendFrame(packets: options.packetsPerFrame, into: &sink)
            }
        }
        precondition(sink.datagrams - before == packets, "every packet must reach every viewer")
        times.append(result.nanosecondsPerPacket)
        allocations.append(result.allocationsPerPacket)
        copied.append(result.copiedBytesPerPacket)
    }
    report.nanoseconds.withoutKernel = median(times)
    report.allocationsPerPacket = allocations.max()!
    report.copiedBytesPerPacket = copied.max()!
    report.datagramsPerMessage = Double(sink.datagrams) / Double(sink.messages)
    print(
        "  open + rewrite + seal   \(fixed(median(times), 0)) ns   "
            + "allocations \(fixed(report.allocationsPerPacket, 6))   "
            + "bytes copied \(fixed(report.copiedBytesPerPacket, 1))   "
            + "datagrams a message \(fixed(report.datagramsPerMessage, 1))")
}

/// The same through a real socket; the receivers' sockets are never read.
func withKernel(
    _ options: Options, profile: SRTPProfile, into report: inout Report.Profile
) throws {
    let any = TransportAddress(ipv4: 0x7F00_0001, port: 0)
    let receiver = try DatagramSocket(bindingTo: any)
    let port = receiver.localPort
    var socket = try DatagramSocket(bindingTo: TransportAddress(ipv4: 0, port: 0))
    // Every viewer has an address of its own on the loopback network, all with one port: the kernel
    // looks up another destination for each, and one socket stands for them all.
    var rig = try Rig(
        viewers: options.viewers, profile: profile, payloadSize: options.payloadSize
    ) { TransportAddress(ipv4: 0x7F00_0002 + UInt32($0), port: port) }
    for _ in 0..<20 { rig.sendFrame(packets: options.packetsPerFrame, into: &socket) }
    var times: [Double] = []
    var calls = 0.0
    for _ in 0..<options.runs {
        let before = socket.counters
        let packets = options.frames / 4 * options.packetsPerFrame * options.viewers
        let result = measure(packets: packets) {
            for _ in 0..<options.frames / 4 {
                rig.sendFrame(packets: options.packetsPerFrame, into: &socket)
            }
        }
        times.append(result.nanosecondsPerPacket)
        calls = Double(socket.counters.sendCalls - before.sendCalls) / Double(packets)
    }
    report.nanoseconds.withSend = median(times)
    report.sendCallsPerPacket = calls
    print(
        "  … + send (loopback)     \(fixed(median(times), 0)) ns   "
            + "sendmmsg calls a packet \(fixed(calls, 5))   "
            + "refused \(socket.counters.sendErrors)")
}

/// One receive call for up to 64 datagrams, from a filled socket.
func receiving(_ options: Options) throws {
    var receiver = try DatagramSocket(bindingTo: TransportAddress(ipv4: 0x7F00_0001, port: 0))
    var sender = try DatagramSocket(bindingTo: TransportAddress(ipv4: 0x7F00_0001, port: 0))
    let destination = TransportAddress(ipv4: 0x7F00_0001, port: receiver.localPort)
    var batch = ReceiveBatch()
    var queue = SendQueue()
    var time: UInt64 = 0
    for _ in 0..<200 {
        for _ in 0..<128 {
            let start = queue.arena.count
            queue.arena.append(repeating: 7, count: options.payloadSize)
            queue.commit(from: start, to: destination)
        }
        sender.flush(&queue)
        let start = SystemClock.threadCPUNanoseconds()
        repeat { receiver.receive(into: &batch) } while batch.count > 0
        time += SystemClock.threadCPUNanoseconds() - start
    }
    let received = receiver.counters.datagramsReceived
    let calls = Double(receiver.counters.receiveCalls) / Double(received)
    print(
        "  receive (recvmmsg)      \(fixed(Double(time) / Double(received), 0)) ns a datagram   "
            + "calls a datagram \(fixed(calls, 4))")
}

/// Sealing alone, for the share that is crypto.
func sealing(_ options: Options, profile: SRTPProfile) throws {
    let material = keys(1, profile: profile)
    var sealer = SRTPSealer(
        profile: profile, key: material.localKey, salt: material.localSalt)
    let payload = [UInt8](repeating: 1, count: options.payloadSize)
    var packet = ByteWriter(capacity: 32_768)
    var batch = SRTPBatch(capacity: 64)
    var times: [Double] = []
    for _ in 0..<options.runs {
        let result = measure(packets: 100_000) {
            for number in 0..<100_000 {
                // As many together as a frame to a viewer or two has.
                if number % 16 == 0 {
                    batch.finish(in: &packet)
                    packet.removeAll()
                }
                let start = packet.count
                packet.append(repeating: 0x80, count: 12)
                sealer.seal(
                    headerStart: start, payload: payload.rawSpan, ssrc: 1,
                    sequence: UInt16(truncatingIfNeeded: number),
                    rollover: UInt32(number >> 16), into: &packet, batch: &batch)
            }
        }
        times.append(result.nanosecondsPerPacket)
    }
    print("  of which seal           \(fixed(median(times), 0)) ns")
}

let options = Options(CommandLine.arguments)
print(
    "One publisher, \(options.viewers) viewers, \(options.packetsPerFrame) packets of "
        + "\(options.payloadSize) bytes a batch; CPU time of one thread, a forwarded packet; "
        + "median of \(options.runs) runs.")
var report = Report(options)
try receiving(options)
for profile in SRTPProfile.allCases.reversed() {
    let name = profile == .aeadAES128GCM ? "AEAD_AES_128_GCM" : "AES_CM_128_HMAC_SHA1_80"
    var figures = Report.Profile()
    print("\(name):")
    try sealing(options, profile: profile)
    try withoutKernel(options, profile: profile, into: &figures)
    try withKernel(options, profile: profile, into: &figures)
    print("  a forwarded packet, part by part:")
    try parts(options, profile: profile, into: &figures.nanoseconds)
    report.profiles[name] = figures
}
if let path = options.json { try report.write(to: path) }
