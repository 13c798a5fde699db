import Primitives
import Testing

@Suite("Byte writer and readers")
struct BytesTests {
    @Test("integers are written and read in network order")
    func integers() {
        var writer = ByteWriter(capacity: 32)
        writer.append(0x01 as UInt8)
        writer.append(0x0203 as UInt16)
        writer.append(uint24: 0xFF04_0506)
        writer.append(0x0708_090A as UInt32)
        writer.append(0x0B0C_0D0E_0F10_1112 as UInt64)
        #expect(writer.array == Array(1...18))
        let bytes = writer.bytes
        #expect(bytes.byte(at: 0) == 1)
        #expect(bytes.uint16(at: 1) == 0x0203)
        #expect(bytes.uint24(at: 3) == 0x04_0506)
        #expect(bytes.uint32(at: 6) == 0x0708_090A)
        #expect(bytes.uint64(at: 10) == 0x0B0C_0D0E_0F10_1112)
    }

    @Test("what is written can be changed, cut and forgotten")
    func changes() {
        var writer = ByteWriter(capacity: 16)
        writer.append(contentsOf: [1, 2, 3])
        writer.append(repeating: 9, count: 5)
        writer.set(0xAABB as UInt16, at: 1)
        writer.set(0x0102_0304 as UInt32, at: 4)
        writer.set(7 as UInt8, at: 0)
        #expect(writer.array == [7, 0xAA, 0xBB, 9, 1, 2, 3, 4])
        #expect(writer.bytes(in: 4..<6).array == [1, 2])
        #expect(writer.remaining == 8)
        writer.truncate(to: 2)
        #expect(writer.array == [7, 0xAA])
        writer.removeAll()
        #expect(writer.count == 0 && writer.array.isEmpty)
        let nothing: [UInt8] = []
        writer.append(nothing.rawSpan)
        #expect(writer.count == 0)
    }

    @Test("text is read leniently")
    func text() {
        let bytes: [UInt8] = [0x68, 0x69, 0xFF]
        #expect(bytes.rawSpan.utf8String == "hi\u{FFFD}")
    }
}

@Suite("Small values")
struct SmallValueTests {
    @Test("a data rate is bits over time")
    func dataRate() {
        #expect(DataRate(bytes: 125, in: .milliseconds(1)) == .kilobitsPerSecond(1000))
        #expect(DataRate(bytes: 125, in: .zero) == .zero)
        #expect(DataRate(bytes: 125, in: .seconds(-1)) == .zero)
        #expect(DataRate.zero < .kilobitsPerSecond(1))
    }

    @Test("a seed gives the same ids again, of the right shape")
    func identifiers() {
        var one = SeededGenerator(seed: 42)
        var other = SeededGenerator(seed: 42)
        let stage = StageID.random(using: &one)
        #expect(stage == StageID.random(using: &other))
        #expect(stage != StageID.random(using: &one))
        #expect(stage.rawValue.utf8.count == 12)
        let session = StageSessionID.random(using: &one).rawValue
        #expect(session.hasPrefix("st-") && session.utf8.count == 16)
        let resource = ResourceID.random(using: &one).rawValue
        #expect(resource.utf8.count == 22)
        #expect(resource.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) })
    }

    @Test("a secret does not print")
    func redacted() {
        let secret = Redacted("hunter2")
        #expect("\(secret)" == "<redacted>")
        #expect(String(reflecting: secret) == "<redacted>")
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!dumped.contains("hunter2"))
        #expect(secret.value == "hunter2")
    }
}
