internal import DatagramIO
internal import Primitives
internal import RTP

/// What one worker hands to another, as a record of the ring between them: a header of fixed shape,
/// and the bytes.
struct HandOver: Equatable {
    enum Kind: Equatable {
        /// A datagram of a peer that the other worker has: the kernel gave it to the wrong socket.
        case datagram(from: TransportAddress, via: LocalAddress, by: Int)
        /// A publisher's packet in the clear, for its mirror.
        case packet(Listener, track: Int, layer: Int, isRetransmission: Bool)
        /// A publisher's sender report, for its mirror.
        case senderReport(Listener, SenderReport)
        /// How loud a publisher's packet is, for who listens for all.
        case level(Listener, AudioLevel)
    }

    var kind: Kind
    /// When the kernel got it.
    var received: Instant
    /// Where the bytes of the datagram or packet lie in the record.
    var body: Range<Int>

    /// The most that stands before the bytes.
    static let headerSize = 48

    /// Writes a record without its bytes, which follow it.
    static func write(_ kind: Kind, at received: Instant, into writer: inout ByteWriter) {
        switch kind {
        case .datagram(let source, let local, let worker):
            writer.append(0 as UInt8)
            writer.append(received.nanoseconds)
            writer.append(source.high)
            writer.append(source.low)
            writer.append(source.port)
            writer.append(local.place)
            writer.append(UInt8(worker))
        case .packet(let listener, let track, let layer, let isRetransmission):
            writer.append(1 as UInt8)
            writer.append(received.nanoseconds)
            write(listener, into: &writer)
            writer.append(UInt8(track))
            writer.append(UInt8(layer))
            writer.append(isRetransmission ? 1 : 0 as UInt8)
        case .senderReport(let listener, let report):
            writer.append(2 as UInt8)
            writer.append(received.nanoseconds)
            write(listener, into: &writer)
            writer.append(report.ssrc.rawValue)
            writer.append(report.ntp)
            writer.append(report.rtp.rawValue)
            writer.append(report.packetCount)
            writer.append(report.octetCount)
        case .level(let listener, let level):
            writer.append(3 as UInt8)
            writer.append(received.nanoseconds)
            write(listener, into: &writer)
            writer.append(level.rawValue)
        }
    }

    private static func write(_ listener: Listener, into writer: inout ByteWriter) {
        writer.append(UInt8(listener.worker))
        writer.append(UInt32(bitPattern: listener.place))
        writer.append(listener.generation)
    }

    /// Reads a record that ``write(_:at:into:)`` began.
    init(reading record: RawSpan) {
        received = Instant(nanoseconds: record.uint64(at: 1))
        switch record.byte(at: 0) {
        case 0:
            kind = .datagram(
                from: TransportAddress(
                    high: record.uint64(at: 9), low: record.uint64(at: 17),
                    port: record.uint16(at: 25)),
                via: LocalAddress(place: record.byte(at: 27)), by: Int(record.byte(at: 28)))
            body = 29..<record.byteCount
        case 1:
            kind = .packet(
                Self.listener(in: record), track: Int(record.byte(at: 18)),
                layer: Int(record.byte(at: 19)), isRetransmission: record.byte(at: 20) != 0)
            body = 21..<record.byteCount
        case 3:
            kind = .level(
                Self.listener(in: record), AudioLevel(rawValue: record.byte(at: 18)))
            body = record.byteCount..<record.byteCount
        default:
            kind = .senderReport(
                Self.listener(in: record),
                SenderReport(
                    ssrc: SSRC(record.uint32(at: 18)), ntp: record.uint64(at: 22),
                    rtp: RTPTimestamp(record.uint32(at: 30)),
                    packetCount: record.uint32(at: 34), octetCount: record.uint32(at: 38)))
            body = record.byteCount..<record.byteCount
        }
    }

    private static func listener(in record: RawSpan) -> Listener {
        Listener(
            worker: Int(record.byte(at: 9)), place: Int32(bitPattern: record.uint32(at: 10)),
            generation: record.uint32(at: 14))
    }
}

/// Where another worker mirrors a publisher: the place and its generation in that worker's table.
package struct Listener: Hashable, Sendable {
    package var worker: Int
    package var place: Int32
    package var generation: UInt32

    package init(worker: Int, place: Int32, generation: UInt32) {
        self.worker = worker
        self.place = place
        self.generation = generation
    }
}
