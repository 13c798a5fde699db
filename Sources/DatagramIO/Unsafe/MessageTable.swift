internal import CPlatform
internal import Primitives

/// The kernel's view of a batch: message headers, vectors, names and control data that point into
/// each other, allocated once.
@safe
final class MessageTable {
    let messages: UnsafeMutablePointer<c_rostrum_message>
    let names: UnsafeMutablePointer<c_rostrum_sockaddr>
    let slab: UnsafeMutableRawPointer
    private let vectors: UnsafeMutablePointer<c_rostrum_iovec>
    private let controls: UnsafeMutablePointer<c_rostrum_control>
    private let count: Int
    /// What is left of the messages that are sent in pieces.
    private var remainders: [Int]

    init(count: Int, bytesPerMessage: Int) {
        self.count = count
        remainders = Array(repeating: 0, count: count)
        unsafe messages = .allocate(capacity: count)
        unsafe names = .allocate(capacity: count)
        unsafe vectors = .allocate(capacity: count)
        unsafe controls = .allocate(capacity: count)
        unsafe slab = .allocate(byteCount: max(64, count * bytesPerMessage), alignment: 64)
        unsafe messages.initialize(repeating: c_rostrum_message(), count: count)
        unsafe names.initialize(repeating: c_rostrum_sockaddr(), count: count)
        unsafe controls.initialize(repeating: c_rostrum_control(), count: count)
        for index in 0..<count {
            unsafe (vectors + index).initialize(
                to: c_rostrum_iovec(
                    base: slab + index * bytesPerMessage, length: bytesPerMessage))
            unsafe messages[index].name = UnsafeMutableRawPointer(names + index)
            unsafe messages[index].vectors = vectors + index
            unsafe messages[index].vector_count = 1
        }
    }

    deinit {
        unsafe messages.deallocate()
        unsafe names.deallocate()
        unsafe vectors.deallocate()
        unsafe controls.deallocate()
        unsafe slab.deallocate()
    }

    /// The kernel shortened these lengths to what it wrote last time.
    func prepareToReceive() {
        for index in 0..<count {
            unsafe messages[index].name_length = UInt32(MemoryLayout<c_rostrum_sockaddr>.size)
            unsafe messages[index].control = UnsafeMutableRawPointer(controls + index)
            unsafe messages[index].control_length = MemoryLayout<c_rostrum_control>.size
            unsafe messages[index].flags = 0
        }
    }

    @unsafe
    func fill(
        _ index: Int, base: UnsafeMutableRawPointer, size: Int, segment: Int,
        to destination: TransportAddress, from local: TransportAddress?, isIPv6: Bool
    ) {
        var address = c_rostrum_address(destination)
        unsafe messages[index].name_length = c_rostrum_sockaddr_encode(
            &address, isIPv6 ? 1 : 0, names + index)
        unsafe vectors[index] = c_rostrum_iovec(base: base, length: size)
        guard let local else {
            return unsafe c_rostrum_set_control(
                messages + index, controls + index, UInt16(segment), nil, 0)
        }
        var source = c_rostrum_address(local)
        unsafe c_rostrum_set_control(
            messages + index, controls + index, UInt16(segment), &source, isIPv6 ? 1 : 0)
    }

    /// Makes a segmented message its first segment alone. - Returns: how many segments it has.
    func splitOff(_ index: Int, segment: Int) -> Int {
        let size = unsafe vectors[index].length
        unsafe c_rostrum_clear_segments(messages + index)
        unsafe vectors[index].length = min(segment, size)
        remainders[index] = size
        return (size + segment - 1) / segment
    }

    /// Goes on to the next segment.
    func advance(_ index: Int, by segment: Int) {
        remainders[index] -= segment
        unsafe vectors[index].base += segment
        unsafe vectors[index].length = max(0, min(segment, remainders[index]))
    }
}

extension c_rostrum_address {
    init(_ address: TransportAddress) {
        self.init()
        port = address.port
        unsafe withUnsafeMutableBytes(of: &bytes) { target in
            unsafe target.storeBytes(of: address.high.bigEndian, as: UInt64.self)
            unsafe target.storeBytes(
                of: address.low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
    }
}

extension TransportAddress {
    /// An address of a family that we do not know becomes 0.0.0.0:0, from which nothing is accepted.
    init(_ name: c_rostrum_sockaddr) {
        var name = name
        var address = c_rostrum_address()
        guard unsafe c_rostrum_sockaddr_decode(&name, &address) == 0 else {
            self.init(ipv4: 0, port: 0)
            return
        }
        self.init(address)
    }

    init(_ address: c_rostrum_address) {
        let (high, low) = unsafe withUnsafeBytes(of: address.bytes) { bytes in
            unsafe (
                UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
        self.init(high: high, low: low, port: address.port)
    }
}
