import DatagramIO
import LoadGenerator
import Primitives
import Synchronization
import Telemetry

/// The generator's clock.
enum LoadClock {
    static func now() -> Instant { SystemClock.now() }
}

/// What has become of each client: written by those who join and by the generator's thread, read by
/// whoever waits or reports.
final class JoinLedger: Sendable {
    struct Totals: Sendable {
        var asked = 0
        /// Viewers that have found a keyframe, those that left since included.
        var succeeded = 0
        var failed = 0
        var publishers = 0
        var firstAskedAt: Instant?
        var lastSucceededAt: Instant?
        var firstPacket = LatencyHistogram()
        var firstFrame = LatencyHistogram()
        /// How often each reason was given.
        var errors: [String: Int] = [:]

        /// Between the first join that was asked for and the last that succeeded.
        var joinsPerSecond: Double {
            guard let firstAskedAt, let lastSucceededAt, lastSucceededAt > firstAskedAt else {
                return 0
            }
            return Double(succeeded) / (lastSucceededAt - firstAskedAt).seconds
        }
    }

    enum Standing: Hashable, Sendable { case joining, connected, playing, failed, gone }

    fileprivate struct State {
        var totals = Totals()
        var standings: [ClientID: Standing] = [:]
        var connected: Set<ClientID> = []
    }

    private let state = Mutex(State())

    var totals: Totals { state.withLock { $0.totals } }

    /// How many clients are connected now.
    var present: Int { state.withLock { $0.connected.count } }

    func standing(of id: ClientID) -> Standing? { state.withLock { $0.standings[id] } }

    /// A viewer begins to join.
    func ask(_ id: ClientID) {
        state.withLock { state in
            state.totals.asked += 1
            state.standings[id] = .joining
            if state.totals.firstAskedAt == nil { state.totals.firstAskedAt = LoadClock.now() }
        }
    }

    /// A publisher begins to join.
    func expectPublisher(_ id: ClientID) { state.withLock { $0.standings[id] = .joining } }

    /// A client that is about to leave by its own will.
    func dismiss(_ id: ClientID, isViewer: Bool) {
        state.withLock { state in
            let standing = state.standings[id]
            if isViewer, standing == .joining || standing == .connected {
                state.fail(id, "it left before the first keyframe", isViewer: true)
            }
            state.standings[id] = .gone
        }
    }

    func fail(_ id: ClientID, _ reason: String, isViewer: Bool) {
        state.withLock { $0.fail(id, reason, isViewer: isViewer) }
    }

    /// - Parameter isViewer: whether it is not a publisher.
    func note(_ event: ClientEvent, isViewer: (ClientID) -> Bool) {
        state.withLock { state in
            switch event {
            case .connected(let id, _):
                state.standings[id] = .connected
                state.connected.insert(id)
                if !isViewer(id) { state.totals.publishers += 1 }
            case .firstPacket(_, let time):
                state.totals.firstPacket.record(nanoseconds: UInt64(max(0, time.nanoseconds)))
            case .firstFrame(let id, let time):
                state.standings[id] = .playing
                state.totals.succeeded += 1
                state.totals.lastSucceededAt = LoadClock.now()
                state.totals.firstFrame.record(nanoseconds: UInt64(max(0, time.nanoseconds)))
            case .ended(let id, let end):
                state.connected.remove(id)
                guard end != .left else { return }
                state.fail(id, end.text, isViewer: isViewer(id))
            }
        }
    }
}

extension JoinLedger.State {
    fileprivate mutating func fail(_ id: ClientID, _ reason: String, isViewer: Bool) {
        // One that had its keyframe has succeeded, whatever becomes of it.
        if isViewer, standings[id] != .playing { totals.failed += 1 }
        standings[id] = .failed
        totals.errors[reason, default: 0] += 1
    }
}
