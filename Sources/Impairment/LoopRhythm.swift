internal import DatagramIO
internal import Links
internal import Primitives

/// What both relays' threads do between datagrams: tell their figures, and sleep.
struct LoopRhythm: ~Copyable {
    private let poller: Poller
    private let mailbox: Mailbox<Never>
    private let tell: @Sendable (ImpairmentFigures) -> Void
    private var nextFiguresAt = Instant.zero
    private var ready = [UInt64](repeating: 0, count: Limits.readySockets)

    init(
        _ poller: consuming Poller, _ mailbox: Mailbox<Never>,
        tell: @escaping @Sendable (ImpairmentFigures) -> Void
    ) {
        self.poller = poller
        self.mailbox = mailbox
        self.tell = tell
    }

    /// Whether the relay is to go on.
    var goesOn: Bool { mailbox.takeAll() != nil }

    func watch(_ socket: borrowing DatagramSocket, token: UInt64) throws(SystemError) {
        try poller.add(socket, token: token)
    }

    func watch(_ device: borrowing TunnelDevice, token: UInt64) throws(SystemError) {
        try poller.add(device, token: token)
    }

    /// Whether the time has come to tell the figures.
    func isDue(at now: Instant) -> Bool { now >= nextFiguresAt }

    mutating func tell(_ figures: ImpairmentFigures, at now: Instant) {
        nextFiguresAt = now + Limits.figuresInterval
        var figures = figures
        figures.cpuNanoseconds = SystemClock.threadCPUNanoseconds()
        tell(figures)
    }

    /// Waits until something can be read, `deadline` has come or the relay is to end.
    /// - Returns: the tokens of what can be read.
    mutating func sleep(until deadline: Instant?) -> [UInt64] {
        mailbox.doorbell.sleep()
        let now = SystemClock.now()
        let latest = min(deadline ?? .distantFuture, nextFiguresAt)
        let count = poller.wait(
            until: mailbox.isQuiet ? latest : now, now: now, into: &ready)
        mailbox.doorbell.wakeUp()
        return ready.prefix(count).filter { $0 != 0 }
    }
}
