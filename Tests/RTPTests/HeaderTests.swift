import Primitives
import RTP
import Testing

@Suite("RTP headers")
struct RTPHeaderTests {
    /// Marker, payload type 96, sequence number 0x1234, one contributor, an extension of two words,
    /// four bytes of payload, four of padding.
    static let packet: [UInt8] = [
        0xB1, 0xE0, 0x12, 0x34, 0, 0, 0, 1, 0xDE, 0xAD, 0xBE, 0xEF,
        0, 0, 0, 7,
        0xBE, 0xDE, 0, 2, 0x10, 0xAA, 0x00, 0x32, 1, 2, 3, 0x00,
        9, 9, 9, 9, 0, 0, 0, 4,
    ]

    @Test("are read with offsets into the packet")
    func parsing() throws {
        let header = try RTPHeader(parsing: Self.packet.rawSpan)
        #expect(header.marker && header.payloadType == 96)
        #expect(header.sequenceNumber == SequenceNumber(0x1234))
        #expect(header.timestamp == RTPTimestamp(1) && header.ssrc == SSRC(0xDEAD_BEEF))
        #expect(header.csrcCount == 1)
        #expect(header.contributor(at: 0, in: Self.packet.rawSpan) == SSRC(7))
        #expect(header.extensionProfile == 0xBEDE && header.extensionElements == 20..<28)
        #expect(header.size == 28 && header.payload == 28..<32)
        #expect(header.paddingCount == 4 && header.payloadEnd == 32)
    }

    @Test("of encrypted packets are read without their padding")
    func headerOnly() throws {
        let header = try RTPHeader(parsingHeaderOf: Self.packet.rawSpan)
        #expect(header.size == 28 && header.payloadEnd == 36)
        #expect(header.hasPadding && header.paddingCount == 0)
    }

    @Test("a packet may be only padding, as probes are")
    func onlyPadding() throws {
        let packet: [UInt8] = [0xA0, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2]
        let header = try RTPHeader(parsing: packet.rawSpan)
        #expect(header.payload.isEmpty && header.paddingCount == 2)
    }

    @Test(
        "that are malformed are refused",
        arguments: [
            ([], .tooShort),
            ([0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0], .tooShort),
            ([0x40, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1], .version),
            ([0x81, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0], .contributors),
            ([0x90, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0xBE, 0xDE, 0], .headerExtension),
            ([0x90, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0xBE, 0xDE, 0, 1], .headerExtension),
            ([0xA0, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1], .padding),
            ([0xA0, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0], .padding),
            ([0xA0, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 2], .padding),
        ] as [([UInt8], RTPViolation)])
    func refusing(packet: [UInt8], violation: RTPViolation) {
        #expect(throws: violation) { _ = try RTPHeader(parsing: packet.rawSpan) }
    }

    @Test("are written as they are read")
    func writing() throws {
        var writer = ByteWriter(capacity: 100)
        RTPHeaderWriter.write(
            marker: true, payloadType: 111, sequenceNumber: SequenceNumber(65535),
            timestamp: RTPTimestamp(0xFFFF_0000), ssrc: SSRC(42), hasExtension: true,
            into: &writer)
        let mid: [UInt8] = Array("0".utf8)
        let mark = RTPHeaderWriter.beginExtensions(into: &writer)
        RTPHeaderWriter.appendElement(id: 1, mid.rawSpan, into: &writer)
        RTPHeaderWriter.appendElement(id: 3, 0xABCD as UInt16, into: &writer)
        RTPHeaderWriter.appendElement(id: 14, uint24: 0x01_0203, into: &writer)
        RTPHeaderWriter.appendElement(id: 5, 0x81 as UInt8, into: &writer)
        RTPHeaderWriter.appendElement(id: 6, 0x0102_0304_0506_0708 as UInt64, into: &writer)
        RTPHeaderWriter.endExtensions(begunAt: mark, into: &writer)
        writer.append(0x55 as UInt8)
        let header = try RTPHeader(parsing: writer.bytes)
        #expect(header.marker && header.payloadType == 111 && header.ssrc == SSRC(42))
        #expect(header.timestamp == RTPTimestamp(0xFFFF_0000))
        #expect(header.payload == 36..<37)
        let packet = writer.array
        func value(_ id: UInt8) -> [UInt8]? {
            HeaderExtensions.find(id, in: packet.rawSpan, header: header).map { Array(packet[$0]) }
        }
        #expect(value(1) == mid)
        #expect(value(3) == [0xAB, 0xCD])
        #expect(value(14) == [1, 2, 3])
        #expect(value(5) == [0x81])
        #expect(value(6) == [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(value(2) == nil)
    }

    @Test("with values that only the two-byte form holds", arguments: [0, 1, 16, 17, 254, 255])
    func twoByteForm(size: Int) throws {
        let long = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
        var writer = ByteWriter(capacity: 400)
        RTPHeaderWriter.write(
            marker: false, payloadType: 45, sequenceNumber: SequenceNumber(7),
            timestamp: RTPTimestamp(1), ssrc: SSRC(2), hasExtension: true, into: &writer)
        let mark = RTPHeaderWriter.beginExtensions(.twoByte, into: &writer)
        RTPHeaderWriter.appendElement(id: 200, long.rawSpan, form: .twoByte, into: &writer)
        RTPHeaderWriter.appendElement(id: 3, 0xABCD as UInt16, form: .twoByte, into: &writer)
        RTPHeaderWriter.endExtensions(begunAt: mark, into: &writer)
        writer.append(0x55 as UInt8)
        let packet = writer.array
        let header = try RTPHeader(parsing: packet.rawSpan)
        #expect(header.extensionProfile == 0x1000 && header.payload.count == 1)
        #expect(header.size == 16 + (size + 2 + 4 + 3) / 4 * 4)
        let first = HeaderExtensions.find(200, in: packet.rawSpan, header: header)
        #expect(first.map { Array(packet[$0]) } == long)
        let second = HeaderExtensions.find(3, in: packet.rawSpan, header: header)
        #expect(second.map { Array(packet[$0]) } == [0xAB, 0xCD])
    }

    @Test("in the form that was negotiated, and in none where the value is too large for it")
    func forms() {
        #expect(HeaderExtensionForms.oneByte.form(largest: 16) == .oneByte)
        #expect(HeaderExtensionForms.oneByte.form(largest: 17) == nil)
        #expect(HeaderExtensionForms.mixed.form(largest: 16) == .oneByte)
        #expect(HeaderExtensionForms.mixed.form(largest: 17) == .twoByte)
        #expect(HeaderExtensionForms.mixed.form(largest: 256) == nil)
        #expect(HeaderExtensionForms.twoByte.form(largest: 1) == .twoByte)
        #expect(HeaderExtensionForms.twoByte.form(largest: 256) == nil)
    }

    @Test("an extension block without elements is empty")
    func emptyBlock() throws {
        var writer = ByteWriter(capacity: 20)
        RTPHeaderWriter.write(
            marker: false, payloadType: 0, sequenceNumber: SequenceNumber(0),
            timestamp: RTPTimestamp(0), ssrc: SSRC(0), hasExtension: true, into: &writer)
        let mark = RTPHeaderWriter.beginExtensions(into: &writer)
        RTPHeaderWriter.endExtensions(begunAt: mark, into: &writer)
        let header = try RTPHeader(parsing: writer.bytes)
        #expect(header.size == 16 && header.extensionElements.isEmpty)
    }

    @Test("timestamps wrap")
    func timestamps() {
        let old = RTPTimestamp(0xFFFF_FFFF)
        #expect(old.advanced(by: 3000) == RTPTimestamp(2999))
        #expect(RTPTimestamp(2).advanced(by: -3) == old)
        #expect(RTPTimestamp(2).distance(from: old) == 3)
        #expect(RTPTimestamp(2).isNewer(than: old) && !old.isNewer(than: RTPTimestamp(2)))
    }
}

@Suite("Header extension elements")
struct HeaderExtensionTests {
    private func elements(profile: UInt16, _ body: [UInt8]) throws -> [[UInt8]] {
        var writer = ByteWriter(capacity: 200)
        RTPHeaderWriter.write(
            marker: false, payloadType: 96, sequenceNumber: SequenceNumber(1),
            timestamp: RTPTimestamp(0), ssrc: SSRC(1), hasExtension: true, into: &writer)
        writer.append(profile)
        writer.append(UInt16(body.count / 4))
        writer.append(contentsOf: body)
        let header = try RTPHeader(parsing: writer.bytes)
        var cursor = HeaderExtensionCursor(header)
        var found: [[UInt8]] = []
        while let element = cursor.next(in: writer.bytes) {
            found.append([element.id] + writer.array[element.value])
        }
        #expect(cursor.next(in: writer.bytes) == nil)
        return found
    }

    @Test(
        "are walked with both header forms",
        arguments: [
            (0xBEDE, [0x10, 7, 0, 0, 0x21, 8, 9, 0], [[1, 7], [2, 8, 9]]),
            (0xBEDE, [0x10, 7, 0xF0, 1, 0x21, 8, 9, 0], [[1, 7]]),  // id 15 ends the walk
            (0xBEDE, [0x01, 7, 7, 0, 0x21, 8, 9, 0], []),  // so does id 0 with a length
            (0xBEDE, [0x10, 7, 0x13, 1], [[1, 7]]),  // cut short
            (0x1000, [1, 0, 2, 1, 9, 0, 0, 0], [[1], [2, 9]]),
            (0x100F, [200, 2, 3, 4], [[200, 3, 4]]),
            (0x1000, [1, 3, 2, 1], []),  // cut short
            (0x1000, [0, 0, 0, 5], []),  // cut short
            (0x2000, [1, 1, 2, 0], []),  // an unknown profile
        ] as [(UInt16, [UInt8], [[UInt8]])])
    func walking(profile: UInt16, body: [UInt8], expected: [[UInt8]]) throws {
        #expect(try elements(profile: profile, body) == expected)
    }

    @Test("URIs are distinct")
    func uris() {
        #expect(Set(HeaderExtensionURI.allCases.map(\.rawValue)).count == 10)
    }
}

@Suite("Telling datagrams apart")
struct RTPClassifierTests {
    @Test(
        "by the first two bytes",
        arguments: [
            ([0, 1], .stun), ([3, 0], .stun), ([4, 0], .unknown), ([19, 0], .unknown),
            ([20, 254], .dtls), ([63, 254], .dtls), ([64, 0], .turnChannel),
            ([79, 255], .turnChannel), ([80, 0], .unknown), ([127, 0], .unknown),
            ([128, 0], .rtp), ([0x90, 96], .rtp), ([0x80, 0xE0], .rtp), ([0x80, 63], .rtp),
            ([0x80, 200], .rtcp), ([0x81, 201], .rtcp), ([0x8F, 205], .rtcp), ([0x80, 207], .rtcp),
            ([0x80, 192], .rtcp), ([0x80, 223], .rtcp), ([0x80, 0xE0], .rtp),
            ([192, 0], .unknown), ([255, 255], .unknown), ([0x80], .unknown), ([], .unknown),
        ] as [([UInt8], DatagramKind)])
    func kinds(bytes: [UInt8], kind: DatagramKind) {
        #expect(RTPClassifier.classify(bytes.rawSpan) == kind)
    }
}
