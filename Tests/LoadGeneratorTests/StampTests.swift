import LoadGenerator
import Primitives
import Testing

@Suite struct StampTests {
    @Test func whatIsWrittenIsRead() {
        let stamp = Stamp(sentAt: Instant(nanoseconds: 0x0102_0304_0506_0708), counter: 77)
        var writer = ByteWriter(capacity: 64)
        writer.append(contentsOf: [1, 2, 3])
        stamp.write(into: &writer)
        #expect(writer.count == 3 + Stamp.size)
        #expect(Stamp(endOf: writer.bytes) == stamp)
    }

    @Test(arguments: [0, 19, 20, 40])
    func aPayloadWithoutStampHasNone(size: Int) {
        let payload = [UInt8](repeating: 0x5A, count: size)
        #expect(Stamp(endOf: payload.rawSpan) == nil)
    }
}
