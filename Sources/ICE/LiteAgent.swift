package import Primitives

/// The server's ICE agent: lite (RFC 8445 §2.5), always controlled, with one component.
///
/// It answers checks, lets the peer choose the path, and takes every authenticated request as the
/// peer's consent to receive (RFC 7675). Requests that it cannot authenticate are not answered, so
/// that nobody can aim its replies at somebody else.
package struct LiteAgent: ~Copyable {
    package typealias Outcome = ICEOutcome
    package typealias IgnoredReason = ICEIgnoredReason

    /// Where media goes: the path that the peer nominated, or moved to. Until then the first one that a check
    /// has come over: libwebrtc nominates a lite peer's path when it has found it, and sends the first
    /// flight of its handshake at the same time, so that either may come first.
    package private(set) var selected: TransportAddress?
    /// When the agent has to be given up unless another request comes.
    package private(set) var expiresAt: Instant
    /// The peer's credentials as they were signalled last. A lite agent sends no checks, so they
    /// serve only to tell a restart from a repetition.
    package private(set) var remote: ICECredentials

    private var local: CredentialBytes
    /// What was in use before a restart, until the peer nominates with the new credentials.
    private var previous: CredentialBytes?
    /// The selected path's last nomination, with its PRIORITY; `nil` before there was one.
    private var nomination: (priority: UInt32, at: Instant)?
    /// When the selected path last brought a request.
    private var heardAt: Instant

    package init(local: ICECredentials, remote: ICECredentials, createdAt: Instant) {
        self.local = CredentialBytes(local)
        self.remote = remote
        expiresAt = createdAt + ICELimits.connectTimeout
        heardAt = createdAt
    }

    /// True when no path was found in time, or the peer has fallen silent.
    package func hasExpired(at now: Instant) -> Bool { now >= expiresAt }

    /// Takes new credentials of both sides (RFC 8445 §9). The ones in use stay valid, and the path
    /// stays selected, until the peer nominates a path with the new ones.
    package mutating func restart(local: ICECredentials, remote: ICECredentials, at now: Instant) {
        // A restart before the last one was taken up replaces that one, not the one in use.
        if previous == nil { previous = self.local }
        self.local = CredentialBytes(local)
        self.remote = remote
        if selected == nil { expiresAt = max(expiresAt, now + ICELimits.connectTimeout) }
    }

    /// Handles a STUN datagram and appends the reply, if there is one, to `reply`, which needs
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
        case .request: break
        case .indication: return .ignored(.indication)
        case .success, .failure: return .ignored(.unexpectedResponse)
        }
        switch authenticate(message, datagram) {
        case .failure(let violation):
            return .violation(violation)
        case .success(let generation):
            return answer(message, generation, from: source, at: now, reply: &reply)
        }
    }

    /// Which credentials a request was made with.
    private enum Generation { case current, previous }

    private func authenticate(
        _ message: STUNMessage, _ datagram: RawSpan
    ) -> Result<Generation, ICEViolation> {
        guard message.username != nil, message.integrityOffset != nil else {
            return .failure(.missingCredentials)
        }
        // RFC 8445 §7.3: only the first part of the name is checked; it is the one that we made.
        guard let ufrag = message.localUfrag(in: datagram) else {
            return .failure(.unknownUsername)
        }
        if datagram.equals(local.ufrag, in: ufrag) {
            return message.isAuthentic(datagram, key: local.password)
                ? .success(.current) : .failure(.badIntegrity)
        }
        if let previous, datagram.equals(previous.ufrag, in: ufrag) {
            return message.isAuthentic(datagram, key: previous.password)
                ? .success(.previous) : .failure(.badIntegrity)
        }
        return .failure(.unknownUsername)
    }

    private mutating func answer(
        _ message: STUNMessage, _ generation: Generation, from source: TransportAddress,
        at now: Instant, reply: inout ByteWriter
    ) -> Outcome {
        let key = generation == .previous ? previous!.password : local.password
        if let code = refusal(of: message) {
            STUNWriter.refuse(message, with: code, key: key, into: &reply)
            return .replied
        }
        STUNWriter.accept(message, from: source, key: key, into: &reply)
        if selected != nil { expiresAt = now + ICELimits.consentTimeout }
        if selected == source { heardAt = now }
        guard message.useCandidate else {
            return follow(source, at: now) ? .nominated(source) : .replied
        }
        return nominate(source, message.priority ?? 0, generation, at: now)
            ? .nominated(source) : .replied
    }

    /// The error code that a request earns; `nil` for a good one.
    private func refusal(of message: STUNMessage) -> UInt16? {
        if !message.unknownRequired.isEmpty { return 420 }
        // A lite agent cannot take the controlling role, so the peer has to (RFC 8445 §6.1.1).
        if message.iceControlled != nil { return 487 }
        return nil
    }

    /// Whether a check without a nomination moves the path: a NAT or another network has given the peer
    /// a new address, and not every client nominates again what it takes for the same path.
    private mutating func follow(_ source: TransportAddress, at now: Instant) -> Bool {
        if let selected {
            guard selected != source, now >= heardAt + ICELimits.pathSilence else { return false }
        }
        selected = source
        heardAt = now
        expiresAt = now + ICELimits.consentTimeout
        return true
    }

    /// Whether the peer's nomination of `source` changes anything but times.
    private mutating func nominate(
        _ source: TransportAddress, _ priority: UInt32, _ generation: Generation, at now: Instant
    ) -> Bool {
        let isTakeOver = generation == .current && previous != nil
        if selected == source, !isTakeOver {
            nomination = (priority, now)
            return false
        }
        if let nomination, !isTakeOver {
            guard
                priority >= nomination.priority
                    || now >= nomination.at + ICELimits.nominationHold
            else { return false }
        }
        if generation == .current { previous = nil }
        selected = source
        nomination = (priority, now)
        heardAt = now
        expiresAt = now + ICELimits.consentTimeout
        return true
    }
}

extension STUNWriter {
    /// Appends the success response to a Binding request.
    static func accept(
        _ request: STUNMessage, from source: TransportAddress, key: [UInt8],
        into reply: inout ByteWriter
    ) {
        let writer = STUNWriter(.success, transactionID: request.transactionID, into: &reply)
        writer.xorMappedAddress(source, into: &reply)
        writer.finish(&reply, key: key)
    }

    /// Appends an error response to a Binding request.
    static func refuse(
        _ request: STUNMessage, with code: UInt16, key: [UInt8], into reply: inout ByteWriter
    ) {
        let writer = STUNWriter(.failure, transactionID: request.transactionID, into: &reply)
        writer.errorCode(code, into: &reply)
        if code == 420 { writer.unknownAttributes(request.unknownRequired, into: &reply) }
        writer.finish(&reply, key: key)
    }
}
