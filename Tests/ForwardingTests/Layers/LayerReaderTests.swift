import BitStrings
import Primitives
import RTP
import Testing

@testable import Forwarding

/// What hosts must not send: bounded, counted, and nothing that a viewer stumbles over.
@Suite struct LayerReaderTests {
    private static func descriptor(_ template: Int, frame: Int) -> [UInt8] {
        var bits = BitString()
        bits.append(3, 2)
        bits.append(template, 6)
        bits.append(frame, 16)
        return bits.bytes
    }

    /// L1T2 with template ids from `offset` on.
    private static func keyframe(from offset: Int, frame: Int) -> [UInt8] {
        var random = SeededGenerator(seed: 1)
        var model = DependencyModel(1, 2, isKeyOnly: true, isCustom: false, using: &random)
        _ = model.nextPicture(keyframe: true, using: &random)
        var bits = BitString()
        bits.append(3, 2)
        bits.append(offset, 6)
        bits.append(frame, 16)
        bits.append(0x10, 5)
        var structure = BitString()
        model.appendStructure(to: &structure)
        let digits = structure.bytes.map { byte in
            String(repeating: "0", count: min(7, byte.leadingZeroBitCount))
                + String(byte, radix: 2)
        }.joined()
        bits.append(offset, 6)
        bits.append(String(digits.dropFirst(6)))
        return bits.bytes
    }

    private func read(_ descriptor: [UInt8], _ reader: inout LayerReader) -> LayerInfo? {
        let payload: [UInt8] = [1, 2]
        return reader.read(payload.rawSpan, descriptor: descriptor.rawSpan, marker: true)
    }

    private func read(
        payload: [UInt8], marker: Bool = false, _ reader: inout LayerReader
    ) -> LayerInfo? {
        let descriptor: [UInt8] = []
        return reader.read(payload.rawSpan, descriptor: descriptor.rawSpan, marker: marker)
    }

    @Test("descriptors before any structure, and of another one")
    func unknownStructures() throws {
        var reader = LayerReader(.dependencyDescriptor)
        let early = try must(read(Self.descriptor(10, frame: 9), &reader))
        #expect(early.format == .unknownStructure && early.number == 9)
        #expect(reader.unknownStructures == 1 && reader.structure(for: early) == nil)
        let first = try must(read(Self.keyframe(from: 10, frame: 10), &reader))
        #expect(first.format == .dependencyDescriptor && first.isKeyframe)
        #expect(try must(read(Self.descriptor(11, frame: 11), &reader)).structure == 0)
        // Behind the structure, with an id that it has not: of one that is missing.
        let other = try must(read(Self.descriptor(40, frame: 12), &reader))
        #expect(other.format == .unknownStructure && reader.unknownStructures == 2)
        #expect(reader.violations == 0)
        // It comes, late: known from now on.
        _ = read(Self.keyframe(from: 40, frame: 12), &reader)
        var again = other
        let bytes = Self.descriptor(40, frame: 12)
        let isKnown = reader.readAgain(&again, descriptor: bytes.rawSpan)
        #expect(isKnown && again.structure == 1 && again.format == .dependencyDescriptor)
        #expect(reader.unknownStructures == 2)
    }

    @Test("packets without a descriptor, and descriptors that are none")
    func violations() {
        var reader = LayerReader(.dependencyDescriptor)
        _ = read(Self.keyframe(from: 10, frame: 10), &reader)
        let absurd = [
            [], [0xC0], [0xC0, 0, 1, 0x80], [UInt8](repeating: 0, count: 256),
            // A structure of 64 templates with 32 targets takes more than an element has.
            Self.descriptor(0, frame: 11) + [0x80, 0x1F] + [UInt8](repeating: 0, count: 250),
            Self.descriptor(0, frame: 11) + [0x80, 0x1F] + [UInt8](repeating: 0x55, count: 250),
        ]
        for (index, bytes) in absurd.enumerated() {
            #expect(read(bytes, &reader) == nil)
            #expect(reader.violations == UInt64(index + 1))
        }
        // What was known stays known.
        #expect(read(Self.descriptor(11, frame: 11), &reader)?.format == .dependencyDescriptor)
    }

    @Test("a VP9 structure of eight layers and 255 pictures, and one that is cut short")
    func scalabilityStructures() throws {
        var reader = LayerReader(.vp9)
        var payload: [UInt8] = [0xAA, 0x80, 0x01, 0x00, 0x01, 0xF8]
        for _ in 0..<8 { payload += [0xFF, 0xFF, 0xFF, 0xFF] }
        payload.append(255)
        for _ in 0..<255 { payload += [0xFC, 0, 0, 0] }
        payload += [0x82, 0x49]
        let info = try must(
            read(payload: payload, &reader))
        #expect(info.highestSpatialID == 7 && info.isKeyframe)
        #expect(VP9Payload.resolution(payload.rawSpan).map { $0.width } == 65_535)
        for count in 1..<payload.count - 2 {
            let cut = Array(payload.prefix(count))
            #expect(read(payload: cut, &reader) == nil)
        }
        #expect(reader.violations == UInt64(payload.count - 3))
    }

    /// As when an SSRC goes on with what was another RID's, or another encoder's: other numbers, other
    /// widths, no layers any more. Whoever watches gets numbers without holes all the same.
    @Test(
        "a stream that becomes another one",
        arguments: [.vp8, .vp9, .dependencyDescriptor] as [LayerInfo.Format],
        0..<10 as Range<UInt64>)
    func changes(format: LayerInfo.Format, seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var viewer = ChangingStream(format)
        for turn in 0..<6 {
            // Now and then the keyframe is lost: then it waits for another.
            viewer.lose = seed % 2 == 0 ? 0 : 8
            viewer.feed(turn, using: &random)
        }
        #expect(viewer.failures.isEmpty, "\(viewer.failures.prefix(3))")
        #expect(viewer.pictures.count > 100)
    }

    @Test(
        "any bytes: numbers go out once, and again as they went",
        arguments: [.plain, .vp8, .vp9, .dependencyDescriptor] as [LayerInfo.Format])
    func hostile(format: LayerInfo.Format) throws {
        var random = SeededGenerator(seed: 77)
        var chain = HostileChain(format, using: &random)
        for _ in 0..<30_000 { chain.step(using: &random) }
        #expect(chain.failures.isEmpty, "\(chain.failures.prefix(3))")
        #expect(chain.forwarded > 1000)
    }
}

/// One stream that is made by several encoders, one behind the other, and who watches it.
private struct ChangingStream {
    private var reader: LayerReader
    private var forwarder: LayerForwarder?
    private var sequence: Int64 = 70_000
    private var outgoing: Int64 = 5
    private var timestamp = RTPTimestamp(1)
    private var newest: UInt16?
    /// How many packets are lost at the start of a turn.
    var lose = 0
    private(set) var pictures: Set<UInt16> = []
    private(set) var failures: [String] = []

    init(_ format: LayerInfo.Format) { reader = LayerReader(format) }

    mutating func feed(_ turn: Int, using random: inout SeededGenerator) {
        var model: any ModelEncoder =
            switch reader.format {
            case .vp8:
                VP8Model(temporalLayers: 1 + turn % 3, isLong: turn % 2 == 0, using: &random)
            case .vp9: VP9Model(1 + turn % 3, 2, isKeyOnly: true, isFlexible: false, using: &random)
            default:
                DependencyModel(1 + turn % 3, 2, isKeyOnly: true, isCustom: false, using: &random)
            }
        for picture in 0..<40 {
            timestamp = timestamp.advanced(by: 3000)
            for packet in model.nextPicture(keyframe: picture % 20 == 0, using: &random) {
                sequence += 1
                if turn > 0, lose > 0 {
                    lose -= 1
                    // Lost on the way to the host's encoder, as it were: no number is missing.
                    sequence -= 1
                } else {
                    receive(packet)
                }
            }
        }
    }

    private mutating func receive(_ packet: ModelPacket) {
        guard
            let info = reader.read(
                packet.payload.rawSpan, descriptor: packet.descriptor.rawSpan,
                marker: packet.marker)
        else { return failures.append("refused") }
        if forwarder == nil { begin(info) }
        var decision = decide(info)
        if decision == .restart {
            begin(info)
            decision = decide(info)
        }
        guard case .forward(let rewrite) = decision else { return }
        if rewrite.sequence != outgoing { failures.append("\(rewrite.sequence) not \(outgoing)") }
        outgoing = rewrite.sequence + 1
        let number =
            info.format == .vp8 || info.format == .vp9 ? rewrite.pictureID : rewrite.frameNumber
        // Ids that an encoder leaves out stay so; none comes back.
        let width: UInt16 = reader.format == .dependencyDescriptor ? 0 : 1
        if let newest, Int16(bitPattern: (number &- newest) << width) < 0 {
            failures.append("picture \(number) behind \(newest)")
        }
        newest = number
        pictures.insert(number)
    }

    private mutating func begin(_ info: LayerInfo) {
        forwarder = LayerForwarder(
            first: info, sequence: sequence, as: outgoing, wanted: LayerTarget(temporal: 1),
            after: forwarder?.continuity ?? LayerContinuity())
    }

    private mutating func decide(_ info: LayerInfo) -> LayerForwarder.Decision {
        forwarder!.decide(
            info, sequence: sequence, timestamp: timestamp, structure: reader.structure(for: info))
    }
}

/// A reader and a forwarder that are fed what was a stream once.
private struct HostileChain {
    private var model: any ModelEncoder
    private var reader: LayerReader
    private var forwarder: LayerForwarder?
    private var packets: [ModelPacket] = []
    private var kept: [Int64: LayerInfo] = [:]
    private var sent: [Int64: LayerRewrite] = [:]
    private var sequence: Int64 = 0
    private var next: Int64 = 100_000
    private var timestamp: UInt32 = 0
    private(set) var failures: [String] = []
    private(set) var forwarded = 0

    init(_ format: LayerInfo.Format, using random: inout SeededGenerator) {
        reader = LayerReader(format)
        switch format {
        case .vp9:
            model = VP9Model(3, 3, isKeyOnly: true, isFlexible: true, using: &random)
        case .dependencyDescriptor:
            model = DependencyModel(3, 3, isKeyOnly: true, isCustom: true, using: &random)
        default: model = VP8Model(temporalLayers: 3, isLong: true, using: &random)
        }
    }

    mutating func step(using random: inout SeededGenerator) {
        if packets.isEmpty {
            packets = model.nextPicture(
                keyframe: timestamp == 0 || Int.random(in: 0..<40, using: &random) == 0,
                using: &random)
            timestamp &+= 3000
        }
        var packet = packets.removeFirst()
        if Int.random(in: 0..<4, using: &random) == 0 {
            mutate(&packet.payload, using: &random)
            mutate(&packet.descriptor, using: &random)
        }
        next += 1
        sequence = next
        switch Int.random(in: 0..<100, using: &random) {
        case 0: next += Int64.random(in: 0...3000, using: &random)
        case 1: sequence -= Int64.random(in: 0...1200, using: &random)
        case 2...5: sequence -= Int64.random(in: 0...20, using: &random)
        case 6...8: next += Int64.random(in: 0...10, using: &random)
        default: break
        }
        guard kept[sequence] == nil,
            let info = reader.read(
                packet.payload.rawSpan, descriptor: packet.descriptor.rawSpan,
                marker: packet.marker)
        else { return }
        kept[sequence] = info
        if forwarder == nil || Int.random(in: 0..<3000, using: &random) == 0 {
            begin(info)
        }
        if Int.random(in: 0..<20, using: &random) == 0 {
            forwarder?.wanted = LayerTarget(
                spatial: UInt8.random(in: 0...7, using: &random),
                temporal: UInt8.random(in: 0...7, using: &random))
        }
        decide(info, packet)
    }

    private mutating func begin(_ info: LayerInfo) {
        forwarder = LayerForwarder(
            first: info, sequence: sequence, as: forwarder?.nextOutgoing ?? 0,
            wanted: .highest, after: forwarder?.continuity ?? LayerContinuity())
        sent = [:]
    }

    private mutating func decide(_ info: LayerInfo, _ packet: ModelPacket) {
        let decision = forwarder!.decide(
            info, sequence: sequence, timestamp: RTPTimestamp(timestamp),
            structure: reader.structure(for: info))
        guard case .forward(let rewrite) = decision else { return }
        forwarded += 1
        if sent.updateValue(rewrite, forKey: rewrite.sequence) != nil {
            failures.append("\(rewrite.sequence) twice")
        }
        if forwarder!.source(of: rewrite.sequence) != sequence {
            failures.append("\(rewrite.sequence) is not found")
        }
        if forwarder!.repair(info, sequence: sequence) != rewrite {
            failures.append("\(rewrite.sequence) would be sent again differently")
        }
        var writer = ByteWriter(capacity: 2048)
        let size = rewrite.writeDescriptor(
            of: info, payload: packet.payload.rawSpan, into: &writer)
        if size > packet.payload.count || writer.count > size + LayerRewrite.payloadGrowth {
            failures.append("a descriptor of \(size) bytes became one of \(writer.count)")
        }
        guard info.format == .dependencyDescriptor || info.format == .unknownStructure else {
            return
        }
        writer.removeAll()
        rewrite.writeDependencyDescriptor(
            of: info, source: packet.descriptor.rawSpan, into: &writer)
        let told = rewrite.dependencyDescriptorSize(of: info, source: packet.descriptor.rawSpan)
        if writer.count != told { failures.append("\(writer.count) bytes instead of \(told)") }
    }

    private func mutate(_ bytes: inout [UInt8], using random: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
                in: 0...255, using: &random)
        }
        if Int.random(in: 0..<8, using: &random) == 0 {
            bytes.removeLast(Int.random(in: 0...bytes.count, using: &random))
        }
    }
}
