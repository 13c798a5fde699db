import Primitives
import RTP
import SyntheticMedia
import Testing

@Suite("Packetizers")
struct PacketizerTests {
    @Test("H.264: parameter sets in a STAP-A, small units as they are, large ones in fragments")
    func h264() throws {
        let idr = Files.slice(5, size: 3000)
        let stream = Files.annexB([Files.sps, Files.pps, Files.sei, idr])
        let frame = try #require(try AnnexBReader.read(stream, frameRate: 30).frames.first)
        var packetizer = Packetizer(codec: .h264)
        let payloads = packetizer.payloads(of: frame)
        #expect(payloads.count == 2 + 3)
        #expect(payloads.allSatisfy { $0.count <= Limits.maximumPayload })
        #expect(payloads[0] == [0x78, 0, 5] + Files.sps + [0, 4] + Files.pps)
        #expect(startsKeyframe(.h264, payloads[0]))
        #expect(payloads[1] == Files.sei)
        #expect(payloads[2...].map { $0[0] } == [0x7C, 0x7C, 0x7C])
        #expect(payloads[2...].map { $0[1] } == [0x85, 0x05, 0x45])
        // The fragments put together are the unit behind its header.
        #expect(payloads[2...].flatMap { $0.dropFirst(2) } == Array(idr.dropFirst()))
    }

    @Test("H.264: the largest unit that fits stays whole")
    func h264Edge() throws {
        var packetizer = Packetizer(codec: .h264)
        for (size, count) in [(Limits.maximumPayload, 1), (Limits.maximumPayload + 1, 2)] {
            let unit = Files.slice(1, size: size)
            let frame = Clip.Frame(bytes: Files.annexB([unit]), isKeyframe: false)
            let payloads = packetizer.payloads(of: frame)
            #expect(payloads.count == count)
        }
    }

    @Test("VP8: S only at the start, the picture id counts and wraps at 15 bits")
    func vp8() throws {
        var packetizer = Packetizer(codec: .vp8, pictureID: 0x7FFF)
        let bytes = (0..<2500).map { UInt8(truncatingIfNeeded: $0 &* 2) }
        let frame = Clip.Frame(bytes: bytes, isKeyframe: true)
        let payloads = packetizer.payloads(of: frame)
        #expect(payloads.count == 3)
        #expect(payloads.flatMap { $0.dropFirst(4) } == bytes)
        #expect(payloads.map { $0[0] } == [0x90, 0x80, 0x80])
        #expect(payloads.allSatisfy { Array($0[1..<4]) == [0x80, 0xFF, 0xFF] })
        #expect(startsKeyframe(.vp8, payloads[0]))
        #expect(!startsKeyframe(.vp8, payloads[1]))
        let next = [packetizer.payloads(of: frame)[0], packetizer.payloads(of: frame)[0]]
        #expect(next.map { Array($0[1..<4]) } == [[0x80, 0x80, 0], [0x80, 0x80, 1]])
    }

    @Test("Opus: a packet is a payload")
    func opus() {
        var packetizer = Packetizer(codec: .opus)
        let frame = Clip.Frame(bytes: [0xFC, 1, 2], isKeyframe: true)
        let payloads = packetizer.payloads(of: frame)
        #expect(payloads == [[0xFC, 1, 2]])
    }

    private func startsKeyframe(_ codec: Codec, _ payload: [UInt8]) -> Bool {
        Keyframe.startsKeyframe(codec, payload: payload.rawSpan)
    }
}
