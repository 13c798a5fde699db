package import Primitives

/// The controlling half of a full ICE agent (RFC 8445) with one local candidate, as a client of
/// ``LiteAgent`` needs it: checks the remote candidates in their order, nominates the first that
/// answers, and keeps consent (RFC 7675) on it.
///
/// Consent checks carry USE-CANDIDATE again, as libwebrtc's do towards a lite peer, so that the
/// server follows when a NAT moves the client.
package struct ControllingAgent: ~Copyable {
    package typealias Outcome = ICEOutcome

    /// The remote candidate that was nominated.
    package private(set) var selected: TransportAddress?
    /// The remote candidate that is being nominated, or was: DTLS may go there, as libwebrtc's does, while the
    /// nomination is under way.
    package var usable: TransportAddress? { nominee.map { pairs[$0].remote } }
    /// Our own address as the peer sees it, once it has answered.
    package private(set) var reflexive: TransportAddress?
    /// When the agent has to be given up unless another response comes.
    package private(set) var expiresAt: Instant

    private let local: CredentialBytes
    private let remote: CredentialBytes
    private let tieBreaker: UInt64
    private var generator: SeededGenerator
    private var pairs: [CandidatePair]
    /// The pair that is being nominated, or is selected.
    private var nominee: Int?
    /// No request goes out before this.
    private var nextSendAt: Instant

    /// - Parameters:
    ///   - tieBreaker: 64 random bits (RFC 8445 §16.1); also what transaction ids and the times of
    ///     consent checks follow from, so that the same number gives the same run.
    ///   - remoteCandidates: in the order of their priority; the first
    ///     ``ICELimits/remoteCandidates`` are used.
    package init(
        local: ICECredentials, remote: ICECredentials, tieBreaker: UInt64,
        remoteCandidates: [TransportAddress], at now: Instant
    ) {
        self.local = CredentialBytes(local)
        self.remote = CredentialBytes(remote)
        self.tieBreaker = tieBreaker
        generator = SeededGenerator(seed: tieBreaker)
        pairs = remoteCandidates.prefix(ICELimits.remoteCandidates).map(CandidatePair.init)
        nextSendAt = now
        expiresAt = now + ICELimits.connectTimeout
    }

    /// True when no path was confirmed in time, or the peer has stopped answering.
    package func hasExpired(at now: Instant) -> Bool { now >= expiresAt }

    /// When ``advance(to:into:)`` next has something to send; `nil` when all checks have failed.
    package var wakeup: Instant? {
        guard let due = nextRequest?.at else { return nil }
        return max(due, nextSendAt)
    }

    /// Appends the request that is due at `now`, if there is one, and returns where it goes. Call
    /// again until it returns `nil`. `output` needs ``ICELimits/requestSize`` bytes of room.
    package mutating func advance(
        to now: Instant, into output: inout ByteWriter
    ) -> TransportAddress? {
        while now >= nextSendAt, let next = nextRequest, now >= next.at {
            if pairs[next.index].isExhausted {
                pairs[next.index].state = .failed
                if nominee == next.index { nominee = nil }
                continue
            }
            return send(on: next.index, at: now, into: &output)
        }
        return nil
    }

    /// Handles a STUN datagram; appends the reply to a request to `reply`, which needs
    /// ``ICELimits/replySize`` bytes of room.
    package mutating func receive(
        _ datagram: RawSpan, from source: TransportAddress, at now: Instant,
        reply: inout ByteWriter
    ) -> Outcome {
        let message: STUNMessage
        do throws(STUNViolation) {
            message = try STUNMessage(parsing: datagram)
        } catch {
            return .violation(.malformed(error))
        }
        guard message.method == STUNMessage.binding else { return .ignored(.method) }
        switch message.messageClass {
        case .indication: return .ignored(.indication)
        case .request: return answer(message, datagram, from: source, reply: &reply)
        case .success, .failure: return conclude(message, datagram, from: source, at: now)
        }
    }
}

/// One remote candidate and how far its checks are. There is one local candidate, so a remote one
/// is a pair.
struct CandidatePair {
    enum State: Equatable {
        case waiting
        /// Checked without an answer so far.
        case checking
        /// A check has succeeded; kept in case that the nomination of another pair fails.
        case succeeded
        case failed
        case nominating
        case selected
    }

    let remote: TransportAddress
    var state = State.waiting
    var transactionID = STUNMessage.TransactionID(high: 0, low: 0)
    /// How often the current check was sent.
    var transmissions = 0
    /// When it is sent again, or is given up.
    var nextAt = Instant.zero

    init(_ remote: TransportAddress) { self.remote = remote }

    /// True when the current check was sent as often as it may be. Consent checks are new ones
    /// each time, and end with the consent.
    var isExhausted: Bool {
        (state == .checking || state == .nominating)
            && transmissions >= ICELimits.checkTransmissions
    }
}

extension ControllingAgent {
    /// The pair whose request is due first, and when.
    private var nextRequest: (index: Int, at: Instant)? {
        if let nominee { return (nominee, pairs[nominee].nextAt) }
        var best: (index: Int, at: Instant)?
        for index in pairs.indices {
            let pair = pairs[index]
            guard pair.state == .waiting || pair.state == .checking || pair.state == .succeeded
            else { continue }
            if best == nil || pair.nextAt < best!.at { best = (index, pair.nextAt) }
        }
        return best
    }

    private mutating func send(
        on index: Int, at now: Instant, into output: inout ByteWriter
    ) -> TransportAddress {
        switch pairs[index].state {
        case .waiting: begin(.checking, on: index)
        case .succeeded: startNominating(index)
        case .selected: begin(.selected, on: index)
        case .checking, .nominating, .failed: break
        }
        let pair = pairs[index]
        writeCheck(pair, into: &output)
        pairs[index].transmissions += 1
        pairs[index].nextAt = now + interval(after: pair)
        nextSendAt = now + ICELimits.checkInterval
        return pair.remote
    }

    private mutating func begin(_ state: CandidatePair.State, on index: Int) {
        pairs[index].state = state
        pairs[index].transmissions = 0
        pairs[index].transactionID = STUNMessage.TransactionID(
            high: UInt32(truncatingIfNeeded: generator.next()), low: generator.next())
    }

    private mutating func startNominating(_ index: Int) {
        begin(.nominating, on: index)
        nominee = index
    }

    /// The time from this transmission to the next: doubled each time for a check, 4 to 6 s for
    /// consent.
    private mutating func interval(after pair: CandidatePair) -> Duration {
        guard pair.state == .selected else {
            return min(
                ICELimits.checkTimeout * (1 << pair.transmissions), ICELimits.maximumCheckTimeout)
        }
        let percent = Int(generator.next() % 41) + 80
        return ICELimits.consentInterval * percent / 100
    }

    private func writeCheck(_ pair: CandidatePair, into output: inout ByteWriter) {
        let writer = STUNWriter(.request, transactionID: pair.transactionID, into: &output)
        writer.username(receiver: remote.ufrag, sender: local.ufrag, into: &output)
        writer.iceControlling(tieBreaker, into: &output)
        if pair.state != .checking { writer.useCandidate(into: &output) }
        // A peer-reflexive candidate of type preference 110 (RFC 8445 §7.1.1).
        writer.priority(110 << 24 | 65535 << 8 | 255, into: &output)
        writer.finish(&output, key: remote.password)
    }

    private func answer(
        _ message: STUNMessage, _ datagram: RawSpan, from source: TransportAddress,
        reply: inout ByteWriter
    ) -> ICEOutcome {
        guard message.username != nil, message.integrityOffset != nil else {
            return .violation(.missingCredentials)
        }
        guard let ufrag = message.localUfrag(in: datagram), datagram.equals(local.ufrag, in: ufrag)
        else { return .violation(.unknownUsername) }
        guard message.isAuthentic(datagram, key: local.password) else {
            return .violation(.badIntegrity)
        }
        if !message.unknownRequired.isEmpty {
            STUNWriter.refuse(message, with: 420, key: local.password, into: &reply)
        } else if message.iceControlling != nil {
            STUNWriter.refuse(message, with: 487, key: local.password, into: &reply)
        } else {
            STUNWriter.accept(message, from: source, key: local.password, into: &reply)
        }
        return .replied
    }

    private mutating func conclude(
        _ message: STUNMessage, _ datagram: RawSpan, from source: TransportAddress, at now: Instant
    ) -> ICEOutcome {
        let id = message.transactionID
        guard
            let index = pairs.firstIndex(where: {
                $0.transmissions > 0 && $0.transactionID == id && $0.state != .failed
            })
        else { return .ignored(.unexpectedResponse) }
        guard message.isAuthentic(datagram, key: remote.password) else {
            return .violation(.badIntegrity)
        }
        guard source == pairs[index].remote else { return fail(index, .asymmetricPath) }
        guard message.messageClass == .success else {
            return fail(index, .refused(message.errorCode ?? 500))
        }
        return succeed(index, message, at: now)
    }

    private mutating func fail(_ index: Int, _ violation: ICEViolation) -> ICEOutcome {
        // Consent is only lost by its own time, not by what one response says (RFC 7675 §5.1).
        if pairs[index].state != .selected {
            pairs[index].state = .failed
            if nominee == index { nominee = nil }
        }
        return .violation(violation)
    }

    private mutating func succeed(
        _ index: Int, _ message: STUNMessage, at now: Instant
    ) -> ICEOutcome {
        reflexive = message.xorMappedAddress ?? reflexive
        switch pairs[index].state {
        case .checking:
            pairs[index].state = .succeeded
            pairs[index].nextAt = now
            if nominee == nil { startNominating(index) }
            return .ignored(.confirmed)
        case .nominating:
            pairs[index].state = .selected
            selected = pairs[index].remote
            pairs[index].nextAt = now + ICELimits.consentInterval
            expiresAt = now + ICELimits.consentTimeout
            return .nominated(pairs[index].remote)
        case .selected:
            expiresAt = now + ICELimits.consentTimeout
            return .ignored(.confirmed)
        case .waiting, .succeeded, .failed:
            return .ignored(.unexpectedResponse)
        }
    }
}
