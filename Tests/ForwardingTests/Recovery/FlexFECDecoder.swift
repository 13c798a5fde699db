import Primitives
import RTP

/// Repairs what was lost, as a viewer does: the oracle of the encoder, from the draft's §6.3 and with
/// nothing shared but the reader of the header.
struct FlexFECDecoder {
    struct Repair {
        var sequences: [UInt16]
        var flags: UInt16
        var length: UInt16
        var timestamp: UInt32
        var bytes: [UInt8]
    }

    let ssrc: UInt32
    /// Whole packets by their numbers.
    private(set) var packets: [UInt16: [UInt8]] = [:]
    private var repairs: [Repair] = []

    init(ssrc: UInt32) { self.ssrc = ssrc }

    /// Takes a packet whose changing extensions are zeros; returns what can be repaired with it.
    mutating func receive(_ packet: [UInt8]) -> [UInt16] {
        packets[UInt16(packet[2]) << 8 | UInt16(packet[3])] = packet
        return repair()
    }

    /// Takes the payload of a repair packet.
    mutating func receive(repair payload: [UInt8]) -> [UInt16] {
        guard let header = try? FlexFECHeader(parsing: payload.rawSpan),
            header.protected == SSRC(ssrc)
        else { return [] }
        let offsets = (0..<FlexFECMask.width).filter { header.mask[$0] }
        repairs.append(
            Repair(
                sequences: offsets.map { header.base.advanced(by: $0).rawValue },
                flags: header.flags, length: header.length, timestamp: header.timestamp,
                bytes: Array(payload[header.size...])))
        if repairs.count > 64 { repairs.removeFirst() }
        return repair()
    }

    mutating func forget(before sequence: UInt16) {
        packets = packets.filter { Int16(bitPattern: $0.key &- sequence) >= 0 }
    }

    private mutating func repair() -> [UInt16] {
        var found: [UInt16] = []
        var goesOn = true
        while goesOn {
            goesOn = false
            for repair in repairs {
                let missing = repair.sequences.filter { packets[$0] == nil }
                guard missing.count == 1 else { continue }
                packets[missing[0]] = recovered(missing[0], from: repair)
                found.append(missing[0])
                goesOn = true
            }
        }
        return found
    }

    private func recovered(_ sequence: UInt16, from repair: Repair) -> [UInt8] {
        var (flags, length, timestamp) = (repair.flags, repair.length, repair.timestamp)
        var bytes = repair.bytes
        for other in repair.sequences where other != sequence {
            let packet = packets[other]!
            flags ^= UInt16(packet[0]) << 8 | UInt16(packet[1])
            length ^= UInt16(packet.count - 12)
            for index in 0..<4 { timestamp ^= UInt32(packet[4 + index]) << UInt32(24 - 8 * index) }
            for index in 12..<packet.count where index - 12 < bytes.count {
                bytes[index - 12] ^= packet[index]
            }
        }
        let first = UInt8(flags >> 8) & 0x3F | 0x80
        var packet: [UInt8] = [first, UInt8(flags & 0xFF)]
        packet += [UInt8(sequence >> 8), UInt8(sequence & 0xFF)]
        packet += (0..<4).map { UInt8(timestamp >> UInt32(24 - 8 * $0) & 0xFF) }
        packet += (0..<4).map { UInt8(ssrc >> UInt32(24 - 8 * $0) & 0xFF) }
        return packet + bytes.prefix(Int(length))
    }
}
