import CSecurity
import Primitives

/// One DTLS association (RFC 6347) that exists for the keys of SRTP (RFC 5764): datagrams in,
/// datagrams out.
///
/// The one impurity of this module: OpenSSL 3.0's retransmission timer reads the clock itself.
/// ``timeout`` says how long it has to run, and ``handleTimeout(into:)`` does nothing before.
@safe
package struct DTLSTransport: ~Copyable {
    private enum State { case handshaking, established, over }

    package let role: DTLSRole
    /// How many datagrams with application data came and were dropped: this is not a data channel.
    package private(set) var applicationDatagrams = 0
    private var state = State.handshaking
    private var handshakeDatagrams = 0
    private let dtls: OpaquePointer

    /// - Parameters:
    ///   - remoteFingerprint: what the peer's session description promised.
    ///   - mtu: the largest datagram that is sent, in bytes; 256 at least.
    package init(
        context: DTLSContext, role: DTLSRole, remoteFingerprint: Fingerprint, mtu: Int = 1200
    ) {
        precondition((256...MediaSecurityLimits.datagramSize).contains(mtu))
        self.role = role
        // Sound because the digest has as many bytes as its algorithm says, and is copied. NULL
        // means that no memory was left.
        unsafe dtls = c_rostrum_dtls_create(
            context.pointer, role == .server, UInt32(mtu), remoteFingerprint.bytes,
            Int32(remoteFingerprint.bits))!
    }

    // Sound because nobody else frees it, and every other use is a borrow of `self`.
    deinit { unsafe c_rostrum_dtls_free(dtls) }

    /// Sends the ClientHello; a server waits for it instead.
    package mutating func start(into out: inout DTLSFlight) {
        guard role == .client, state == .handshaking else { return }
        _ = finish(unsafe drive(nil, into: &out))
    }

    /// Handles one datagram of the peer and adds what is to be sent to `out`.
    package mutating func receive(
        _ datagram: RawSpan, into out: inout DTLSFlight
    ) -> DTLSOutcome {
        guard state != .over, !datagram.isEmpty,
            datagram.byteCount <= MediaSecurityLimits.datagramSize
        else { return .ignored }
        if state == .handshaking {
            handshakeDatagrams += 1
            guard handshakeDatagrams <= MediaSecurityLimits.handshakeDatagrams else {
                return fail(.tooManyDatagrams)
            }
        }
        // Sound because C looks at the bytes during the call only.
        let result = unsafe datagram.withUnsafeBytes { unsafe drive($0, into: &out) }
        return finish(result)
    }

    /// The time until the retransmission timer fires; `nil` while none runs. Zero: call
    /// ``handleTimeout(into:)`` now.
    package var timeout: Duration? {
        guard state != .over else { return nil }
        let left = unsafe c_rostrum_dtls_timeout(dtls)
        return left < 0 ? nil : .microseconds(left)
    }

    /// Sends the last flight again when its timer has fired.
    package mutating func handleTimeout(into out: inout DTLSFlight) -> DTLSOutcome {
        guard state != .over else { return .ignored }
        // Sound because the sink is called only during the call, while the flight lives.
        let result = unsafe Outgoing.collect(into: &out) { sink, target in
            unsafe c_rostrum_dtls_handle_timeout(dtls, sink, target)
        }
        return finish(result)
    }

    /// Says goodbye and ends the association. The datagrams may be lost; the peer's other timers
    /// have to notice as well.
    package mutating func close(into out: inout DTLSFlight) {
        guard state == .established else {
            state = .over
            return
        }
        state = .over
        _ = unsafe Outgoing.collect(into: &out) { sink, target in
            unsafe c_rostrum_dtls_close(dtls, sink, target)
            return Int32(C_ROSTRUM_DTLS_CLOSED)
        }
    }

    /// `nil` stands for a flight that is too long.
    private func drive(
        _ datagram: UnsafeRawBufferPointer?, into out: inout DTLSFlight
    ) -> Int32? {
        // Sound because `datagram` outlives the call and the sink is called only during it.
        unsafe Outgoing.collect(into: &out) { sink, target in
            unsafe c_rostrum_dtls_drive(
                dtls, datagram?.baseAddress?.assumingMemoryBound(to: UInt8.self),
                datagram?.count ?? 0, sink, target)
        }
    }

    private mutating func finish(_ result: Int32?) -> DTLSOutcome {
        guard let result else { return fail(.flightTooLong) }
        switch Int(result) {
        case C_ROSTRUM_DTLS_ESTABLISHED: return establish()
        case C_ROSTRUM_DTLS_PENDING: return state == .handshaking ? .handshaking : .ignored
        case C_ROSTRUM_DTLS_DATA:
            applicationDatagrams += 1
            return .ignored
        case C_ROSTRUM_DTLS_CLOSED:
            state = .over
            return .closedByPeer
        case C_ROSTRUM_DTLS_FINGERPRINT_MISMATCH: return fail(.fingerprintMismatch)
        case C_ROSTRUM_DTLS_TIMED_OUT: return fail(.timedOut)
        default: return fail(state == .handshaking ? .handshake : .connection)
        }
    }

    private mutating func establish() -> DTLSOutcome {
        guard let profile = unsafe SRTPProfile(rawValue: c_rostrum_dtls_srtp_profile(dtls)) else {
            return fail(.noSRTPProfile)
        }
        var exported = [UInt8](
            repeating: 0, count: SRTPKeyingMaterial.exportSize(for: profile))
        // Sound because the array's own size is passed; it is cleansed before it is freed.
        let isExported = unsafe c_rostrum_dtls_export(dtls, &exported, exported.count)
        defer { unsafe c_rostrum_cleanse(&exported, exported.count) }
        guard isExported else { return fail(.handshake) }
        state = .established
        return .established(
            SRTPKeyingMaterial(profile: profile, role: role, exported: exported.rawSpan))
    }

    private mutating func fail(_ violation: DTLSViolation) -> DTLSOutcome {
        state = .over
        return .failed(violation)
    }
}

/// What C calls for each datagram that is to be sent.
private struct Outgoing {
    var flight: DTLSFlight
    var isTooLong = false

    typealias Body = (c_rostrum_sink, UnsafeMutableRawPointer) -> Int32

    /// Runs `body` and adds what it sends to `flight`; `nil` when that is too much.
    static func collect(into flight: inout DTLSFlight, _ body: Body) -> Int32? {
        let limit = flight.datagrams.count + MediaSecurityLimits.flightDatagrams
        var outgoing = Outgoing(flight: DTLSFlight())
        swap(&outgoing.flight, &flight)
        defer { swap(&outgoing.flight, &flight) }
        // Sound because the sink is called only within `body`, where `outgoing` lives and nothing
        // else touches it.
        let result = unsafe withUnsafeMutablePointer(to: &outgoing) { target in
            unsafe body(
                { target, bytes, count in
                    let outgoing = unsafe target.assumingMemoryBound(to: Outgoing.self)
                    let datagram = unsafe UnsafeBufferPointer(start: bytes, count: count)
                    unsafe outgoing.pointee.flight.datagrams.append(Array(datagram))
                }, UnsafeMutableRawPointer(target))
        }
        if outgoing.flight.datagrams.count > limit {
            outgoing.flight.datagrams.removeLast(outgoing.flight.datagrams.count - limit)
            return nil
        }
        return result
    }
}
