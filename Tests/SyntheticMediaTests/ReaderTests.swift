import Primitives
import RTP
import SyntheticMedia
import Testing

@Suite("Clip readers")
struct ReaderTests {
    @Test("IVF: frames, keyframes and the frame time")
    func ivf() throws {
        let frames: [[UInt8]] = [[0x10, 1, 2], [0x11, 3], [0x11, 4], [0x10, 5]]
        let clip = try IVFReader.read(Files.ivf(frames: frames))
        #expect(clip.codec == .vp8)
        #expect(clip.frames.map(\.bytes) == frames)
        #expect(clip.frames.map(\.isKeyframe) == [true, false, false, true])
        #expect(clip.frameTicks == 3000)
        #expect(clip.frameDuration == .nanoseconds(33_333_333))
    }

    @Test("IVF: what comes before the first keyframe is left out")
    func ivfStart() throws {
        let clip = try IVFReader.read(Files.ivf(frames: [[0x11], [0x10, 5]]))
        #expect(clip.frames.map(\.bytes) == [[0x10, 5]])
    }

    @Test("IVF: damage has a name")
    func ivfDamage() {
        let good = Files.ivf(frames: [[0x10, 1, 2]])
        #expect(throws: ClipViolation.notThisFormat) { try IVFReader.read([]) }
        #expect(throws: ClipViolation.notThisFormat) { try IVFReader.read([1] + good) }
        #expect(throws: ClipViolation.malformed) { try IVFReader.read(Array(good.dropLast())) }
        #expect(throws: ClipViolation.malformed) {
            try IVFReader.read(Files.ivf(frames: [[0x10]], rate: 0))
        }
        #expect(throws: ClipViolation.unsupportedCodec) {
            try IVFReader.read(Files.ivf(frames: [[0x10]], codec: "AV01"))
        }
        #expect(throws: ClipViolation.empty) { try IVFReader.read(Files.ivf(frames: [])) }
        #expect(throws: ClipViolation.empty) { try IVFReader.read(Files.ivf(frames: [[0x11]])) }
    }

    @Test("H.264: units become access units")
    func annexB() throws {
        let idr = Files.slice(5, size: 40)
        let rest = Files.slice(5, size: 30, first: false)
        let inter = Files.slice(1, size: 20)
        let stream = Files.annexB([Files.sps, Files.pps, Files.sei, idr, rest, inter, inter])
        let clip = try AnnexBReader.read(stream, frameRate: 30)
        #expect(clip.codec == .h264)
        #expect(clip.frames.map(\.isKeyframe) == [true, false, false])
        #expect(clip.frameTicks == 3000)
        let code: [UInt8] = [0, 0, 0, 1]
        #expect(clip.frames[1].bytes == code + inter)
        #expect(
            clip.frames[0].bytes
                == [Files.sps, Files.pps, Files.sei, idr, rest].flatMap { code + $0 })
    }

    @Test("H.264: parameter sets behind a picture start the next one; trailing zeros are dropped")
    func annexBBoundaries() throws {
        let idr = Files.slice(5, size: 40)
        let stream = Files.annexB([Files.sps, Files.pps, idr, Files.sps, Files.pps, idr]) + [0, 0]
        let clip = try AnnexBReader.read(stream, frameRate: 25)
        #expect(clip.frames.count == 2)
        #expect(clip.frames[0] == clip.frames[1])
        #expect(clip.frameTicks == 3600)
    }

    @Test("H.264: damage has a name")
    func annexBDamage() {
        #expect(throws: ClipViolation.notThisFormat) {
            try AnnexBReader.read([1, 2, 3, 4], frameRate: 30)
        }
        #expect(throws: ClipViolation.empty) {
            try AnnexBReader.read([0, 0, 0, 1], frameRate: 30)
        }
        // An IDR picture without parameter sets is nothing to start from.
        #expect(throws: ClipViolation.empty) {
            try AnnexBReader.read(Files.annexB([Files.slice(5, size: 9)]), frameRate: 30)
        }
    }

    @Test("Ogg: packets across lacing values and pages, headers skipped, other streams ignored")
    func ogg() throws {
        let small: [UInt8] = [0xFC, 1, 2, 3]
        let large: [UInt8] = [0xFC] + Array(repeating: 9, count: 599)
        let exact: [UInt8] = [0xFC] + Array(repeating: 8, count: 254)
        var file = Files.opus(packets: [small, large, exact])
        // One packet over two pages, with a page of another stream in between.
        file += Files.oggPage(lacing: [255], data: [0xFC] + Array(repeating: 7, count: 254))
        file += Files.oggPage([[1, 2, 3]], serial: 8)
        file += Files.oggPage(lacing: [2], data: [6, 6])
        let clip = try OggOpusReader.read(file)
        #expect(clip.codec == .opus)
        #expect(clip.frameDuration == .milliseconds(20))
        #expect(clip.frames.map(\.bytes.count) == [4, 600, 255, 257])
        #expect(clip.frames.map(\.bytes)[1] == large)
        #expect(!clip.frames.map(\.isKeyframe).contains(false))
    }

    @Test(
        "Opus: only packets of 20 ms",
        arguments: [
            ([0xFC], true), ([0x78], true), ([0x08], true), ([0xF4], false), ([0x18], false),
            ([0xF5, 0], true), ([0xFF, 2], false), ([0xF7, 2], true), ([0xFF, 1], true),
            ([0xFF], false),
        ] as [([UInt8], Bool)])
    func opusDuration(packet: [UInt8], isAccepted: Bool) throws {
        let file = Files.opus(packets: [packet])
        if isAccepted {
            let clip = try OggOpusReader.read(file)
            #expect(clip.frames.count == 1)
        } else {
            #expect(throws: ClipViolation.unsupportedFrameDuration) {
                try OggOpusReader.read(file)
            }
        }
    }

    @Test("Ogg: damage has a name")
    func oggDamage() {
        let good = Files.opus(packets: [[0xFC, 1]])
        #expect(throws: ClipViolation.notThisFormat) { try OggOpusReader.read([1, 2, 3]) }
        #expect(throws: ClipViolation.malformed) {
            try OggOpusReader.read(Array(good.dropLast()))
        }
        #expect(throws: ClipViolation.unsupportedCodec) {
            try OggOpusReader.read(Files.oggPage([Array("vorbis".utf8)]))
        }
        #expect(throws: ClipViolation.malformed) {
            try OggOpusReader.read(Files.oggPage([Files.opusHead]))
        }
    }

    @Test("no file is a trap", arguments: 0..<3)
    func fuzz(format: Int) {
        var generator = SeededGenerator(seed: UInt64(format) + 1)
        let seeds = [
            Files.ivf(frames: [[0x10, 1, 2], [0x11, 2], [0x10, 0, 0, 0, 9]]),
            Files.annexB([Files.sps, Files.pps, Files.slice(5, size: 30), Files.slice(1, size: 9)]),
            Files.opus(packets: [[0xFC, 1, 2], [0xFC]]),
        ]
        for _ in 0..<4000 {
            var bytes = seeds[format]
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                bytes[place] = UInt8.random(in: 0...255, using: &generator)
            }
            if Bool.random(using: &generator) {
                bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator))
            }
            for clip in [
                try? IVFReader.read(bytes), try? AnnexBReader.read(bytes, frameRate: 30),
                try? OggOpusReader.read(bytes),
            ].compactMap({ $0 }) {
                #expect(clip.frames.first?.isKeyframe == true)
                var packetizer = Packetizer(codec: clip.codec)
                for frame in clip.frames {
                    let sizes = packetizer.payloads(of: frame).map(\.count)
                    #expect(sizes.allSatisfy { (1...Limits.maximumPayload).contains($0) })
                }
            }
        }
    }
}
