internal import Forwarding
package import Links
internal import MediaPlane
internal import Peering
package import Primitives
internal import RTP
internal import Signalling

// Clients that act by themselves, each over links of its own.
extension SimulatedRoom {
    /// A host that follows a script.
    /// - Parameters:
    ///   - up: what it sends over; `nil`: a clean way of 5 ms. From when it is connected on: a client that
    ///     loses its first checks gives up, which is another story.
    package mutating func addHost(
        _ name: String, _ script: HostScript, up: SimulatedLink? = nil, down: SimulatedLink? = nil,
        on stage: String = "stage"
    ) -> Int {
        var tracks = [Self.picture(of: script)]
        if script.hasSound { tracks.append(Self.sound) }
        let client = add(name, .publisher(tracks), .publish, on: stage)
        comingLinks[client] = (up.map { network.add($0) }, down.map { network.add($0) })
        scriptedHosts.append(client)
        hosts[client] = ScriptedHost(
            script, number: UInt8(client), seed: seed, from: now + .milliseconds(100))
        if script.obeys { setTold(client, true) }
        return client
    }

    private static func picture(of script: HostScript) -> PublishedTrack {
        var extensions = PublishExtensions()
        let rids = script.layers.map(\.rid).filter { !$0.isEmpty }
        if !rids.isEmpty {
            extensions.rid = ScriptedHost.rid
            extensions.repairedRid = ScriptedHost.repairedRid
        }
        if script.codec == .av1 {
            extensions.forwarded.dependencyDescriptor = ScriptedHost.dependencyDescriptor
        }
        return PublishedTrack(
            mid: "0", isVideo: true,
            format: NegotiatedFormat(
                codec: script.codec, payloadType: ScriptedHost.payloadType,
                retransmissionPayloadType: script.usesRTX
                    ? ScriptedHost.retransmissionPayloadType : nil,
                feedback: ["nack", "nack pli"]),
            rids: rids, extensions: extensions)
    }

    private static var sound: PublishedTrack {
        var extensions = PublishExtensions()
        extensions.forwarded.audioLevel = ScriptedHost.audioLevel
        return PublishedTrack(
            mid: "1", isVideo: false,
            format: NegotiatedFormat(codec: .opus, payloadType: ScriptedHost.soundPayloadType),
            extensions: extensions)
    }

    /// A viewer that follows a script, of the whole stage or of one host.
    /// - Parameters:
    ///   - down: what is sent to it over; `nil`: a clean way of 5 ms. From when it is connected on, unless
    ///     `comesOverLinks`: then it connects over them, with a handshake.
    package mutating func addViewer(
        _ name: String, _ script: ViewerScript, of host: String? = nil, up: SimulatedLink? = nil,
        down: SimulatedLink? = nil, comesOverLinks: Bool = false, takesRepairs: Bool = false,
        on stage: String = "stage"
    ) -> Int {
        let client = addViewer(
            name, slots: script.slots, of: host, usesRTX: true, hasSound: script.hasSound,
            tellsArrivals: script.tellsArrivals, tellsSound: script.tellsSound,
            takesRepairs: takesRepairs, shakesHands: comesOverLinks, on: stage)
        recorders[client] = nil
        comingLinks[client] = (up.map { network.add($0) }, down.map { network.add($0) })
        if comesOverLinks { leadOverLinks(client) }
        scriptedViewers.append(client)
        let phase = Duration.milliseconds(Int64((seed &* 17 &+ UInt64(client) &* 29) % 75))
        viewers[client] = ScriptedViewer(script, phase: phase, at: now)
        return client
    }

    private mutating func leadOverLinks(_ client: Int) {
        guard let (up, down) = comingLinks.removeValue(forKey: client) else { return }
        if let up { lead(.up, of: client, over: up) }
        if let down { lead(.down, of: client, over: down) }
    }

    /// Leads one direction of a client over a link that was added before.
    package mutating func lead(
        _ direction: VirtualNetwork.Direction, of client: Int, over link: Int
    ) {
        network.lead(direction, of: clients[client].address, over: link)
    }

    /// Adds a link that several may share.
    package mutating func add(_ link: SimulatedLink) -> Int { network.add(link) }

    package func link(_ place: Int) -> SimulatedLink { network.links[place] }

    package mutating func withLink(_ place: Int, _ body: (inout SimulatedLink) -> Void) {
        network.withLink(place, body)
    }

    // MARK: - What they do

    mutating func act() {
        for order in orders where order.at <= now {
            hosts[order.host]!.obey(stopping: order.stopped)
        }
        orders.removeAll { $0.at <= now }
        for client in scriptedHosts where !silent.contains(client) { actHost(client) }
        for client in scriptedViewers where !silent.contains(client) { actViewer(client) }
    }

    private mutating func actHost(_ client: Int) {
        guard hosts[client]!.wakeup <= now else { return }
        guard clients[client].isConnected else { return hosts[client]!.rest(until: now) }
        leadOverLinks(client)
        for sending in hosts[client]!.due(at: now) {
            clients[client].send(sending, at: now, over: &network)
        }
        for report in hosts[client]!.takeReports(at: now, ntp: ntp) {
            sendRTCP(from: client) { RTCPWriter.senderReport(report, blocks: [], into: &$0) }
        }
    }

    private mutating func actViewer(_ client: Int) {
        guard viewers[client]!.wakeup <= now, clients[client].isConnected else { return }
        leadOverLinks(client)
        var message = ByteWriter(capacity: 2048)
        while viewers[client]!.write(at: now, into: &message) {
            clients[client].sendRTCP(at: now, over: &network) { $0.append(message.bytes) }
            message.removeAll()
        }
    }

    /// The hosts' clock.
    private var ntp: UInt64 {
        ClockAnchor(monotonic: Self.start, unixNanoseconds: 1_700_000_000_000_000_000).ntp(at: now)
    }

    /// - Returns: whether the client acts by itself.
    mutating func takeByScript(
        _ input: PeerConnection.Input, _ clear: [UInt8], at client: Int, of arrival: Instant
    ) -> Bool {
        if viewers[client] != nil {
            if input == .rtp { viewers[client]!.receive(clear, at: arrival) }
            if input == .rtcp { viewers[client]!.receiveRTCP(clear, at: arrival) }
            return true
        }
        guard hosts[client] != nil else { return false }
        guard input == .rtcp else { return true }
        for sending in hosts[client]!.receive(clear, at: now) {
            clients[client].send(sending, at: now, over: &network)
        }
        answerReferenceTimes(in: clear, of: client)
        return true
    }

    /// Echoes reference times at once, so that the worker knows the round trip (RFC 3611 §4.5).
    private mutating func answerReferenceTimes(in rtcp: [UInt8], of client: Int) {
        var cursor = RTCPCursor()
        while let packet = try? cursor.next(in: rtcp.rawSpan) {
            guard case .extendedReport(let sender, let range) = packet else { continue }
            var blocks = ExtendedReportCursor(range)
            while let block = try? blocks.next(in: rtcp.rawSpan) {
                guard case .receiverReferenceTime(let ntp) = block else { continue }
                let echo = ReferenceTimeEcho(
                    receiver: sender, lastReference: NTPTime.middle(ntp),
                    delaySinceLastReference: 0)
                sendRTCP(from: client) {
                    RTCPWriter.referenceTimeEchoes(sender: SSRC(1), [echo], into: &$0)
                }
            }
        }
    }

    var soonestOfScripts: Instant {
        min(
            orders.lazy.map(\.at).min() ?? .distantFuture,
            min(
                hosts.values.lazy.map(\.wakeup).min() ?? .distantFuture,
                viewers.values.lazy.map(\.wakeup).min() ?? .distantFuture))
    }

    // MARK: - What came of it

    package func picture(of viewer: Int, slot: Int = 0) -> PictureFigures {
        viewers[viewer]!.pictures[slot].figures
    }

    package func sound(of viewer: Int, slot: Int = 0) -> SoundFigures {
        viewers[viewer]!.sounds[slot]
    }

    /// Bytes of RTP that a viewer got.
    package func bytesReceived(by viewer: Int) -> Int { viewers[viewer]!.bytes }

    package func keyframesAsked(of host: Int) -> Int { hosts[host]!.keyframesAsked }

    /// When a host sent the frames of a layer, by their numbers.
    package func framesSent(by host: Int, layer: Int = 0) -> [UInt32: Instant] {
        var frames: [UInt32: Instant] = [:]
        for frame in hosts[host]!.sent where frame.layer == layer {
            frames[frame.number] = frame.sent
        }
        return frames
    }

    package func soundsSent(by host: Int) -> Int { hosts[host]!.sounds }

    /// Of everything that was delivered.
    package var trace: TraceHash { network.trace }
}
