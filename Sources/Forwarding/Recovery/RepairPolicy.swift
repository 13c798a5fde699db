package import Primitives

/// How packets are protected: repair packets of ``rows`` rows, each for ``columns`` packets.
package struct Protection: Hashable, Sendable {
    /// Packets lost in a row that can be repaired.
    package var rows: Int
    /// Packets that share a repair packet.
    package var columns: Int

    package init(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
    }

    /// Packets of one group.
    package var groupSize: Int { rows * columns }
    /// What is added to what is sent, as a share of it.
    package var overhead: Double { 1 / Double(columns) }
}

/// Decides whether a viewer's picture is protected, and by how much.
///
/// Repair costs rate all the time; asking again costs a round trip, and only what is lost. So it is for
/// those for whom a round trip is too long.
package struct RepairPolicy: Hashable, Sendable {
    /// What the viewer gets now; `nil`: no repair packets.
    package private(set) var protection: Protection?
    private var calmSince: Instant?
    private var changedAt: Instant?

    package init() {}

    /// Takes what is known of the viewer's network, and says whether ``protection`` has changed.
    ///
    /// - Parameters:
    ///   - loss: its pattern, from feedback.
    ///   - roundTrip: `nil` while unknown.
    ///   - media: the rate of what is to be protected.
    ///   - target: what the network carries; `nil` while nothing says so: then nothing is added.
    package mutating func update(
        _ loss: LossMeter, roundTrip: Duration?, media: DataRate, target: DataRate?,
        at now: Instant
    ) -> Bool {
        let wanted = wanted(loss, roundTrip: roundTrip, media: media, target: target, at: now)
        guard wanted != protection else { return false }
        // The shape follows slowly; on and off have their own patience.
        if protection != nil, wanted != nil, let changedAt, now - changedAt < RepairRules.interval {
            return false
        }
        protection = wanted
        changedAt = now
        return true
    }

    private mutating func wanted(
        _ loss: LossMeter, roundTrip: Duration?, media: DataRate, target: DataRate?,
        at now: Instant
    ) -> Protection? {
        let shape = target.flatMap { RepairRules.shape(for: loss, media: media, target: $0) }
        guard let roundTrip, let shape else {
            calmSince = nil
            return nil
        }
        let needs = RepairRules.needsRepair(loss)
        guard protection != nil else {
            return needs && roundTrip > RepairRules.longRoundTrip ? shape : nil
        }
        let isCalm =
            loss.ratio < RepairRules.calmLoss || roundTrip < RepairRules.shortRoundTrip
        guard isCalm else {
            calmSince = nil
            return shape
        }
        let since = calmSince ?? now
        calmSince = since
        guard now - since < RepairRules.patience else {
            calmSince = nil
            return nil
        }
        return shape
    }
}

/// The figures of the decision, each with its reason.
enum RepairRules {
    /// A packet that is asked for again is there after a round trip and what it took to miss it. Up to
    /// here that is what a jitter buffer waits for; back below 120 ms it is again.
    static let longRoundTrip = Duration.milliseconds(150)
    static let shortRoundTrip = Duration.milliseconds(120)
    /// Half of all frames of eight packets are hit by 8 % of random loss, a third by 5 %.
    static let highLoss = 0.04
    /// Lost several at a time: one frame is hit as if by less, but asking again fails at once, too.
    static let burstLoss = 0.01
    static let burst = 1.5
    /// Too little to pay for, after ten seconds of it: mobile networks come and go.
    static let calmLoss = 0.005
    static let patience = Duration.seconds(10)
    /// The shape changes once a second at most.
    static let interval = Duration.seconds(1)
    /// Two and a half times of what is lost: a row is repaired while at most one of its packets is lost.
    static let lossFactor = 2.5
    /// Every fourth packet at most: more protects pictures that should be smaller instead.
    static let fewestColumns = 4
    /// Beyond that a group lasts too long to be of use.
    static let mostColumns = 12
    /// What a packet of a picture has, about.
    static let packetBytes: Int64 = 1000
    static let groupMilliseconds = Limits.repairDelay.nanoseconds / 1_000_000
    static func needsRepair(_ loss: LossMeter) -> Bool {
        loss.ratio >= highLoss || (loss.ratio >= burstLoss && loss.burstLength >= burst)
    }

    /// Of what the network carries, a quarter at most is for repair. `nil` where there is no room for it.
    static func shape(for loss: LossMeter, media: DataRate, target: DataRate) -> Protection? {
        guard media > .zero else { return nil }
        let wanted = Int(1 / max(0.01, lossFactor * loss.ratio) + 0.5)
        let left = target.bitsPerSecond - media.bitsPerSecond
        let room = min(target.bitsPerSecond / 4, left)
        guard room > 0 else { return nil }
        let least = (media.bitsPerSecond - 1) / room + 1
        guard least <= Int64(mostColumns) else { return nil }
        let columns = min(max(wanted, fewestColumns, Int(least)), mostColumns)
        // What comes before a group has to end; no more rows than leave each half of its columns.
        let packets = Int(media.bitsPerSecond / (8 * packetBytes * 1000 / groupMilliseconds))
        let shortest = max(columns / 2, fewestColumns, Int(least))
        // To the next whole row, but for a tenth: singles that meet by chance are no bursts.
        let bursts = Int(loss.burstLength + 0.9)
        let rows = max(1, min(bursts, packets / shortest, Limits.repairRows))
        return Protection(rows: rows, columns: max(shortest, min(columns, packets / rows)))
    }
}
