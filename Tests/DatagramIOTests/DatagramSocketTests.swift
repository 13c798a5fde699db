import DatagramIO
import Glibc
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

    /// What came together is handed over together, and is told apart again.
    @Test func coalescedDatagramsAreDatagrams() throws {
        var sender = try DatagramSocket(bindingTo: Self.anyPort)
        var receiver = try DatagramSocket(bindingTo: Self.anyPort, coalesces: true)
        Self.send([900, 900, 900, 300, 1000, 20], to: receiver.localPort, from: &sender)
        var batch = ReceiveBatch(isCoalesced: true)
        receiver.receive(into: &batch)
        var (sizes, marks, sources): ([Int], [UInt8], Set<UInt16>) = ([], [], [])
        for index in 0..<batch.count {
            sizes.append(batch.datagram(index).byteCount)
            marks.append(batch.datagram(index).byte(at: 0))
            sources.insert(batch.source(index).port)
        }
        let (port, counters) = (sender.localPort, receiver.counters)
        #expect(sizes == [900, 900, 900, 300, 1000, 20] && marks == [0, 1, 2, 3, 4, 5])
        #expect(sources == [port] && counters.receiveCalls == 1)
        #expect(counters.datagramsReceived == 6)
    }

    /// A socket without checksums takes no UDP_SEGMENT message (udp(7)); so does a device without
    /// checksum offload.
    @Test func whereSegmentsAreRefusedTheyGoOneByOne() throws {
        var sender = try DatagramSocket(bindingTo: Self.anyPort)
        var receiver = try DatagramSocket(bindingTo: Self.anyPort)
        var on: Int32 = 1
        let noChecksums: Int32 = 11  // SO_NO_CHECK
        let isSet = unsafe setsockopt(
            sender.fileDescriptor, SOL_SOCKET, noChecksums, &on,
            socklen_t(MemoryLayout<Int32>.size))
        #expect(isSet == 0)
        Self.send([900, 900, 900, 300, 1000], to: receiver.localPort, from: &sender)
        #expect(Self.receive(5, on: &receiver).map(\.count) == [900, 900, 900, 300, 1000])
        let counters = sender.counters
        #expect(counters.unsegmented == 1 && counters.sendErrors == 0)
        let isSegmenting = sender.isSegmenting
        #expect(!isSegmenting)
        Self.send([900, 900, 900, 300, 1000], to: receiver.localPort, from: &sender)
        #expect(Self.receive(5, on: &receiver).map { $0[0] } == [0, 1, 2, 3, 4])
        let later = sender.counters
        #expect(later.messagesSent == counters.messagesSent + 5)
        #expect(later.sendCalls == counters.sendCalls + 1)
    }

    /// The kernel takes a part of a call's messages when it refuses one of them: the rest goes with the
    /// next call, and the refused one is counted.
    @Test func whatTheKernelRefusesHoldsNothingUp() throws {
        var sender = try DatagramSocket(bindingTo: Self.anyPort)
        var receiver = try DatagramSocket(bindingTo: Self.anyPort)
        let here = TransportAddress(ipv4: 0x7F00_0001, port: receiver.localPort)
        // A socket that may not broadcast; and no machine has port 0.
        let refused = [
            TransportAddress(ipv4: 0xFFFF_FFFF, port: 9),
            TransportAddress(ipv4: 0x7F00_0001, port: 0),
        ]
        var queue = SendQueue()
        for number in 0..<100 {
            let start = queue.arena.count
            queue.arena.append(repeating: UInt8(number), count: 40 + number)
            queue.commit(from: start, to: number % 10 == 7 ? refused[number / 10 % 2] : here)
        }
        sender.flush(&queue)
        let marks = Self.receive(90, on: &receiver).map { Int($0[0]) }
        #expect(marks == (0..<100).filter { $0 % 10 != 7 })
        let counters = sender.counters
        #expect(counters.sendErrors == 10)
        #expect(counters.messagesSent == 90)
        let isSegmenting = sender.isSegmenting
        #expect(isSegmenting, "nothing was refused for being segmented")
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

    /// A client takes nothing from another address than the one that it sent to.
    @Test(arguments: [
        TransportAddress(ipv4: 0, port: 0), TransportAddress(high: 0, low: 0, port: 0),
    ])
    func answersComeFromTheAddressThatWasAsked(wildcard: TransportAddress) throws {
        var server = try DatagramSocket(bindingTo: wildcard)
        var client = try DatagramSocket(bindingTo: Self.anyPort)
        var batch = ReceiveBatch()
        var queue = SendQueue()
        for host in [0x7F00_0007, 0x7F00_0001, 0x7F00_0009] as [UInt32] {
            let start = queue.arena.count
            queue.arena.append(1 as UInt32)
            queue.commit(
                from: start, to: TransportAddress(ipv4: host, port: server.localPort))
            client.flush(&queue)
            server.receive(into: &batch)
            let (count, source, local) = (batch.count, batch.source(0), batch.local(0))
            #expect(count == 1 && local != .any)
            // Two of one size make one message, whose control data has the size and the address.
            for size in [500, 500, 20] {
                let start = queue.arena.count
                queue.arena.append(repeating: 1, count: size)
                queue.commit(from: start, to: source, via: local)
            }
            server.flush(&queue)
            client.receive(into: &batch)
            let sources = (0..<batch.count).map { batch.source($0) }
            let expected = TransportAddress(ipv4: host, port: server.localPort)
            #expect(sources == [expected, expected, expected])
        }
        let errors = server.counters.sendErrors
        #expect(errors == 0)
    }

    /// A socket with one address needs not be told which.
    @Test func aSocketThatIsBoundToOneAddressNamesNone() throws {
        var sender = try DatagramSocket(bindingTo: Self.anyPort)
        var receiver = try DatagramSocket(bindingTo: Self.anyPort)
        Self.send([10], to: receiver.localPort, from: &sender)
        var batch = ReceiveBatch()
        receiver.receive(into: &batch)
        let local = batch.local(0)
        #expect(local == .any)
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
