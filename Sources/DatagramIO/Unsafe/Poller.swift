internal import CPlatform
package import Primitives

/// Waits for sockets and for a wake-up from another thread, with deadlines in nanoseconds (epoll).
@safe
package struct Poller: ~Copyable {
    private let epoll: Int32
    private let event: Int32
    private let waker: Waker

    package init() throws(SystemError) {
        let epoll = try SystemError.check(c_rostrum_epoll_open(), "epoll_create")
        let event = try SystemError.check(c_rostrum_event_open(), "eventfd")
        try SystemError.check(c_rostrum_epoll_add(epoll, event, 0), "epoll_ctl")
        self.epoll = epoll
        self.event = event
        waker = Waker(event: event)
    }

    deinit { c_rostrum_close(epoll) }

    /// - Parameter token: what ``wait(until:now:into:)`` names the socket by; not 0. A socket that is
    ///   closed is no longer watched.
    package func add(
        _ socket: borrowing DatagramSocket, token: UInt64 = 1
    ) throws(SystemError) {
        precondition(token != 0)
        try SystemError.check(
            c_rostrum_epoll_add(epoll, socket.fileDescriptor, token), "epoll_ctl")
    }

    package func add(
        _ device: borrowing TunnelDevice, token: UInt64
    ) throws(SystemError) {
        precondition(token != 0)
        try SystemError.check(
            c_rostrum_epoll_add(epoll, device.fileDescriptor, token), "epoll_ctl")
    }

    /// A handle that wakes this poller from any thread.
    package func makeWaker() -> Waker { waker }

    /// Waits until a socket is readable, somebody woke the poller, or `deadline` has come.
    package func wait(until deadline: Instant?, now: Instant) {
        var tokens: (UInt64, UInt64) = (0, 0)
        let timeout = Self.timeout(until: deadline, now: now)
        let count = unsafe withUnsafeMutableBytes(of: &tokens) { buffer in
            unsafe c_rostrum_epoll_wait(
                epoll, buffer.assumingMemoryBound(to: UInt64.self).baseAddress, 2, timeout)
        }
        guard count > 0 else { return }
        if tokens.0 == 0 || (count > 1 && tokens.1 == 0) { c_rostrum_event_clear(event) }
    }

    /// The same for many sockets: says which are readable.
    ///
    /// - Parameter ready: gets the tokens from its front on, 256 at most; a socket that
    ///   found none comes with the next call. 0 stands for somebody who woke the poller.
    /// - Returns: how many there are.
    package func wait(
        until deadline: Instant?, now: Instant, into ready: inout [UInt64]
    ) -> Int {
        let timeout = Self.timeout(until: deadline, now: now)
        let room = Int32(clamping: ready.count)
        let count = unsafe ready.withUnsafeMutableBufferPointer { buffer in
            unsafe Int(max(0, c_rostrum_epoll_wait(epoll, buffer.baseAddress, room, timeout)))
        }
        if ready.prefix(count).contains(0) { c_rostrum_event_clear(event) }
        return count
    }

    /// In nanoseconds; -1 waits for ever.
    private static func timeout(until deadline: Instant?, now: Instant) -> Int64 {
        deadline.map { max(0, now.duration(to: $0).nanoseconds) } ?? -1
    }
}

/// Wakes a ``Poller`` from any thread; costs one system call.
package final class Waker: Sendable {
    private let event: Int32

    fileprivate init(event: Int32) { self.event = event }

    deinit { c_rostrum_close(event) }

    package func wake() { c_rostrum_event_signal(event) }
}

/// The machine's clocks: the only place below the roof where they are read.
package enum SystemClock {
    package static func now() -> Instant { Instant(nanoseconds: c_rostrum_monotonic_ns()) }

    /// Nanoseconds since 1970.
    package static func unixNanoseconds() -> Int64 { c_rostrum_wall_ns() }

    /// CPU time that the calling thread has used, in nanoseconds.
    package static func threadCPUNanoseconds() -> UInt64 { c_rostrum_thread_cpu_ns() }

    /// Lets the calling thread sleep, deaf to everything.
    package static func sleep(until moment: Instant) {
        c_rostrum_sleep_until(moment.nanoseconds)
    }

    /// Both clocks read as close together as it goes.
    package static func anchor() -> ClockAnchor {
        ClockAnchor(monotonic: now(), unixNanoseconds: unixNanoseconds())
    }
}

/// What a media thread asks of the system when it starts.
package enum ThreadSetup {
    /// Names the calling thread (15 characters at most are kept), sharpens its timers, and keeps it
    /// on one CPU where the system allows.
    ///
    /// - Parameters:
    ///   - cpu: the CPU's place among those that the process may use; `nil` for any.
    ///   - isPreferred: whether it goes before other threads, where the system allows.
    package static func prepare(name: String, cpu: Int?, isPreferred: Bool = false) {
        unsafe c_rostrum_prepare_thread(name)
        if isPreferred { c_rostrum_prefer_thread() }
        if let cpu { _ = c_rostrum_pin_thread(Int32(cpu)) }
    }
}

/// What a process asks of the system when it starts.
package enum ProcessSetup {
    /// The CPUs that it may use: what `taskset` and containers leave it.
    package static var cpuCount: Int { max(1, Int(c_rostrum_cpu_count())) }

    /// Lets the process open as many files as its hard limit allows: each HTTP connection and events
    /// socket is one, and the usual soft limit is 1,024.
    ///
    /// - Returns: how many it may open now; `nil` when the system does not tell.
    package static func raiseOpenFiles() -> Int? {
        let limit = c_rostrum_raise_open_files()
        return limit < 0 ? nil : Int(limit)
    }
}

/// The addresses of this machine.
package enum NetworkInterfaces {
    /// IPv4 addresses of interfaces that are up, loopback last; at most 16.
    package static func ipv4Addresses() -> [TransportAddress] {
        var found = [UInt32](repeating: 0, count: 16)
        let count = unsafe c_rostrum_ipv4_addresses(&found, Int32(found.count))
        let all = found.prefix(Int(max(0, count))).map { TransportAddress(ipv4: $0, port: 0) }
        return all.filter { !$0.isLoopback } + all.filter(\.isLoopback)
    }
}
