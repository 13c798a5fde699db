internal import CPlatform
package import Primitives

/// Memory for one batch of received datagrams, allocated once and filled again and again.
@safe
package struct ReceiveBatch: ~Copyable {
    /// How many datagrams the last receive brought.
    package private(set) var count = 0
    private let table: MessageTable
    private var sources: [TransportAddress]
    private var locals: [LocalAddress]

    package init() {
        table = MessageTable(
            count: Limits.receiveBatch, bytesPerMessage: Limits.datagramCapacity)
        sources = Array(
            repeating: TransportAddress(ipv4: 0, port: 0), count: Limits.receiveBatch)
        locals = Array(repeating: .any, count: Limits.receiveBatch)
    }

    /// One recvmmsg call. An error (nothing waits, an ICMP answer to something sent) is an empty batch.
    ///
    /// - Parameter known: names the addresses that the datagrams came to.
    mutating func fill(from fileDescriptor: Int32, naming known: inout LocalAddressReader) {
        table.prepareToReceive()
        let result = unsafe c_rostrum_receive(
            fileDescriptor, table.messages, UInt32(Limits.receiveBatch))
        count = Int(max(0, result))
        for index in 0..<count {
            sources[index] = unsafe TransportAddress(table.names[index])
            locals[index] = name(index, in: &known)
        }
    }

    /// The local address that a datagram came to; ``LocalAddress/any`` when the socket has only one,
    /// or has had more than it can name.
    private func name(_ index: Int, in known: inout LocalAddressReader) -> LocalAddress {
        var raw = c_rostrum_address()
        guard unsafe c_rostrum_receive_local(table.messages + index, &raw) == 0 else {
            return .any
        }
        return known.name(TransportAddress(raw))
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

    /// The address of this machine that a datagram came to, to be answered from.
    package func local(_ index: Int) -> LocalAddress { locals[index] }

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
