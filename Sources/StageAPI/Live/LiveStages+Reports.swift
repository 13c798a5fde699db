import Primitives
import Signalling
import Stages
import Synchronization

// What the media plane says.
extension LiveStages {
    /// Takes one batch: each stage's reports together, in their order.
    func take(_ batch: [MediaReport]) async {
        var rooms: [(room: StageRoom, reports: [MediaReport])] = []
        for report in batch {
            guard let room = room(of: report) else { continue }
            if let place = rooms.firstIndex(where: { $0.room === room }) {
                rooms[place].reports.append(report)
            } else {
                rooms.append((room, [report]))
            }
        }
        let time = now()
        for (room, reports) in rooms {
            let (measured, _) = await room.perform { state in
                let actions = reports.flatMap { state.take($0, at: time) }
                return (state.takeMeasured(), actions)
            }
            latency.withLock { $0.take(measured) }
            let ended = reports.compactMap(\.ended)
            if !ended.isEmpty {
                index.withLock { index in
                    for resource in ended { index.release(resource) }
                }
            }
        }
    }
}

extension LiveStages {
    private func room(of report: MediaReport) -> StageRoom? {
        if case .speakers(let stage, _, _) = report { return room(of: stage) }
        return report.resource.flatMap { room(of: $0) }
    }
}

extension RoomState {
    mutating func take(_ report: MediaReport, at now: WallTime) -> [StageAction] {
        switch report {
        case .connected:
            return []
        case .publishStarted(let resource, _):
            return machine.publishStarted(resource, at: now)
        case .subscribeStarted(let resource, let publisher):
            return machine.subscribeStarted(resource, to: publisher, at: now)
        case .subscribeStopped(let resource, let publisher):
            attachments[resource]?.layers[publisher] = nil
            return machine.subscribeStopped(resource, to: publisher, at: now)
        case .layers(let resource, let layers):
            return machine.layers(resource, layers.map(PublishedLayer.init), at: now)
        case .slots(let resource, let slots):
            return take(slots, of: resource)
        case .layer(let resource, let publisher, let layer, let reason):
            return take(LayerNews(layer: layer, reason: reason), of: publisher, for: resource)
        case .speakers(_, let active, let speaking):
            speakers = ServerMessage.speakers(active: active, speaking: speaking)
            return send(speakers!, to: sockets.filter(\.value.isReady).map(\.key))
        case .wantedLayers(let resource, let wanted):
            return take(wanted, of: resource)
        case .latency(let resource, let latency):
            return take(latency, of: resource, at: now)
        case .ended(let resource, _):
            attachments[resource] = nil
            return machine.ended(resource, at: now)
        }
    }

    private mutating func take(_ slots: [SlotReport], of resource: ResourceID) -> [StageAction] {
        attachments[resource]?.slots = slots
        return tell(ownerOf: resource) { _ in ServerMessage.slots(resource, slots) }
    }

    private mutating func take(
        _ news: LayerNews, of publisher: ParticipantID, for resource: ResourceID
    ) -> [StageAction] {
        attachments[resource]?.layers[publisher] = news
        return tell(ownerOf: resource) { _ in
            ServerMessage.layer(resource, of: publisher, layer: news.layer, reason: news.reason)
        }
    }

    private mutating func take(
        _ latency: LatencyReport, of resource: ResourceID, at now: WallTime
    ) -> [StageAction] {
        attachments[resource]?.latency = latency
        let report = quality(latency, of: resource, at: now)
        if report.isViewer { note(report.legs, of: resource) }
        return tell(ownerOf: resource) { _ in ServerMessage.quality(resource, report) }
    }

    /// Sends to those sockets of the session's participant that had their first state.
    mutating func tell(
        ownerOf resource: ResourceID, _ text: (RoomState) -> String
    ) -> [StageAction] {
        guard let owner = machine.owner(of: resource) else { return [] }
        let ready = machine.sockets(of: owner).filter { sockets[$0]?.isReady == true }
        guard !ready.isEmpty else { return [] }
        return send(text(self), to: ready)
    }

    /// The legs of one session. A viewer is told each host's own, and its first leg is the longest.
    private func quality(
        _ latency: LatencyReport, of resource: ResourceID, at now: WallTime
    ) -> QualityReport {
        var report = QualityReport(
            serverMedian: latency.serverMedian, serverP99: latency.serverP99,
            pacerMedian: latency.pacerMedian, fractionLost: latency.fractionLost,
            networkQuality: latency.networkQuality)
        let leg = latency.roundTrip.map { $0 / 2 }
        guard machine.kind(of: resource)?.isPublication == false else {
            report.hostToServer = leg
            return report
        }
        report.serverToViewer = leg
        report.jitterBuffer = telemetry(of: resource, at: now)?.jitterBuffer
        let hosts = machine.remotes(of: resource).sorted { $0.rawValue < $1.rawValue }
        let publishers = hosts.map { host in
            let latency = machine.publication(of: host).flatMap { attachments[$0]?.latency }
            return PublisherQuality(
                participant: host, hostToServer: latency?.roundTrip.map { $0 / 2 },
                networkQuality: latency?.networkQuality)
        }
        report.publishers = publishers
        report.hostToServer = publishers.compactMap(\.hostToServer).max()
        return report
    }
}

extension MediaReport {
    fileprivate var resource: ResourceID? {
        switch self {
        case .speakers: nil
        case .connected(let resource), .publishStarted(let resource, _),
            .subscribeStarted(let resource, _), .subscribeStopped(let resource, _),
            .layers(let resource, _), .slots(let resource, _), .layer(let resource, _, _, _),
            .wantedLayers(let resource, _), .latency(let resource, _), .ended(let resource, _):
            resource
        }
    }

    fileprivate var ended: ResourceID? {
        if case .ended(let resource, _) = self { resource } else { nil }
    }
}
