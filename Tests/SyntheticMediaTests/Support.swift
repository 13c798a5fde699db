import Primitives
import RTP
import SyntheticMedia

/// Files in the three formats, made by hand.
enum Files {
    static func littleEndian(_ value: some FixedWidthInteger, bytes: Int) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    static func ivf(frames: [[UInt8]], rate: UInt32 = 30, codec: String = "VP80") -> [UInt8] {
        var file = Array("DKIF".utf8) + [0, 0, 32, 0] + Array(codec.utf8) + [128, 2, 104, 1]
        file += littleEndian(rate, bytes: 4) + littleEndian(UInt32(1), bytes: 4)
        file += littleEndian(UInt32(frames.count), bytes: 4) + [0, 0, 0, 0]
        for (index, frame) in frames.enumerated() {
            file += littleEndian(frame.count, bytes: 4) + littleEndian(index, bytes: 8) + frame
        }
        return file
    }

    static let sps: [UInt8] = [0x67, 0x42, 0xC0, 0x1F, 0xDA]
    static let pps: [UInt8] = [0x68, 0xCE, 0x3C, 0x80]
    static let sei: [UInt8] = [0x06, 0x05, 0x01, 0xAA, 0x80]

    /// A slice whose first macroblock is 0, unless `first` says otherwise.
    static func slice(_ type: UInt8, size: Int, first: Bool = true) -> [UInt8] {
        [0x60 | type, first ? 0x88 : 0x42]
            + (0..<max(0, size - 2)).map { UInt8($0 % 250) + 4 }
    }

    static func annexB(_ units: [[UInt8]]) -> [UInt8] {
        units.enumerated().flatMap { index, unit in
            (index % 2 == 0 ? [0, 0, 0, 1] : [0, 0, 1]) + unit
        }
    }

    static func oggPage(_ packets: [[UInt8]], serial: UInt32 = 7) -> [UInt8] {
        var lacing: [UInt8] = []
        for packet in packets {
            lacing += Array(repeating: 255, count: packet.count / 255)
            lacing.append(UInt8(packet.count % 255))
        }
        return oggPage(lacing: lacing, data: packets.flatMap { $0 }, serial: serial)
    }

    static func oggPage(lacing: [UInt8], data: [UInt8], serial: UInt32 = 7) -> [UInt8] {
        Array("OggS".utf8) + [0, 0] + Array(repeating: 0, count: 8)
            + littleEndian(serial, bytes: 4) + Array(repeating: 0, count: 8)
            + [UInt8(lacing.count)] + lacing + data
    }

    static let opusHead = Array("OpusHead".utf8) + [1, 2, 56, 1, 128, 187, 0, 0, 0, 0, 0]
    static let opusTags = Array("OpusTags".utf8) + Array(repeating: 0, count: 8)

    static func opus(packets: [[UInt8]]) -> [UInt8] {
        oggPage([opusHead]) + oggPage([opusTags]) + oggPage(packets)
    }
}

extension Clip {
    /// `count` frames of `size` bytes, a keyframe each `period`.
    static func made(
        _ codec: Codec, count: Int, period: Int = 1, ticks: Int64, size: Int = 10
    ) throws -> Clip {
        try Clip(
            codec: codec,
            frames: (0..<count).map { index in
                Frame(
                    bytes: Array(repeating: UInt8(truncatingIfNeeded: index), count: size),
                    isKeyframe: index % period == 0)
            }, frameTicks: ticks)
    }
}
