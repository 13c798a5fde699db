package import DatagramIO
package import Links
package import Primitives
internal import Synchronization

/// What a relay of datagrams relays.
package struct DatagramRelayPlan: Sendable {
    /// Where clients send; port 0 takes a free one.
    package var listen: TransportAddress
    package var server: TransportAddress
    package var up: LinkProfile
    package var down: LinkProfile
    /// Whether all clients are behind one link, or each behind its own.
    package var isShared: Bool

    package init(
        listen: TransportAddress, server: TransportAddress, up: LinkProfile, down: LinkProfile,
        isShared: Bool = true
    ) {
        self.listen = listen
        self.server = server
        self.up = up
        self.down = down
        self.isShared = isShared
    }
}

/// A relay on a thread of its own: the handle that the rest of the program has of it.
package final class ImpairmentEngine: Sendable {
    private let mailbox: Mailbox<Never>
    private let latest = Shared(ImpairmentFigures())
    private let farewell = Farewell(threads: 1)
    /// Where clients send; 0 for a tunnel.
    package let port: UInt16

    /// Starts a relay of datagrams.
    package init(_ plan: DatagramRelayPlan) throws(SystemError) {
        let poller = try Poller()
        let front = try DatagramSocket(bindingTo: plan.listen)
        mailbox = Mailbox(Doorbell(poller.makeWaker()), limit: 1)
        port = front.localPort
        let rhythm = LoopRhythm(poller, mailbox) { [latest] figures in latest.set(figures) }
        let relay = try DatagramRelay(plan, front: front, rhythm: rhythm)
        LoopThread.start(relay, name: "rostrum-impair", cpu: nil, isPreferred: true) {
            [farewell] relay in
            relay.run()
            farewell.leave()
        }
    }

    /// Starts a relay between two devices. What goes from `a` to `b` goes up.
    package init(
        a: consuming TunnelDevice, b: consuming TunnelDevice, up: LinkProfile, down: LinkProfile
    ) throws(SystemError) {
        let poller = try Poller()
        mailbox = Mailbox(Doorbell(poller.makeWaker()), limit: 1)
        port = 0
        let rhythm = LoopRhythm(poller, mailbox) { [latest] figures in latest.set(figures) }
        let relay = try TunnelRelay(a: a, b: b, up: up, down: down, rhythm: rhythm)
        LoopThread.start(relay, name: "rostrum-impair", cpu: nil, isPreferred: true) {
            [farewell] relay in
            relay.run()
            farewell.leave()
        }
    }

    /// As they were a moment ago; after ``waitUntilEnded()`` the last ones.
    package var figures: ImpairmentFigures { latest.value.withLock { $0 } }

    /// Ends the thread; what is on its way is lost.
    package func stop() { mailbox.close() }

    package func waitUntilEnded() async { await farewell.wait() }
}

/// A value that closures share.
private final class Shared: Sendable {
    let value: Mutex<ImpairmentFigures>
    init(_ value: ImpairmentFigures) { self.value = Mutex(value) }

    func set(_ figures: ImpairmentFigures) { value.withLock { $0 = figures } }
}
