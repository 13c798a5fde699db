/// The bounds of this module, each with its reason.
package enum Limits {
    /// Datagrams taken from the socket by one system call: 64 keeps the batch's memory (128 KiB)
    /// in the second-level cache, and larger batches measured no faster.
    package static let receiveBatch = 64
    /// Room for one received datagram. Ethernet's 1,500 bytes and some: what is larger is not media.
    package static let datagramCapacity = 2048
    /// Messages taken by one system call from a socket that coalesces: a megabyte of room, of which
    /// what is never filled is never touched.
    package static let coalescedBatch = 16
    /// Room for one such message: an IP datagram's most.
    package static let coalescedCapacity = 65_536
    /// Messages handed to the kernel by one system call.
    package static let sendBatch = 64
    /// Segments of one UDP_SEGMENT message: the kernel's own limit is 64 (UDP_MAX_SEGMENTS).
    package static let segmentsPerMessage = 64
    /// Bytes of one UDP_SEGMENT message: an IP datagram's 65,535 less its headers.
    package static let bytesPerMessage = 65_000
    /// Bytes that a send queue holds before it must be flushed: stays in the second-level cache.
    package static let sendQueueBytes = 512 * 1024
    /// Datagrams that a send queue holds before it must be flushed.
    package static let sendQueueDatagrams = 1024
    /// Addresses of this machine that a socket tells apart. A machine with more answers from the one
    /// that its kernel chooses.
    package static let localAddresses = 32
    /// Room for one packet of a tunnel: an IP packet's most, because its device may have any MTU.
    package static let tunnelPacketBytes = 65_536
    /// What is asked of the kernel for each socket buffer: a quarter of a second at 130 Mbit/s.
    package static let socketBufferBytes = 4 * 1024 * 1024
}
