internal import CPlatform
package import Primitives

/// A network device whose other end is this process (TUN): IP packets that the kernel routes to it are
/// read here, and those that are written come out of it. Needs CAP_NET_ADMIN.
@safe
package struct TunnelDevice: ~Copyable {
    /// Where a device is, and what it is given.
    package struct Place: Hashable, Sendable {
        /// At most 15 bytes.
        package var name: String
        /// The file of the network namespace, as `/run/netns/phone`; `nil`: this process's own.
        package var network: String?
        /// Its IPv4 address and how many bits of it are the network's; `nil`: somebody else sees to that.
        package var address: TransportAddress?
        package var prefix: Int

        package init(
            name: String, network: String? = nil, address: TransportAddress? = nil,
            prefix: Int = 24
        ) {
            precondition((1...32).contains(prefix) && (1...15).contains(name.utf8.count))
            self.name = name
            self.network = network
            self.address = address
            self.prefix = prefix
        }
    }

    /// What could not be done.
    package struct OpenError: Error, Hashable, Sendable {
        package enum Step: UInt32, Hashable, Sendable {
            case enterNamespace = 1
            case openDriver, attach, setAddress, bringUp
        }

        package var step: Step
        package var errno: Int32
    }

    let fileDescriptor: Int32
    private let buffer: UnsafeMutableRawBufferPointer

    /// Makes the device, or attaches to one that is there. Without namespaces of its own it ends with the
    /// process. The calling thread is in its own namespace afterwards.
    package init(_ place: Place) throws(OpenError) {
        var step: Int32 = 0
        let prefix = place.address == nil ? 0 : Int32(place.prefix)
        let ipv4 = place.address?.ipv4 ?? 0
        let result: Int32
        if let network = place.network {
            result = unsafe c_rostrum_tunnel_open(place.name, network, ipv4, prefix, &step)
        } else {
            result = unsafe c_rostrum_tunnel_open(place.name, nil, ipv4, prefix, &step)
        }
        guard result >= 0 else {
            throw OpenError(
                step: OpenError.Step(rawValue: UInt32(step)) ?? .attach, errno: -result)
        }
        fileDescriptor = result
        unsafe buffer = .allocate(byteCount: Limits.tunnelPacketBytes, alignment: 16)
    }

    deinit {
        c_rostrum_close(fileDescriptor)
        unsafe buffer.deallocate()
    }

    /// The next packet that waits, from its IP header on; `nil`: none does.
    package mutating func read() -> [UInt8]? {
        let count = unsafe c_rostrum_tunnel_read(fileDescriptor, buffer.baseAddress, buffer.count)
        guard count > 0 else { return nil }
        // Sound because the kernel has written so many bytes, at most the buffer's.
        return unsafe Array(buffer[..<count])
    }

    /// - Returns: whether the kernel took the packet.
    package borrowing func write(_ packet: [UInt8]) -> Bool {
        // Sound because the bytes live for the call, which only reads them.
        unsafe packet.withUnsafeBytes { bytes in
            unsafe c_rostrum_tunnel_write(fileDescriptor, bytes.baseAddress, bytes.count) >= 0
        }
    }
}
