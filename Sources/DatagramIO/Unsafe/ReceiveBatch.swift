internal import CPlatform
package import Primitives

/// Memory for one batch of received datagrams, allocated once and filled again and again.
@safe
package struct ReceiveBatch: ~Copyable {
    /// Where a datagram lies: in a message of its own, or with others of its source in one.
    private struct Place {
        var message: Int
        var offset: Int
        var size: Int
    }

    /// How many datagrams the last receive brought.
    package var count: Int { places.count }
    /// Whether there may be more where these came from.
    package private(set) var isFull = false
    private let table: MessageTable
    private let messages: Int
    private let capacity: Int
    private var places: [Place] = []
    private var sources: [TransportAddress]
    private var locals: [LocalAddress]

    /// - Parameter isCoalesced: for a socket that coalesces.
    package init(isCoalesced: Bool = false) {
        messages = isCoalesced ? Limits.coalescedBatch : Limits.receiveBatch
        capacity = isCoalesced ? Limits.coalescedCapacity : Limits.datagramCapacity
        table = MessageTable(count: messages, bytesPerMessage: capacity)
        places.reserveCapacity(messages * (isCoalesced ? Limits.segmentsPerMessage : 1))
        sources = Array(repeating: TransportAddress(ipv4: 0, port: 0), count: messages)
        locals = Array(repeating: .any, count: messages)
    }

    /// One recvmmsg call. An error (nothing waits, an ICMP answer to something sent) is an empty batch.
    ///
    /// - Parameter known: names the addresses that the datagrams came to.
    mutating func fill(from fileDescriptor: Int32, naming known: inout LocalAddressReader) {
        table.prepareToReceive()
        let result = unsafe c_rostrum_receive(fileDescriptor, table.messages, UInt32(messages))
        places.removeAll(keepingCapacity: true)
        isFull = Int(result) == messages
        for message in 0..<Int(max(0, result)) {
            sources[message] = unsafe TransportAddress(table.names[message])
            locals[message] = name(message, in: &known)
            divide(message)
        }
    }

    /// Notes where the datagrams of a message lie.
    private mutating func divide(_ message: Int) {
        let size = size(ofMessage: message)
        let segment = Int(unsafe c_rostrum_receive_segment(table.messages + message))
        guard segment > 0, segment < size else {
            places.append(Place(message: message, offset: 0, size: size))
            return
        }
        for offset in stride(from: 0, to: size, by: segment) {
            places.append(
                Place(message: message, offset: offset, size: min(segment, size - offset)))
        }
    }

    /// The local address that a message came to; ``LocalAddress/any`` when the socket has only one,
    /// or has had more than it can name.
    private func name(_ message: Int, in known: inout LocalAddressReader) -> LocalAddress {
        var raw = c_rostrum_address()
        guard unsafe c_rostrum_receive_local(table.messages + message, &raw) == 0 else {
            return .any
        }
        return known.name(TransportAddress(raw))
    }

    /// The bytes of a datagram of the batch.
    @_lifetime(borrow self)
    package func datagram(_ index: Int) -> RawSpan {
        let place = places[index]
        precondition(place.offset + place.size <= capacity)
        // Sound because the slab lives as long as the batch and is only written by `fill(from:)`,
        // which needs exclusive access.
        let start = unsafe table.slab + place.message * capacity + place.offset
        let span = unsafe RawSpan(
            _unsafeBytes: UnsafeRawBufferPointer(start: start, count: place.size))
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    package func source(_ index: Int) -> TransportAddress { sources[places[index].message] }

    /// The address of this machine that a datagram came to, to be answered from.
    package func local(_ index: Int) -> LocalAddress { locals[places[index].message] }

    /// When the kernel received the datagram, in nanoseconds of Unix time; `nil` when it did not say.
    package func receiveTime(_ index: Int) -> Int64? {
        let time = unsafe c_rostrum_receive_time(table.messages + places[index].message)
        return time == 0 ? nil : time
    }

    func size(of index: Int) -> Int { places[index].size }

    private func size(ofMessage index: Int) -> Int {
        let message = unsafe table.messages[index]
        // MSG_TRUNC: larger than any datagram we accept.
        return unsafe message.flags & 0x20 != 0 ? 0 : Int(message.length)
    }
}
