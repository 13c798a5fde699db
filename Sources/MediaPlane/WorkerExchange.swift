internal import DatagramIO

/// What joins the workers of one port: a mailbox for each, and a ring from each to each other one.
struct WorkerExchange: Sendable {
    let mailboxes: [Mailbox<MediaCommand>]
    /// Row by row: from a worker to each of the others; a worker has none to itself.
    private let rings: [RecordRing?]

    init(_ mailboxes: [Mailbox<MediaCommand>]) {
        self.mailboxes = mailboxes
        rings = mailboxes.indices.flatMap { from in
            mailboxes.indices.map { to in
                from == to ? nil : RecordRing(capacity: Limits.ringBytes)
            }
        }
    }

    var count: Int { mailboxes.count }

    func ring(from: Int, to: Int) -> RecordRing { rings[from * count + to]! }

    /// Whether no other worker has handed anything over to this one.
    func isQuiet(for worker: Int) -> Bool {
        for other in 0..<count where other != worker {
            guard ring(from: other, to: worker).isEmpty else { return false }
        }
        return true
    }
}
