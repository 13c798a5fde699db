import Forwarding
import Primitives
import RTP

/// A picture on its way to one viewer over a network that loses packets, with the real encoder, the real
/// policy and a viewer that asks for what it lacks; a millisecond at a time.
struct RecoveryModel {
    struct Network {
        var roundTrip: Int
        var loss: Double
        /// Packets lost at a time, on average.
        var burst: Double
    }

    struct Outcome {
        var packets = 0
        var late = 0
        var frames = 0
        var spoiled = 0
        var repairBytes = 0
        var resentBytes = 0
        var mediaBytes = 0
        var wasProtected = false
    }

    private enum Parcel {
        case media(Int)
        case repair([UInt8])
    }

    private struct Sent {
        var frame: Int
        var bytes: [UInt8]
        var at: Int
        var isThere = false
        var isLate = false
        var askedAt: Int?
        var asked = 0
    }

    private static let ssrc: UInt32 = 1
    /// What arrives later than this after its time is not shown.
    private static let patience = 150
    private static let longestGroup = Int(Limits.repairDelay.milliseconds)
    /// The sizes of the model are small, for speed; rates count these.
    private static let packetBytes = 1000

    private let network: Network
    private let protects: Bool
    private var random: SeededGenerator
    private var outcome = Outcome()
    private var isBad = false
    private var packets: [Sent] = []
    private var toViewer: [Int: [Parcel]] = [:]
    private var requests: [Int: [Int]] = [:]
    private var reports: [Int: [Bool]] = [:]
    private var decoder = FlexFECDecoder(ssrc: Self.ssrc)
    private var newest = -1
    private var policy = RepairPolicy()
    private var meter = LossMeter()
    private var groupStart = 0

    init(_ network: Network, protects: Bool, seed: UInt64) {
        self.network = network
        self.protects = protects
        random = SeededGenerator(seed: seed)
    }

    static func run(_ network: Network, protects: Bool, seed: UInt64, seconds: Int) -> Outcome {
        var model = RecoveryModel(network, protects: protects, seed: seed)
        return model.run(seconds * 1000)
    }

    private mutating func run(_ duration: Int) -> Outcome {
        var encoder = FlexFECEncoder()
        for now in 0..<duration {
            for parcel in toViewer.removeValue(forKey: now) ?? [] { arrive(parcel, at: now) }
            ask(at: now)
            for index in requests.removeValue(forKey: now) ?? [] { resend(index, at: now) }
            for isLost in reports.removeValue(forKey: now) ?? [] { meter.note(isLost: isLost) }
            if protects, now % 100 == 0 { decide(at: now, &encoder) }
            if now % 33 == 0 { sendFrame(at: now, &encoder) }
        }
        settle(until: duration - 1500)
        return outcome
    }

    private mutating func decide(at now: Int, _ encoder: inout FlexFECEncoder) {
        let changes = policy.update(
            meter, roundTrip: .milliseconds(network.roundTrip), media: .kilobitsPerSecond(1200),
            target: .kilobitsPerSecond(2500), at: Instant(nanoseconds: UInt64(now) * 1_000_000))
        guard changes else { return }
        outcome.wasProtected = true
        flush(at: now, &encoder)
    }

    private mutating func sendFrame(at now: Int, _ encoder: inout FlexFECEncoder) {
        outcome.frames += 1
        let isKey = outcome.frames % 300 == 1
        let count = isKey ? 30 : Int.random(in: 3...7, using: &random)
        for index in 0..<count {
            send(frame: outcome.frames, isLast: index == count - 1, at: now, &encoder)
        }
        if encoder.count > 0, now - groupStart >= Self.longestGroup { flush(at: now, &encoder) }
    }

    private mutating func send(
        frame: Int, isLast: Bool, at now: Int, _ encoder: inout FlexFECEncoder
    ) {
        let index = packets.count
        var writer = ByteWriter(capacity: 64)
        RTPHeaderWriter.write(
            marker: isLast, payloadType: 96,
            sequenceNumber: SequenceNumber(UInt16(truncatingIfNeeded: index)),
            timestamp: RTPTimestamp(UInt32(frame * 3000)), ssrc: SSRC(Self.ssrc), into: &writer)
        let header = writer.array
        let payload = (0..<Int.random(in: 4...24, using: &random)).map { _ in
            UInt8.random(in: 0...255, using: &random)
        }
        packets.append(Sent(frame: frame, bytes: header + payload, at: now))
        outcome.mediaBytes += Self.packetBytes
        transmit(.media(index), at: now)
        guard let protection = policy.protection else { return }
        if encoder.count == 0 { groupStart = now }
        if !encoder.protect(header: header.rawSpan, payload: payload.rawSpan) {
            flush(at: now, &encoder)
            groupStart = now
            _ = encoder.protect(header: header.rawSpan, payload: payload.rawSpan)
        }
        if encoder.count >= protection.groupSize { flush(at: now, &encoder) }
    }

    private mutating func flush(at now: Int, _ encoder: inout FlexFECEncoder) {
        for row in 0..<encoder.rowCount {
            var writer = ByteWriter(capacity: 256)
            guard encoder.write(row, protecting: SSRC(Self.ssrc), into: &writer) else { continue }
            outcome.repairBytes += Self.packetBytes + 24
            transmit(.repair(writer.array), at: now)
        }
        encoder.reset(rows: policy.protection?.rows ?? 1)
    }

    private mutating func resend(_ index: Int, at now: Int) {
        outcome.resentBytes += Self.packetBytes
        transmit(.media(index), at: now)
    }

    private mutating func transmit(_ parcel: Parcel, at now: Int) {
        let leave = 1 / network.burst
        let change = Double.random(in: 0..<1, using: &random)
        let enter = leave * network.loss / (1 - network.loss)
        if network.burst > 1 {
            isBad = isBad ? change >= leave : change < enter
        } else {
            isBad = change < network.loss
        }
        reports[now + network.roundTrip + 50, default: []].append(isBad)
        guard !isBad else { return }
        toViewer[now + network.roundTrip / 2, default: []].append(parcel)
    }

    private mutating func arrive(_ parcel: Parcel, at now: Int) {
        switch parcel {
        case .media(let index):
            newest = max(newest, index)
            note(index, at: now)
            for sequence in decoder.receive(packets[index].bytes) { repaired(sequence, at: now) }
            if index % 512 == 0 { decoder.forget(before: UInt16(truncatingIfNeeded: index - 512)) }
        case .repair(let payload):
            for sequence in decoder.receive(repair: payload) { repaired(sequence, at: now) }
        }
    }

    private mutating func repaired(_ sequence: UInt16, at now: Int) {
        let reference = SequenceNumber(UInt16(truncatingIfNeeded: newest))
        let index = newest + SequenceNumber(sequence).distance(from: reference)
        guard packets.indices.contains(index), decoder.packets[sequence] == packets[index].bytes
        else {
            preconditionFailure("a repaired packet is not what was sent")
        }
        note(index, at: now)
    }

    private mutating func note(_ index: Int, at now: Int) {
        guard !packets[index].isThere else { return }
        packets[index].isThere = true
        packets[index].isLate = now > packets[index].at + network.roundTrip / 2 + Self.patience
    }

    /// The viewer asks at once for what it lacks, and again after each round trip.
    private mutating func ask(at now: Int) {
        guard newest > 0 else { return }
        for index in max(0, newest - 400)..<newest where !packets[index].isThere {
            let interval = max(20, network.roundTrip)
            if let last = packets[index].askedAt, now - last < interval { continue }
            guard packets[index].asked < 10 else { continue }
            packets[index].askedAt = now
            packets[index].asked += 1
            requests[now + network.roundTrip / 2, default: []].append(index)
        }
    }

    private mutating func settle(until end: Int) {
        var spoiled: Set<Int> = []
        for packet in packets where packet.at < end && packet.at > 3000 {
            outcome.packets += 1
            guard packet.isLate || !packet.isThere else { continue }
            outcome.late += 1
            spoiled.insert(packet.frame)
        }
        outcome.spoiled = spoiled.count
        outcome.frames = (end - 3000) / 33
    }
}
