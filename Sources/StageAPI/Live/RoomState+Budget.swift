import Primitives
import Signalling
import Stages

// How the stage's viewers keep to the latency budget.
extension RoomState {
    /// Takes what a viewer says of one of its own subscriptions: the newest is kept.
    mutating func take(
        _ said: ViewerTelemetry, from participant: ParticipantID, at now: WallTime
    ) {
        let resource = said.resource
        guard machine.owner(of: resource) == participant,
            machine.kind(of: resource)?.isPublication == false, attachments[resource] != nil
        else { return }
        // A count that falls and rises again counts once.
        let known = attachments[resource]?.telemetry?.said.freezes ?? 0
        var newest = said
        newest.freezes = max(known, said.freezes ?? 0)
        measured.freezes += max(0, (said.freezes ?? 0) - known)
        attachments[resource]?.telemetry = (newest, now)
    }

    /// What the viewer said last; `nil` when that is too long ago.
    func telemetry(of resource: ResourceID, at now: WallTime) -> ViewerTelemetry? {
        guard let (said, time) = attachments[resource]?.telemetry,
            now - time <= limits.telemetryAge
        else { return nil }
        return said
    }

    /// Remembers what a subscription takes of the budget, and counts it.
    mutating func note(_ legs: LatencyLegs, of resource: ResourceID) {
        attachments[resource]?.legs = legs
        measured.legs.append(legs)
    }

    mutating func takeMeasured() -> LatencyObservations {
        defer { measured = LatencyObservations() }
        return measured
    }

    func budget(at now: WallTime) -> BudgetReport {
        var tally = BudgetTally()
        for (resource, attachment) in attachments {
            guard let legs = attachment.legs, let viewer = machine.owner(of: resource) else {
                continue
            }
            let said = telemetry(of: resource, at: now)
            tally.add(legs, of: viewer, framesPerSecond: said?.framesPerSecond)
        }
        return tally.report
    }

    /// Tells those who publish, every few seconds while there are viewers, and once when there are none
    /// any more.
    mutating func sayBudget(at now: WallTime) -> [StageAction] {
        if let last = lastBudget, now - last.at < limits.budgetInterval, now >= last.at {
            return []
        }
        let publishers = machine.snapshot.publishers.filter(\.isPublishing).map(\.id)
        let ready = publishers.flatMap { machine.sockets(of: $0) }
            .filter { sockets[$0]?.isReady == true }
        guard !ready.isEmpty else { return [] }
        let report = budget(at: now)
        guard report.viewers > 0 || (lastBudget?.viewers ?? 0) > 0 else { return [] }
        lastBudget = (report.viewers, now)
        return send(ServerMessage.budget(report), to: ready)
    }
}
