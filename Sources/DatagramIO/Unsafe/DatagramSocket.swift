internal import CPlatform
package import Primitives

/// A system call failed: its name and errno.
package struct SystemError: Error, Hashable, Sendable {
    package var call: String
    package var errno: Int32

    package init(call: String, errno: Int32) {
        self.call = call
        self.errno = errno
    }

    /// Throws for a result that is `-errno`; returns any other.
    @discardableResult
    static func check(_ result: Int32, _ call: String) throws(SystemError) -> Int32 {
        guard result >= 0 else { throw SystemError(call: call, errno: -result) }
        return result
    }
}

/// Counts of what a socket did. `sendErrors` are datagrams that the kernel refused.
package struct SocketCounters: Hashable, Sendable {
    package var receiveCalls: UInt64 = 0
    package var datagramsReceived: UInt64 = 0
    package var bytesReceived: UInt64 = 0
    package var truncated: UInt64 = 0
    package var sendCalls: UInt64 = 0
    package var messagesSent: UInt64 = 0
    package var datagramsSent: UInt64 = 0
    package var bytesSent: UInt64 = 0
    package var sendErrors: UInt64 = 0
    /// Sockets whose way out takes no UDP_SEGMENT messages: each datagram is a message of its own.
    package var unsegmented: UInt64 = 0
    package init() {}

    package static func += (sum: inout SocketCounters, other: SocketCounters) {
        for counter in all { sum[keyPath: counter] += other[keyPath: counter] }
    }

    private static let all: [any WritableKeyPath<SocketCounters, UInt64> & Sendable] = [
        \.receiveCalls, \.datagramsReceived, \.bytesReceived, \.truncated, \.sendCalls,
        \.messagesSent, \.datagramsSent, \.bytesSent, \.sendErrors, \.unsegmented,
    ]
}

/// A UDP socket with batches in both directions, used by one thread.
///
/// Receiving fills a ``ReceiveBatch``, one system call for up to ``Limits/receiveBatch`` datagrams.
/// Sending goes through ``flush(_:)``, one system call for up to
/// ``Limits/sendBatch`` messages of up to ``Limits/segmentsPerMessage`` datagrams each.
@safe
package struct DatagramSocket: ~Copyable, DatagramSink {
    package let fileDescriptor: Int32
    package let localPort: UInt16
    package private(set) var counters = SocketCounters()

    private let isIPv6: Bool
    /// Until the kernel has once refused a segmented message whose datagrams it took one by one.
    package private(set) var isSegmenting = true
    /// Of the messages to send; 0 for one that is a datagram.
    private var segments = [Int](repeating: 0, count: Limits.sendBatch)
    private let outgoing: MessageTable
    /// The addresses that datagrams came to. Not used by a socket that is bound to one.
    private var locals: LocalAddressReader

    /// Opens and binds. - Throws: ``SystemError`` from `socket` or `bind` (EADDRINUSE: port taken).
    ///
    /// - Parameters:
    ///   - isShared: whether other sockets that share may have the port, too, each for a thread of its
    ///     own. ``steer(among:)`` says which of them a client finds.
    ///   - coalesces: whether the kernel may hand over datagrams of one source that came together as
    ///     one message (UDP_GRO). Its ``ReceiveBatch`` must expect it.
    ///   - book: names the addresses of this machine; the same for all that share.
    package init(
        bindingTo address: TransportAddress, isShared: Bool = false, coalesces: Bool = false,
        book: LocalAddressBook = LocalAddressBook()
    ) throws(SystemError) {
        var raw = c_rostrum_address(address)
        var isIPv6: Int32 = 0
        fileDescriptor = try SystemError.check(
            unsafe c_rostrum_udp_open(
                &raw, Int32(Limits.socketBufferBytes), isShared ? 1 : 0, &isIPv6), "bind")
        self.isIPv6 = isIPv6 != 0
        localPort = UInt16(truncatingIfNeeded: c_rostrum_udp_local_port(fileDescriptor))
        // A kernel that does not know it hands datagrams over one by one.
        if coalesces { _ = c_rostrum_udp_coalesce(fileDescriptor) }
        locals = LocalAddressReader(book)
        outgoing = MessageTable(count: Limits.sendBatch, bytesPerMessage: 0)
    }

    /// Gives each source of datagrams one of the `count` sockets that share this one's port, in the
    /// order in which they were opened. Without, the kernel does as it likes.
    package func steer(among count: Int) throws(SystemError) {
        try SystemError.check(
            c_rostrum_udp_steer(fileDescriptor, UInt32(count)), "setsockopt")
    }

    deinit { c_rostrum_close(fileDescriptor) }

    /// Takes what waits in the socket, as much as the batch has room for; nothing when nothing waits.
    /// What the batch held before is gone.
    package mutating func receive(into batch: inout ReceiveBatch) {
        counters.receiveCalls += 1
        batch.fill(from: fileDescriptor, naming: &locals)
        for index in 0..<batch.count { counters.bytesReceived += UInt64(batch.size(of: index)) }
        counters.datagramsReceived += UInt64(batch.count)
    }

    @discardableResult
    package mutating func flush(_ queue: inout SendQueue) -> Instant {
        var next = 0
        while next < queue.entries.count {
            next = fillMessages(from: queue, at: next)
        }
        queue.removeAll()
        return SystemClock.now()
    }

    /// Fills as many messages as one call takes, sends them, and returns the next entry's index.
    private mutating func fillMessages(from queue: borrowing SendQueue, at start: Int) -> Int {
        var entry = start
        var message = 0
        while entry < queue.entries.count, message < Limits.sendBatch {
            let run = isSegmenting ? queue.runLength(from: entry) : 1
            let first = queue.entries[entry]
            let last = queue.entries[entry + run - 1]
            let size = last.offset + last.size - first.offset
            segments[message] = run > 1 ? first.size : 0
            unsafe outgoing.fill(
                message, base: queue.arena.baseAddress + first.offset, size: size,
                segment: segments[message], to: first.destination,
                from: locals.address(first.local),
                isIPv6: isIPv6)
            counters.datagramsSent += UInt64(run)
            counters.bytesSent += UInt64(size)
            entry += run
            message += 1
        }
        send(count: message)
        return entry
    }

    /// Sends the first `count` messages. A message that the kernel refuses (an unreachable peer, a
    /// full buffer) is counted and skipped: media has no use for late packets.
    private mutating func send(count: Int) {
        var sent = 0
        while sent < count {
            counters.sendCalls += 1
            let result = unsafe c_rostrum_send(
                fileDescriptor, outgoing.messages + sent, UInt32(count - sent))
            if result > 0 {
                sent += Int(result)
                counters.messagesSent += UInt64(result)
            } else {
                if !(Self.refusesSegments(-result) && sendSegments(of: sent)) {
                    counters.sendErrors += 1
                }
                sent += 1
            }
        }
    }

    /// A device without checksum offload says EIO, a socket that may not EINVAL, and a queue that does
    /// not take so much at once ENOBUFS.
    private static func refusesSegments(_ errno: Int32) -> Bool {
        errno == 5 || errno == 22 || errno == 105
    }

    /// Sends a refused message's datagrams one by one. When the kernel takes them, it was the
    /// segmentation that it refused, and there is no more of it on this socket.
    /// - Returns: whether it took them.
    private mutating func sendSegments(of message: Int) -> Bool {
        guard segments[message] > 0 else { return false }
        for _ in 0..<outgoing.splitOff(message, segment: segments[message]) {
            counters.sendCalls += 1
            let result = unsafe c_rostrum_send(fileDescriptor, outgoing.messages + message, 1)
            guard result == 1 else { return false }
            counters.messagesSent += 1
            outgoing.advance(message, by: segments[message])
        }
        if isSegmenting { counters.unsegmented += 1 }
        isSegmenting = false
        return true
    }
}
