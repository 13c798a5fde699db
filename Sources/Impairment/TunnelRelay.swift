internal import DatagramIO
internal import Links
internal import Primitives

/// A relay of IP packets between two TUN devices: what is routed to one comes out of the other.
struct TunnelRelay: ~Copyable {
    private static let (tokenA, tokenB): (UInt64, UInt64) = (1, 2)

    private var rhythm: LoopRhythm
    private var a: TunnelDevice
    private var b: TunnelDevice
    private var passage: Passage<[UInt8]>
    private var unsent: UInt64 = 0

    init(
        a: consuming TunnelDevice, b: consuming TunnelDevice, up: LinkProfile, down: LinkProfile,
        rhythm: consuming LoopRhythm
    ) throws(SystemError) {
        self.rhythm = rhythm
        self.a = a
        self.b = b
        passage = Passage(up: up, down: down)
        passage.open(0)
        try self.rhythm.watch(self.a, token: Self.tokenA)
        try self.rhythm.watch(self.b, token: Self.tokenB)
    }

    /// Until the mailbox is closed.
    mutating func run() {
        while rhythm.goesOn {
            let now = SystemClock.now()
            deliver(at: now)
            if rhythm.isDue(at: now) { rhythm.tell(figures(at: now), at: now) }
            for token in rhythm.sleep(until: passage.nextArrival) {
                if token == Self.tokenA {
                    readUp()
                } else {
                    readDown()
                }
            }
        }
        let now = SystemClock.now()
        rhythm.tell(figures(at: now), at: now)
    }

    private func figures(at now: Instant) -> ImpairmentFigures {
        var figures = ImpairmentFigures(passage, at: now)
        figures.unsent = unsent
        return figures
    }

    private mutating func readUp() {
        for _ in 0..<Limits.packetsPerTurn {
            guard let packet = a.read() else { return }
            passage.send(packet, bytes: packet.count, .up, at: SystemClock.now())
        }
    }

    private mutating func readDown() {
        for _ in 0..<Limits.packetsPerTurn {
            guard let packet = b.read() else { return }
            passage.send(packet, bytes: packet.count, .down, at: SystemClock.now())
        }
    }

    private mutating func deliver(at now: Instant) {
        while let packet = passage.receive(.up, at: now) {
            if !b.write(packet) { unsent += 1 }
        }
        while let packet = passage.receive(.down, at: now) {
            if !a.write(packet) { unsent += 1 }
        }
    }
}
