import Foundation
import LoadGenerator
import Primitives
import Synchronization

/// A Janus with its VideoRoom plugin. Publishers offer; viewers are offered all publishers of the run.
final class JanusTarget: LoadTarget {
    /// Janus ends a session after 60 s.
    private static let keepAliveInterval = Duration.seconds(25)

    private struct State {
        /// Publishers, by the ids that Janus gave them.
        var feeds: [UInt64] = []
        var handles: Set<JanusAPI.Handle> = []
        var keeper: Task<Void, Never>?
    }

    private let api: JanusAPI
    private let room: Int
    private let state = Mutex(State())

    init(api: JanusAPI, room: Int) {
        self.api = api
        self.room = room
    }

    func open(viewers: Int) {
        let keeper = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.keepAliveInterval)
                for handle in state.withLock({ $0.handles }) { await api.keepAlive(handle) }
            }
        }
        state.withLock { $0.keeper = keeper }
    }

    func close() {
        state.withLock { $0.keeper }?.cancel()
    }

    func join(
        _ draft: ClientDraft, id: ClientID, number: Int
    ) async throws(StartRefusal) -> JoinedClient {
        let startedAt = LoadClock.now()
        let handle = try await api.attach()
        _ = state.withLock { $0.handles.insert(handle) }
        do throws(StartRefusal) {
            let order =
                switch draft.role {
                case .publisher:
                    try await publish(draft, id, number: number, on: handle, startedAt)
                case .viewer: try await watch(draft, id, on: handle, startedAt)
                }
            return JoinedClient(order: order) { await self.leave(handle) }
        } catch {
            await leave(handle)
            throw error
        }
    }

    private func publish(
        _ draft: ClientDraft, _ id: ClientID, number: Int, on handle: JanusAPI.Handle,
        _ startedAt: Instant
    ) async throws(StartRefusal) -> ClientOrder {
        let event = try await api.ask(
            handle,
            JanusAPI.Body(
                request: "joinandconfigure", room: room, ptype: "publisher",
                display: "publisher-\(number + 1)"),
            jsep: JanusAPI.Event.JSEP(type: "offer", sdp: draft.offer))
        guard let answer = event.jsep, let feed = event.plugindata?.data.id else {
            throw StartRefusal(.general, "Janus did not answer a publisher's offer")
        }
        state.withLock { $0.feeds.append(feed) }
        return try draft.order(id, acceptingAnswer: answer.sdp, startedAt: startedAt)
    }

    private func watch(
        _ draft: ClientDraft, _ id: ClientID, on handle: JanusAPI.Handle, _ startedAt: Instant
    ) async throws(StartRefusal) -> ClientOrder {
        let streams = state.withLock { $0.feeds.map { JanusAPI.Body.Stream(feed: $0) } }
        let event = try await api.ask(
            handle,
            JanusAPI.Body(request: "join", room: room, ptype: "subscriber", streams: streams))
        guard let offer = event.jsep else {
            throw StartRefusal(.general, "Janus offered a viewer nothing")
        }
        let (order, answer) = try draft.order(id, takingOffer: offer.sdp, startedAt: startedAt)
        _ = try await api.ask(
            handle, JanusAPI.Body(request: "start", room: room),
            jsep: JanusAPI.Event.JSEP(type: "answer", sdp: answer))
        return order
    }

    private func leave(_ handle: JanusAPI.Handle) async {
        _ = state.withLock { $0.handles.remove(handle) }
        await api.destroy(handle)
    }
}
