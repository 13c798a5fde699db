import Primitives
import Testing

@testable import ICE

@Suite("STUN messages")
struct STUNMessageTests {
    static let request = hex(
        """
        00010058 2112A442 B7E7A701 BC34D686 FA87DFAE
        80220010 5354554E 20746573 7420636C 69656E74
        00240004 6E0001FF 80290008 932FF9B1 51263B36
        00060009 6576746A 3A683676 59202020
        00080014 9AEAA70C BFD8CB56 781EF2B5 B2D3F249 C1B571A2
        80280004 E57A3BCF
        """)
    static let ipv4Response = hex(
        """
        0101003C 2112A442 B7E7A701 BC34D686 FA87DFAE
        8022000B 74657374 20766563 746F7220
        00200008 0001A147 E112A643
        00080014 2B91F599 FD9E90C3 8C7489F9 2AF9BA53 F06BE7D7
        80280004 C07D4C96
        """)
    static let ipv6Response = hex(
        """
        01010048 2112A442 B7E7A701 BC34D686 FA87DFAE
        8022000B 74657374 20766563 746F7220
        00200014 0002A147 0113A9FA A5D3F179 BC25F4B5 BED2B9D9
        00080014 A382954E 4BE67BF1 1784C97C 8292C275 BFE3ED41
        80280004 C8FB0B4C
        """)
    static let key = Array("VOkJxbRl1RmTxUk/WvJxBt".utf8)

    @Test("RFC 5769 2.1: request")
    func sampleRequest() throws {
        let bytes = Self.request
        let message = try STUNMessage(parsing: bytes)
        #expect(message.messageClass == .request && message.method == 1)
        #expect(message.transactionID == .init(high: 0xB7E7_A701, low: 0xBC34_D686_FA87_DFAE))
        #expect(message.priority == 0x6E00_01FF)
        #expect(message.iceControlled == 0x932F_F9B1_5126_3B36)
        #expect(message.iceControlling == nil && !message.useCandidate)
        #expect(message.unknownRequired.isEmpty && message.hasFingerprint)
        let username = try #require(message.username)
        #expect(Array(bytes[username]) == Array("evtj:h6vY".utf8))
        #expect(message.isAuthentic(bytes, key: Self.key))
        #expect(!message.isAuthentic(bytes, key: Self.key + [1]))
        #expect(localUfrag(in: bytes) == "evtj")
        let range = message.localUfrag(in: bytes.rawSpan)
        #expect(range == username.lowerBound..<username.lowerBound + 4)
    }

    @Test(
        "RFC 5769 2.2 and 2.3: responses",
        arguments: [
            (ipv4Response, "192.0.2.1"), (ipv6Response, "2001:db8:1234:5678:11:2233:4455:6677"),
        ])
    func sampleResponses(bytes: [UInt8], host: String) throws {
        let message = try STUNMessage(parsing: bytes)
        #expect(message.messageClass == .success)
        #expect(message.xorMappedAddress == TransportAddress(host: host, port: 32853))
        #expect(message.isAuthentic(bytes, key: Self.key))
        #expect(localUfrag(in: bytes) == nil)
    }

    @Test("What is written is read again")
    func roundTrip() throws {
        for address in [home, mobile] {
            for messageClass in [STUNMessage.Class.request, .indication, .success, .failure] {
                var output = ByteWriter(capacity: 512)
                output.append(UInt8(0xEE))  // messages need not start where the writer does
                let id = STUNMessage.TransactionID(high: 0xFEDC_BA98, low: 0x0123_4567_89AB_CDEF)
                let writer = STUNWriter(messageClass, transactionID: id, into: &output)
                writer.xorMappedAddress(address, into: &output)
                writer.errorCode(487, into: &output)
                writer.iceControlling(9, into: &output)
                writer.useCandidate(into: &output)
                writer.finish(&output, key: [1, 2, 3])
                let bytes = Array(output.array.dropFirst())
                let message = try STUNMessage(parsing: bytes)
                #expect(message.messageClass == messageClass && message.transactionID == id)
                #expect(message.xorMappedAddress == address && message.errorCode == 487)
                #expect(message.iceControlling == 9 && message.useCandidate)
                #expect(message.isAuthentic(bytes, key: [1, 2, 3]))
            }
        }
    }

    @Test("CRC-32 of the check string")
    func crc() {
        let checksum = CRC32.checksum(Array("123456789".utf8).rawSpan)
        #expect(checksum == 0xCBF4_3926)
    }

    @Test("What follows MESSAGE-INTEGRITY is ignored")
    func unprotected() throws {
        var output = ByteWriter(capacity: 512)
        let writer = STUNWriter(
            .request, transactionID: .init(high: 0, low: 0), into: &output)
        writer.priority(5, into: &output)
        writer.finish(&output, key: [1])
        output.truncate(to: output.count - STUN.fingerprintSize)
        writer.useCandidate(into: &output)
        writer.priority(6, into: &output)
        writer.finish(&output, key: nil)
        let message = try STUNMessage(parsing: output.array)
        #expect(!message.useCandidate && message.priority == 5)
        #expect(message.isAuthentic(output.array, key: [1]))
    }

    @Test("A wrong fingerprint, or anything behind it, is no STUN")
    func fingerprint() {
        var bytes = Self.request
        bytes[30] ^= 1
        #expect(throws: STUNViolation.fingerprint) { try STUNMessage(parsing: bytes) }
        bytes = Self.request + hex("00250000")
        bytes[3] += 4
        #expect(throws: STUNViolation.fingerprint) { try STUNMessage(parsing: bytes) }
    }

    @Test("Bad sizes are named")
    func sizes() {
        func violation(_ attributes: String) -> STUNViolation? {
            let body = hex(attributes)
            let bytes =
                [0, 1, UInt8(body.count >> 8), UInt8(body.count & 255)]
                + hex("2112A442 000000000000000000000000") + body
            do throws(STUNViolation) {
                _ = try STUNMessage(parsing: bytes)
                return nil
            } catch {
                return error
            }
        }
        #expect(violation("") == nil)
        #expect(violation("0024") == .header)
        #expect(violation("00240004") == .attribute)
        #expect(violation("00240008 00000000 00000000") == .attribute)
        #expect(violation("80290004 00000000") == .attribute)
        #expect(violation("00080004 00000000") == .attribute)
        #expect(violation("00200008 00030000 00000000") == .attribute)
        #expect(violation("00200014 00010000 00000000 00000000 00000000 00000000") == .attribute)
        #expect(violation("00090004 00000200") == .attribute)
        #expect(violation("00090004 00000463") == nil)
        #expect(violation(String(repeating: "C0010000", count: 32)) == nil)
        #expect(violation(String(repeating: "C0010000", count: 33)) == .attribute)
        #expect(violation("0006FFFF 00000000") == .attribute)
    }

    @Test("Random and mutated bytes give a message or a violation")
    func fuzz() {
        var generator = SeededGenerator(seed: 50)
        let seeds = [Self.request, Self.ipv4Response, Self.ipv6Response, TestCheck().bytes]
        var agent = LiteAgent(local: server, remote: client, createdAt: .zero)
        var controlling = ControllingAgent(
            local: client, remote: server, tieBreaker: 1, remoteCandidates: [home], at: .zero)
        for step in 0..<20_000 {
            var bytes =
                step % 5 == 0 ? generator.bytes(Int(generator.next() % 200)) : seeds[step % 4]
            for _ in 0..<Int(generator.next() % 4) where !bytes.isEmpty {
                bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(
                    truncatingIfNeeded: generator.next())
            }
            if generator.next() % 3 == 0, bytes.count >= 4 {
                bytes.removeLast(Int(generator.next() % UInt64(bytes.count - 3)))
                // Keep the length right, so that the attributes are reached.
                let size = max(0, bytes.count - 20)
                bytes[2] = UInt8(size >> 8)
                bytes[3] = UInt8(size & 255)
            }
            if let message = try? STUNMessage(parsing: bytes) {
                _ = message.isAuthentic(bytes, key: Self.key)
                _ = message.localUfrag(in: bytes.rawSpan)
            }
            _ = STUN.localUfragRange(in: bytes.rawSpan)
            _ = agent.handle(bytes)
            _ = controlling.handle(bytes, from: home, at: .zero)
        }
        // What was left as it is comes from somebody who has the password.
        #expect([nil, home].contains(agent.selected) && controlling.selected == nil)
    }
}
