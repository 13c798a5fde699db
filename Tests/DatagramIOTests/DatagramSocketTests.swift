import DatagramIO
import Primitives
import Testing

@Suite struct DatagramSocketTests {
    private static let anyPort = TransportAddress(ipv4: 0x7F00_0001, port: 0)

    private static func send(_ sizes: [Int], to port: UInt16, from socket: inout DatagramSocket) {
        var queue = SendQueue()
        for (number, size) in sizes.enumerated() {
            let start = queue.arena.count
            queue.arena.append(repeating: UInt8(number), count: size)
            queue.commit(from: start, to: TransportAddress(ipv4: 0x7F00_0001, port: port))
        }
        socket.flush(&queue)
        let isEmpty = queue.isEmpty
        #expect(isEmpty)
    }

    private static func receive(_ count: Int, on socket: inout DatagramSocket) -> [[UInt8]] {
        var batch = ReceiveBatch()
        var found: [[UInt8]] = []
        // Loopback delivers within the send call, so this ends long before the bound.
        for _ in 0..<1000 where found.count < count {
            socket.receive(into: &batch)
            for index in 0..<batch.count { found.append(batch.datagram(index).array) }
        }
        return found
    }

    @Test func segmentedRunsArriveAsSingleDatagrams() throws {
        var sender = try DatagramSocket(bindingTo: Self.anyPort)
        var receiver = try DatagramSocket(bindingTo: Self.anyPort)
        Self.send([900, 900, 900, 300, 1000], to: receiver.localPort, from: &sender)
        let datagrams = Self.receive(5, on: &receiver)
        #expect(datagrams.map(\.count) == [900, 900, 900, 300, 1000])
        #expect(datagrams.map { $0[0] } == [0, 1, 2, 3, 4])
        let counters = sender.counters
        #expect(counters.datagramsSent == 5)
        #expect(counters.messagesSent == 2)
        #expect(counters.sendCalls == 1)
    }

    @Test func sourceAndReceiveTimeAreKnown() throws {
        var sender = try DatagramSocket(bindingTo: Self.anyPort)
        var receiver = try DatagramSocket(bindingTo: Self.anyPort)
        let before = SystemClock.unixNanoseconds()
        Self.send([10], to: receiver.localPort, from: &sender)
        var batch = ReceiveBatch()
        receiver.receive(into: &batch)
        let (count, source, time) = (batch.count, batch.source(0), batch.receiveTime(0))
        let port = sender.localPort
        #expect(count == 1)
        #expect(source == TransportAddress(ipv4: 0x7F00_0001, port: port))
        #expect(try #require(time) >= before - 1_000_000)
    }

    @Test func aTakenPortIsAnError() throws {
        let first = try DatagramSocket(bindingTo: Self.anyPort)
        let taken = TransportAddress(ipv4: 0x7F00_0001, port: first.localPort)
        #expect(throws: SystemError(call: "bind", errno: 98)) {
            _ = try DatagramSocket(bindingTo: taken)
        }
    }

    @Test func oversizedDatagramsComeAsEmpty() throws {
        var sender = try DatagramSocket(bindingTo: Self.anyPort)
        var receiver = try DatagramSocket(bindingTo: Self.anyPort)
        Self.send([3000], to: receiver.localPort, from: &sender)
        #expect(Self.receive(1, on: &receiver) == [[]])
    }
}

@Suite struct ProcessSetupTests {
    @Test func openFilesAreRaisedToTheHardLimitOnce() throws {
        let raised = try #require(ProcessSetup.raiseOpenFiles())
        #expect(raised >= 256)
        #expect(ProcessSetup.raiseOpenFiles() == raised)
    }
}
