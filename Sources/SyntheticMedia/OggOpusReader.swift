import Primitives
import RTP

/// Reads Opus out of an Ogg file (RFC 3533, RFC 7845): packets of 20 ms from one logical stream.
package enum OggOpusReader {
    /// 20 ms at Opus's clock of 48 kHz.
    private static let packetTicks: Int64 = 960
    private static let pageHeaderSize = 27

    package static func read(_ bytes: [UInt8]) throws(ClipViolation) -> Clip {
        guard bytes.count <= Limits.maximumClipBytes else { throw .tooLarge }
        let packets = try packets(of: bytes)
        guard let identification = packets.first,
            identification.starts(with: Array("OpusHead".utf8))
        else { throw .unsupportedCodec }
        guard packets.count > 2, packets[1].starts(with: Array("OpusTags".utf8)) else {
            throw .malformed
        }
        var frames: [Clip.Frame] = []
        for packet in packets.dropFirst(2) where !packet.isEmpty {
            guard duration(of: packet) == packetTicks else { throw .unsupportedFrameDuration }
            frames.append(Clip.Frame(bytes: packet, isKeyframe: true))
        }
        return try Clip(codec: .opus, frames: frames, frameTicks: packetTicks)
    }

    /// The packets of the stream whose page comes first; a packet that is not finished at the end of
    /// the file is left out.
    static func packets(of bytes: [UInt8]) throws(ClipViolation) -> [[UInt8]] {
        let file = bytes.rawSpan
        var packets: [[UInt8]] = []
        var unfinished: [UInt8] = []
        var serial: UInt32?
        var offset = 0
        while offset < bytes.count {
            guard offset + pageHeaderSize <= bytes.count, file.uint32(at: offset) == 0x4F67_6753
            else { throw offset == 0 ? .notThisFormat : .malformed }  // "OggS"
            let segments = Int(bytes[offset + 26])
            let table = offset + pageHeaderSize
            guard table + segments <= bytes.count else { throw .malformed }
            let isOurs = (serial ?? file.uint32(at: offset + 14)) == file.uint32(at: offset + 14)
            serial = serial ?? file.uint32(at: offset + 14)
            var data = table + segments
            for lacing in bytes[table..<table + segments] {
                guard data + Int(lacing) <= bytes.count else { throw .malformed }
                if isOurs {
                    unfinished += bytes[data..<data + Int(lacing)]
                    // A lacing value below 255 ends the packet (RFC 3533 §5).
                    if lacing < 255 {
                        guard packets.count < Limits.maximumFrames else { throw .tooLarge }
                        packets.append(unfinished)
                        unfinished = []
                    }
                }
                data += Int(lacing)
            }
            offset = data
        }
        return packets
    }

    /// The duration in units of 1/48,000 s that the table-of-contents byte and, for code 3, the
    /// frame count byte say (RFC 6716 §3.1); `nil` when the packet is too short to say.
    static func duration(of packet: [UInt8]) -> Int64? {
        guard let toc = packet.first else { return nil }
        let frame = frameTicks(configuration: Int(toc >> 3))
        switch toc & 3 {
        case 0: return frame
        case 1, 2: return 2 * frame
        default:
            guard packet.count >= 2 else { return nil }
            return Int64(packet[1] & 0x3F) * frame
        }
    }

    /// RFC 6716 §3.1, table 2.
    private static func frameTicks(configuration: Int) -> Int64 {
        switch configuration {
        case 0..<12: [480, 960, 1920, 2880][configuration % 4]
        case 12..<16: [480, 960][configuration % 2]
        default: [120, 240, 480, 960][configuration % 4]
        }
    }
}
