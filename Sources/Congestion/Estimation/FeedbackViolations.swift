/// What was wrong, or odd, in transport feedback from a viewer, counted. Nothing here stops the
/// estimate; each is refused where it stands. The counters wrap.
package struct FeedbackViolations: Equatable, Sendable {
    /// Tells of a packet that is not sent yet.
    package var future: UInt32 = 0
    /// Tells of a packet from before the first.
    package var neverSent: UInt32 = 0
    /// Says of a packet that arrived that it arrived, once more. Happens without malice: a receiver
    /// begins anew at a packet that came late.
    package var repeated: UInt32 = 0
    /// The same message twice.
    package var duplicateMessage: UInt32 = 0
    /// More packets than ``Limits/maximumStatuses``.
    package var tooLong: UInt32 = 0
    /// The receiver's clock moved against ours by more than ``ReceiverClock/maximumJump``.
    package var clockJump: UInt32 = 0
    /// An arrival more than ``Limits/maximumReordering`` places out of order, or further from the
    /// message's reference time than ``ReceiverClock/maximumJump``. It counts as an arrival, but its
    /// time is not used.
    package var absurdArrival: UInt32 = 0

    package init() {}

    /// How many there were in all.
    package var total: Int {
        [future, neverSent, repeated, duplicateMessage, tooLong, clockJump, absurdArrival]
            .reduce(0) { $0 + Int($1) }
    }
}
