internal import Congestion
internal import DatagramIO
internal import Forwarding
internal import ICE
package import MediaPlane
internal import MediaSecurity
internal import Peering
package import Primitives
package import RTP
package import Signalling

/// Workers with any number of hosts and viewers in virtual time; a test says who comes, what is sent
/// and who goes.
///
/// With several workers the clients are dealt out in turn, and their datagrams come to the sockets that
/// their addresses say, which are mostly those of other workers than their own.
package struct SimulatedRoom: ~Copyable {
    /// A packet as a viewer got it.
    package struct Received: Hashable, Sendable {
        package var ssrc: UInt32
        package var sequence: UInt16
        package var timestamp: UInt32
        /// The last byte of the payload: what the test marked the packet with.
        package var mark: UInt8
        /// Of the packet in the clear, and its padding, in bytes.
        package var size: Int
        package var padding: Int
        package var payloadType: UInt8
        /// The first two bytes of the payload: of a retransmission the number that it repairs.
        package var firstWord: UInt16
        package var at: Instant
    }

    /// A reference time as a host got it.
    package struct ReferenceTime: Hashable, Sendable {
        package var sender: SSRC
        package var ntp: UInt64
        package var at: Instant
    }

    /// A keyframe request as a host got it.
    package struct KeyframeRequest: Hashable, Sendable {
        package var ssrc: UInt32
        package var at: Instant
    }

    private static let server = TransportAddress(ipv4: 0x0A00_00FE, port: 7701)

    /// When every room's time begins.
    package static let start = Instant(nanoseconds: 5_000_000_000)

    package private(set) var now = start
    var workers: SlotTable<MediaWorker>
    let workerCount: Int
    /// What both ends of a handshake prove themselves with.
    private let certificate: Certificate
    private let dtls: DTLSContext
    package private(set) var received: [Int: [Received]] = [:]
    package private(set) var keyframeRequests: [Int: [KeyframeRequest]] = [:]
    package private(set) var referenceTimes: [Int: [ReferenceTime]] = [:]
    package private(set) var reports: [MediaReport] = []
    /// Hosts' packets that one worker handed to another.
    package private(set) var packetsHandedOver = 0
    /// Clients that nothing reaches: every datagram to them is lost.
    package var deaf: Set<Int> = []
    /// Clients of which each packet is kept: as it was on the way to them, and in the clear.
    package var keptClients: Set<Int> = []
    package private(set) var sealed: [Int: [[UInt8]]] = [:]
    package private(set) var opened: [Int: [[UInt8]]] = [:]
    /// Bytes of the largest RTCP datagram that went to a client.
    package private(set) var largestRTCP = 0
    var network = VirtualNetwork(LinkModel(delay: .milliseconds(5)), seed: 1)
    private var sink = NetworkSink(source: server)
    var clients = SlotTable<SimulatedClient>(capacity: 256)
    /// Clients that act by themselves.
    var hosts: [Int: ScriptedHost] = [:]
    var viewers: [Int: ScriptedViewer] = [:]
    var scriptedHosts: [Int] = []
    var scriptedViewers: [Int] = []
    /// The links of clients that are not connected yet.
    var comingLinks: [Int: (up: Int?, down: Int?)] = [:]
    let seed: UInt64
    /// Nothing happened in the last step.
    private var isIdle = false
    private var introductions: [Introduction] = []
    var silent: Set<Int> = []
    /// What scripted hosts are about to hear of the layers that are wanted.
    var orders: [(at: Instant, host: Int, stopped: Set<String>)] = []
    private var nextIndex: [UInt32: Int64] = [:]
    private var moves: UInt32 = 0
    /// Of viewers that tell what arrives.
    var recorders: [Int: TransportFeedbackRecorder] = [:]
    private var chance = SeededGenerator(seed: 11)

    /// - Parameters:
    ///   - workers: as many as the test's ``WorkersTrait`` says, unless given.
    ///   - seed: of the scripted clients.
    package init(
        capacity: MediaCapacity = MediaCapacity(), workers count: Int = WorkersTrait.current,
        holdsUnwatched: Bool = true, loudest: Int? = nil, seed: UInt64 = 0
    ) throws {
        self.seed = seed
        let certificate = try Certificate.generate()
        let dtls = try DTLSContext(certificate: certificate)
        self.certificate = certificate
        self.dtls = dtls
        workers = SlotTable(capacity: count)
        workerCount = count
        for index in 0..<count {
            let worker = MediaWorker(
                MediaWorker.Configuration(
                    dtls: dtls,
                    anchor: ClockAnchor(
                        monotonic: Self.start,
                        unixNanoseconds: 1_700_000_000_000_000_000),
                    seed: UInt64(index + 1), capacity: capacity,
                    place: WorkerPlace(index: index, count: count),
                    holdsUnwatched: holdsUnwatched, loudest: loudest))
            _ = workers.insert(worker)
        }
    }

    /// A room in which everybody that `fill` lets in has had the time to connect.
    package static func connected(
        capacity: MediaCapacity = MediaCapacity(), _ fill: (inout SimulatedRoom) -> Void
    ) throws -> SimulatedRoom {
        var room = try SimulatedRoom(capacity: capacity)
        fill(&room)
        room.run(milliseconds: 200)
        return room
    }

    /// What the workers have counted, together.
    package var counters: ForwardingCounters {
        var sum = ForwardingCounters()
        for index in 0..<workerCount { sum += workers[index].counters }
        return sum
    }

    /// Pictures for which repair packets are made now.
    package var protectedPictures: Int {
        (0..<workerCount).reduce(0) { $0 + workers[$1].protectedPictures }
    }

    /// The peers of each worker, mirrors included.
    package var peerCounts: [Int] { (0..<workerCount).map { workers[$0].peerCount } }

    package var publisherCount: Int {
        (0..<workerCount).reduce(0) { $0 + workers[$1].publisherCount }
    }

    package var viewerCount: Int {
        (0..<workerCount).reduce(0) { $0 + workers[$1].viewerCount }
    }

    /// The worker that has a client.
    private func home(of client: Int) -> Int { client % workerCount }

    /// The worker to whose socket an address' datagrams come.
    private func socket(for source: TransportAddress) -> Int {
        Int((source.low ^ UInt64(source.port)) % UInt64(workerCount))
    }

    private mutating func handle(_ command: MediaCommand, by worker: Int) {
        workers[worker].handle(command, at: now, into: &sink)
    }

    private mutating func handleEverywhere(_ command: MediaCommand) {
        for worker in 0..<workerCount { handle(command, by: worker) }
    }

    // MARK: - Who comes and goes

    /// A host of one picture; with `rids` it sends these layers.
    /// `former`: a client whose address and port it takes over; `address`: the ones that it has.
    package mutating func addHost(
        _ name: String, rids: [String] = [], inPlaceOf former: Int? = nil,
        from address: TransportAddress? = nil, on stage: String = "stage"
    ) -> Int {
        var extensions = PublishExtensions()
        extensions.rid = rids.isEmpty ? 0 : 10
        let track = PublishedTrack(
            mid: "0", isVideo: true,
            format: NegotiatedFormat(
                codec: .vp8, payloadType: 96, feedback: ["nack", "nack pli"]),
            rids: rids, extensions: extensions)
        return add(
            name, .publisher([track]), .publish, on: stage,
            from: former.map { clients[$0].address } ?? address)
    }

    /// A viewer of the whole stage with `slots` pictures, or of one host; with `usesRTX` it takes
    /// retransmissions with the payload type 101 from SSRCs that start at 0x200; with `hasSound` the
    /// slots have sound, too; with `tellsArrivals` it sends transport-wide feedback; with `takesRepairs` it
    /// takes FlexFEC with the payload type 102 from SSRCs that start at 0x400.
    package mutating func addViewer(
        _ name: String, slots: Int = 1, of host: String? = nil, usesRTX: Bool = false,
        hasSound: Bool = false, tellsArrivals: Bool = false, tellsSound: Bool = false,
        takesRepairs: Bool = false, shakesHands: Bool = false,
        on stage: String = "stage"
    ) -> Int {
        let slots = (0..<slots).map { slot in
            SubscribeNegotiation.Slot(
                audio: hasSound
                    ? Self.sound(
                        inSlot: slot, transportSequence: tellsSound ? Self.transportSequence : 0)
                    : nil,
                video: OutgoingTrack.Configuration(
                    mid: String(slot), isVideo: true, ssrc: SSRC(0x100 + UInt32(slot)),
                    retransmissionSSRC: usesRTX ? SSRC(0x200 + UInt32(slot)) : nil,
                    formats: [(Codec.vp8, 100), (.h264, 105), (.vp9, 107), (.av1, 109)].map {
                        codec, number in
                        OutgoingTrack.Format(
                            codec: codec, payloadType: number,
                            retransmissionPayloadType: usesRTX ? number + 1 : nil)
                    },
                    extensions: ForwardedExtensionIDs(
                        dependencyDescriptor: ScriptedHost.dependencyDescriptor),
                    transportSequence: tellsArrivals ? Self.transportSequence : 0,
                    errorCorrection: takesRepairs
                        ? OutgoingTrack.ErrorCorrection(
                            payloadType: 102, ssrc: SSRC(0x400 + UInt32(slot))) : nil))
        }
        if tellsArrivals { recorders[introductions.count] = TransportFeedbackRecorder() }
        return add(
            name, .viewer(slots),
            host.map { .subscribe(to: ParticipantID($0)) } ?? .subscribeToStage, on: stage,
            shakesHands: shakesHands)
    }

    /// - Parameter shakesHands: DTLS is made, for which OpenSSL draws its own random numbers; otherwise both
    ///     ends have the keys already.
    mutating func add(
        _ name: String, _ role: PeerSetup.Role, _ direction: MediaSession.Direction,
        on stage: String, from address: TransportAddress? = nil, shakesHands: Bool = false
    ) -> Int {
        let home = home(of: introductions.count)
        let introduction = Introduction(
            number: UInt64(introductions.count + 1), seed: 7, owner: home)
        introductions.append(introduction)
        let fingerprint = shakesHands ? certificate.fingerprint : nil
        var setup = introduction.setup(role, direction: direction, fingerprint: fingerprint)
        setup.session.participant = ParticipantID(name)
        setup.session.stage = StageID(stage)
        handle(.add(setup), by: home)
        let transport = fingerprint.map {
            SecureTransport(context: dtls, role: .client, remoteFingerprint: $0)
        }
        return clients.insert(
            introduction.client(of: Self.server, from: address, over: transport, at: now))!
    }

    /// Shows a host of one stage on another one too, or ends that.
    package mutating func replicate(
        _ name: String, from source: String, to destination: String, ends: Bool = false
    ) {
        let replication = MediaReplication(
            participant: ParticipantID(name), source: StageID(source),
            destination: StageID(destination))
        handleEverywhere(ends ? .stopReplicating(replication) : .replicate(replication))
    }

    package func resource(of client: Int) -> ResourceID { introductions[client].resource }

    package mutating func setForwarding(of name: String, audio: Bool, video: Bool) {
        handleEverywhere(
            .setForwarding(
                ParticipantID(name), StageID("stage"), Forwarded(audio: audio, video: video)))
    }

    /// What a viewer says on the events socket of a publisher's picture.
    package mutating func setWish(
        of viewer: Int, for publisher: String, _ change: (inout PictureWish) -> Void
    ) {
        var wish = PictureWish()
        change(&wish)
        handle(
            .setWish(wish, of: ParticipantID(publisher), for: resource(of: viewer)),
            by: home(of: viewer))
    }

    mutating func setTold(_ resource: ResourceID, _ isTold: Bool, byWorkerOf client: Int) {
        handle(.setTold(resource, isTold), by: home(of: client))
    }

    package mutating func remove(_ client: Int) {
        handle(.remove(resource(of: client)), by: home(of: client))
        silent.insert(client)
    }

    /// The client vanishes without a word.
    package mutating func silence(_ client: Int) { silent.insert(client) }

    /// The client's network changes: it has another address from now on, which it does not notice.
    /// - Returns: the address that it had.
    @discardableResult
    package mutating func move(_ client: Int) -> TransportAddress {
        let former = clients[client].address
        moves += 1
        clients[client].address = TransportAddress(ipv4: 0x0A00_8000 + moves, port: 4000)
        network.move(former, to: clients[client].address)
        return former
    }

    package func isConnected(_ client: Int) -> Bool { clients[client].isConnected }

    // MARK: - What is sent

    /// Sends one packet of a picture, a keyframe's first when `size` is given; `mark` is its last
    /// byte.
    package mutating func sendPicture(
        from client: Int, ssrc: UInt32, rid: String? = nil, size: (width: Int, height: Int)? = nil,
        mark: UInt8 = 0, bytes: Int = 200
    ) {
        var payload: [UInt8] = [0x10, size == nil ? 1 : 0, 0, 0]
        if let size {
            payload += [0x9D, 0x01, 0x2A, UInt8(size.width & 0xFF), UInt8(size.width >> 8)]
            payload += [UInt8(size.height & 0xFF), UInt8(size.height >> 8)]
        }
        payload += [UInt8](repeating: mark, count: bytes)
        send(
            payload, from: client, ssrc: ssrc, payloadType: 96,
            element: rid.map { (10, Array($0.utf8)) })
    }

    mutating func send(
        _ payload: [UInt8], from client: Int, ssrc: UInt32, payloadType: UInt8,
        element: (id: UInt8, value: [UInt8])? = nil, timestamp: UInt32? = nil
    ) {
        let index = nextIndex[ssrc, default: 1000]
        nextIndex[ssrc] = index + 1
        clients[client].sendRTP(
            SimulatedPacket(
                index: index,
                timestamp: timestamp ?? UInt32(truncatingIfNeeded: now.nanoseconds / 11_111),
                marker: true, payload: payload),
            ssrc: SSRC(ssrc), payloadType: payloadType, element: element, at: now,
            over: &network)
    }

    /// Loses the next packets of a stream before they are sent.
    package mutating func skip(_ count: Int64, of ssrc: UInt32) {
        nextIndex[ssrc, default: 1000] += count
    }

    package mutating func sendRTCP(
        from client: Int, _ write: (inout ByteWriter) -> Void
    ) {
        clients[client].sendRTCP(at: now, over: &network, write)
    }

    /// Hands the worker a datagram as it is, from a client's address or from a strange one.
    package mutating func inject(_ bytes: [UInt8], as client: Int?) {
        let stranger = TransportAddress(ipv4: 0xC633_6401, port: 9)
        let source = client.map { clients[$0].address } ?? stranger
        workers[socket(for: source)].receive(
            bytes.rawSpan, from: source, at: now, into: &sink)
    }

    // MARK: - Time

    package mutating func run(milliseconds: Int) {
        let end = now + .milliseconds(milliseconds)
        while now < end {
            step()
            if isIdle { skip(before: end) }
        }
    }

    private mutating func step() {
        now = now + .milliseconds(1)
        sink.now = now
        for client in 0..<clients.endIndex where !silent.contains(client) {
            clients[client].advance(to: now, over: &network)
        }
        tellArrivals()
        act()
        let due = network.deliver(at: now)
        isIdle = due.isEmpty
        for datagram in due { deliver(datagram) }
        exchange()
        for index in 0..<workerCount {
            while workers[index].hasHandshakes {
                workers[index].advanceHandshakes(at: now, into: &sink)
            }
            workers[index].endTurn(at: now, into: &sink)
            if let due = workers[index].wakeup, due <= now {
                workers[index].advance(to: now, into: &sink)
            }
            let news = workers[index].takeReports()
            noteOrders(in: news)
            reports += news
        }
        sink.send(at: now, over: &network)
    }

    /// Lets whole milliseconds pass in which nothing is to be done.
    private mutating func skip(before end: Instant) {
        let idle = (min(soonest, end) - now).nanoseconds - 1
        if idle >= 1_000_000 { now = now + .milliseconds(idle / 1_000_000) }
    }

    /// When something is next to be done.
    private var soonest: Instant {
        var next = min(network.nextDelivery ?? .distantFuture, soonestOfScripts)
        for index in 0..<workerCount {
            if !workers[index].outbox.isEmpty { return now }
            next = min(next, workers[index].wakeup ?? .distantFuture)
        }
        for client in 0..<clients.endIndex where !silent.contains(client) {
            next = min(next, clients[client].connection.wakeup ?? .distantFuture)
        }
        guard recorders.values.contains(where: \.hasPending) else { return next }
        return min(next, now + .milliseconds(1))
    }

    /// Hands over what the workers have for each other. A worker may be late: what it has said stays
    /// in its order, but comes before or after what others say, as chance has it.
    private mutating func exchange() {
        for index in 0..<workerCount where !workers[index].outbox.isEmpty {
            guard Bool.random(using: &chance) else { continue }
            let commands = workers[index].outbox.commands
            let records = workers[index].outbox.records.map {
                ($0.worker, workers[index].outbox.bytes.bytes(in: $0.range).array)
            }
            workers[index].outbox.removeAll()
            for (worker, command) in commands { handle(command, by: worker) }
            for (worker, record) in records {
                // The first byte of a record says what it is.
                if record[0] == 1 { packetsHandedOver += 1 }
                workers[worker].take(record.rawSpan, into: &sink)
            }
        }
    }

    private mutating func deliver(_ datagram: VirtualNetwork.Datagram) {
        if datagram.destination == Self.server {
            return workers[socket(for: datagram.source)].receive(
                datagram.bytes.rawSpan, from: datagram.source, at: now, into: &sink)
        }
        for client in 0..<clients.endIndex
        where clients[client].address == datagram.destination && !silent.contains(client) {
            let isKept = keptClients.contains(client)
            // Neither STUN and DTLS nor RTCP (RFC 5761 §4).
            if isKept, datagram.bytes.count > 12, (128...191).contains(datagram.bytes[0]),
                !(192...223).contains(datagram.bytes[1])
            {
                sealed[client, default: []].append(datagram.bytes)
            }
            guard !deaf.contains(client) else { return }
            let result = clients[client].receive(datagram, at: now, over: &network)
            if isKept, result.input == .rtp { opened[client, default: []].append(result.clear) }
            if takeByScript(result.input, result.clear, at: client, of: datagram.deliverAt) {
                return
            }
            if result.input == .rtp { note(result.clear, at: client) }
            if result.input == .rtcp { noteRequests(result.clear, at: client) }
            if datagram.bytes.count > 1, (200...207).contains(datagram.bytes[1]) {
                largestRTCP = max(largestRTCP, datagram.bytes.count)
            }
        }
    }

    private mutating func note(_ packet: [UInt8], at client: Int) {
        guard let header = try? RTPHeader(parsing: packet.rawSpan) else { return }
        noteArrival(of: packet, header: header, at: client)
        received[client, default: []].append(
            Received(
                ssrc: header.ssrc.rawValue, sequence: header.sequenceNumber.rawValue,
                timestamp: header.timestamp.rawValue,
                mark: header.payload.isEmpty ? 0 : packet[header.payload.upperBound - 1],
                size: packet.count, padding: header.paddingCount,
                payloadType: header.payloadType,
                firstWord: header.payload.count < 2
                    ? 0 : packet.rawSpan.uint16(at: header.payload.lowerBound), at: now))
    }

    private mutating func noteRequests(_ rtcp: [UInt8], at client: Int) {
        var cursor = RTCPCursor()
        while let packet = try? cursor.next(in: rtcp.rawSpan) {
            switch packet {
            case .pictureLoss(let media):
                keyframeRequests[client, default: []].append(
                    KeyframeRequest(ssrc: media.rawValue, at: now))
            case .extendedReport(let sender, let blocks):
                noteReferenceTimes(of: sender, in: rtcp, blocks, at: client)
            default: break
            }
        }
    }

    private mutating func noteReferenceTimes(
        of sender: SSRC, in rtcp: [UInt8], _ blocks: Range<Int>, at client: Int
    ) {
        var cursor = ExtendedReportCursor(blocks)
        while let block = try? cursor.next(in: rtcp.rawSpan) {
            guard case .receiverReferenceTime(let ntp) = block else { continue }
            referenceTimes[client, default: []].append(
                ReferenceTime(sender: sender, ntp: ntp, at: now))
        }
    }
}

extension SimulatedRoom {
    /// The publishers of a whole-stage viewer's slots as they were reported last.
    package func slots(of viewer: Int) -> [String?] {
        for case .slots(resource(of: viewer), let slots) in reports.reversed() {
            return slots.map { $0.participant?.rawValue }
        }
        return []
    }

    /// What was reported last of a client's network.
    package func latency(of client: Int) -> LatencyReport? {
        for case .latency(resource(of: client), let report) in reports.reversed() {
            return report
        }
        return nil
    }

    /// The layers that a viewer was said to get, each with its reason.
    package func layers(of viewer: Int) -> [String] {
        reports.compactMap { report in
            guard case .layer(resource(of: viewer), let publisher, let layer, let reason) = report
            else { return nil }
            return "\(publisher.rawValue) \(layer ?? "paused") \(reason.rawValue)"
        }
    }

    /// Has a host echo the newest reference time that it got, as libwebrtc does with its sender
    /// reports; `held` is for how long it says that it had it.
    package mutating func echo(from host: Int, held: Duration? = nil) {
        guard let reference = referenceTimes[host]?.last else { return }
        let held = held ?? now - reference.at
        sendRTCP(from: host) {
            RTCPWriter.referenceTimeEchoes(
                sender: SSRC(1),
                [
                    ReferenceTimeEcho(
                        receiver: reference.sender, lastReference: NTPTime.middle(reference.ntp),
                        delaySinceLastReference: UInt32(held.nanoseconds * 65_536 / 1_000_000_000))
                ], into: &$0)
        }
    }

    package func ended(_ client: Int) -> EndReason? {
        for case .ended(resource(of: client), let reason) in reports { return reason }
        return nil
    }

    /// Restarts a client's ICE on both sides, from the address where it is now.
    package mutating func reconnect(_ client: Int, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let server = ICECredentials.random(owner: home(of: client), using: &random)
        let remote = ICECredentials.random(using: &random)
        handle(
            .restartICE(resource(of: client), local: server, remote: remote),
            by: home(of: client))
        clients[client].restartICE(
            local: remote, remote: server, tieBreaker: random.next(), at: now)
    }

    /// Restarts a client's ICE in the worker, with credentials that the client does not take up.
    package mutating func restartICE(_ client: Int, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        handle(
            .restartICE(
                resource(of: client), local: .random(owner: home(of: client), using: &random),
                remote: .random(using: &random)), by: home(of: client))
    }
}
