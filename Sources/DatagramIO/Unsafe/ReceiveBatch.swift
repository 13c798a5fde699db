internal import CPlatform
package import Primitives

/// Memory for one batch of received datagrams, allocated once and filled again and again.
@safe
package struct ReceiveBatch: ~Copyable {
    /// How many datagrams the last receive brought.
    package private(set) var count = 0
    private let table: MessageTable
    private var sources: [TransportAddress]

    package init() {
        table = MessageTable(
            count: Limits.receiveBatch, bytesPerMessage: Limits.datagramCapacity)
        sources = Array(
            repeating: TransportAddress(ipv4: 0, port: 0), count: Limits.receiveBatch)
    }

    /// One recvmmsg call. An error (nothing waits, an ICMP answer to something sent) is an empty batch.
    mutating func fill(from fileDescriptor: Int32) {
        table.prepareToReceive()
        let result = unsafe c_rostrum_receive(
            fileDescriptor, table.messages, UInt32(Limits.receiveBatch))
        count = Int(max(0, result))
        for index in 0..<count {
            sources[index] = unsafe TransportAddress(table.names[index])
        }
    }

    /// The bytes of a datagram of the batch.
    @_lifetime(borrow self)
    package func datagram(_ index: Int) -> RawSpan {
        precondition(index >= 0 && index < Limits.receiveBatch)
        // Sound because the slab lives as long as the batch and is only written by `fill(from:)`,
        // which needs exclusive access.
        let start = unsafe table.slab + index * Limits.datagramCapacity
        let span = unsafe RawSpan(
            _unsafeBytes: UnsafeRawBufferPointer(start: start, count: size(of: index)))
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    package func source(_ index: Int) -> TransportAddress { sources[index] }

    /// When the kernel received the datagram, in nanoseconds of Unix time; `nil` when it did not say.
    package func receiveTime(_ index: Int) -> Int64? {
        precondition(index >= 0 && index < Limits.receiveBatch)
        let time = unsafe c_rostrum_receive_time(table.messages + index)
        return time == 0 ? nil : time
    }

    func size(of index: Int) -> Int {
        let message = unsafe table.messages[index]
        // MSG_TRUNC: larger than any datagram we accept.
        return unsafe message.flags & 0x20 != 0 ? 0 : Int(message.length)
    }
}
