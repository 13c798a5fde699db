internal import Primitives
internal import RTP

/// One RTP stream of a scripted host: its numbers, and what it keeps for retransmission.
struct HostStream {
    private static let kept = 1024

    let ssrc: SSRC
    let retransmissionSSRC: SSRC
    let rid: String
    /// The first numbers are in the lower half of their range (see ``OutgoingTrack``).
    private var nextIndex: Int64
    private var nextRetransmission: Int64 = 1000
    private var buffer: [SimulatedPacket?] = Array(repeating: nil, count: kept)
    private(set) var packets: UInt32 = 0
    private(set) var octets: UInt32 = 0
    /// What is added to the time, in units of the clock.
    let timestampOffset: UInt32
    private let clockRate: UInt64

    init(ssrc: UInt32, rid: String, clockRate: Int) {
        self.ssrc = SSRC(ssrc)
        self.rid = rid
        self.clockRate = UInt64(clockRate)
        retransmissionSSRC = SSRC(ssrc + 100)
        nextIndex = Int64(ssrc & 0x3FFF)
        timestampOffset = ssrc &* 2_654_435_761
    }

    func timestamp(at moment: Instant) -> UInt32 {
        UInt32(truncatingIfNeeded: moment.nanoseconds / 1000 * clockRate / 1_000_000)
            &+ timestampOffset
    }

    mutating func packet(
        _ payload: [UInt8], captured: Instant, marker: Bool, descriptor: [UInt8] = []
    ) -> SimulatedPacket {
        let packet = SimulatedPacket(
            index: nextIndex, timestamp: timestamp(at: captured), marker: marker, payload: payload,
            descriptor: descriptor)
        buffer[Int(nextIndex) % Self.kept] = packet
        nextIndex += 1
        packets += 1
        octets &+= UInt32(payload.count)
        return packet
    }

    /// What a NACK asks for, as a packet of the RTX stream.
    mutating func retransmission(
        of number: SequenceNumber
    ) -> (original: UInt16, packet: SimulatedPacket)? {
        let newest = SequenceNumber(UInt16(truncatingIfNeeded: nextIndex - 1))
        let index = nextIndex - 1 + Int64(number.distance(from: newest))
        guard index >= 0, var packet = buffer[Int(index) % Self.kept], packet.index == index else {
            return nil
        }
        packet.index = nextRetransmission
        nextRetransmission += 1
        return (number.rawValue, packet)
    }
}
