import Primitives

@testable import ICE

/// Bytes written in hexadecimal; white space is for people.
func hex(_ text: String) -> [UInt8] {
    let digits = text.filter { !$0.isWhitespace }
    return stride(from: 0, to: digits.count, by: 2).map { offset in
        let start = digits.index(digits.startIndex, offsetBy: offset)
        return UInt8(digits[start..<digits.index(start, offsetBy: 2)], radix: 16)!
    }
}

extension SeededGenerator {
    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }
}

let server = ICECredentials(ufrag: "srv1", password: Redacted("server-password-of-24-ch"))
let client = ICECredentials(ufrag: "cli1", password: Redacted("client-password-of-24-ch"))
let home = TransportAddress(ipv4: 0xC000_0201, port: 5000)
let mobile = TransportAddress(host: "2001:db8::7", port: 6000)!
let relay = TransportAddress(ipv4: 0xCB00_7101, port: 7000)

/// A check as a client sends it, with its mistakes.
struct TestCheck {
    var to = server
    var from = client
    var password: String?
    var transactionID = STUNMessage.TransactionID(high: 1, low: 2)
    var useCandidate = false
    var priority: UInt32 = 1000
    var isControlled = false
    var unknown: [UInt16] = []
    var hasUsername = true
    var hasIntegrity = true

    var bytes: [UInt8] {
        var output = ByteWriter(capacity: 1024)
        let writer = STUNWriter(.request, transactionID: transactionID, into: &output)
        if hasUsername {
            writer.username(
                receiver: Array(to.ufrag.utf8), sender: Array(from.ufrag.utf8), into: &output)
        }
        writer.priority(priority, into: &output)
        if isControlled {
            writer.iceControlled(7, into: &output)
        } else {
            writer.iceControlling(7, into: &output)
        }
        if useCandidate { writer.useCandidate(into: &output) }
        for type in unknown {
            output.append(type)
            output.append(UInt16(3))
            output.append(UInt32(0x0102_0300))
        }
        let key = Array((password ?? to.password.value).utf8)
        writer.finish(&output, key: hasIntegrity ? key : nil)
        return output.array
    }
}

/// What an agent did with a datagram.
struct Answer {
    var outcome: ICEOutcome
    var bytes: [UInt8]

    var message: STUNMessage? { try? STUNMessage(parsing: bytes.rawSpan) }
}

extension LiteAgent {
    mutating func handle(
        _ bytes: [UInt8], from source: TransportAddress = home, at now: Instant = .zero
    ) -> Answer {
        var reply = ByteWriter(capacity: ICELimits.replySize)
        let outcome = receive(bytes.rawSpan, from: source, at: now, reply: &reply)
        return Answer(outcome: outcome, bytes: reply.array)
    }
}

extension ControllingAgent {
    mutating func handle(
        _ bytes: [UInt8], from source: TransportAddress, at now: Instant
    ) -> Answer {
        var reply = ByteWriter(capacity: ICELimits.replySize)
        let outcome = receive(bytes.rawSpan, from: source, at: now, reply: &reply)
        return Answer(outcome: outcome, bytes: reply.array)
    }

    /// The requests that are due.
    mutating func due(at now: Instant) -> [(destination: TransportAddress, bytes: [UInt8])] {
        var requests: [(TransportAddress, [UInt8])] = []
        var output = ByteWriter(capacity: ICELimits.requestSize)
        while let destination = advance(to: now, into: &output) {
            requests.append((destination, output.array))
            output.removeAll()
        }
        return requests
    }
}

func seconds(_ value: Double) -> Instant { Instant(nanoseconds: UInt64(value * 1e9)) }

// The test macros cannot look at spans.
extension STUNMessage {
    init(parsing bytes: [UInt8]) throws(STUNViolation) { try self.init(parsing: bytes.rawSpan) }

    func isAuthentic(_ bytes: [UInt8], key: [UInt8]) -> Bool {
        isAuthentic(bytes.rawSpan, key: key)
    }
}

func localUfrag(in bytes: [UInt8]) -> String? {
    STUN.localUfragRange(in: bytes.rawSpan).map { String(decoding: bytes[$0], as: UTF8.self) }
}
