import Foundation
import LoadGenerator

/// A server under load: how publishers and viewers join it.
protocol LoadTarget: Sendable {
    /// Makes what the clients need before any of them joins.
    /// - Parameter viewers: how many will join, one after the other or at once.
    func open(viewers: Int) async throws(StartRefusal)

    /// Joins a client.
    /// - Parameter number: counts the clients of a kind, from 0.
    func join(_ draft: ClientDraft, id: ClientID, number: Int) async throws(StartRefusal)
        -> JoinedClient

    /// Takes away what ``open(viewers:)`` made.
    func close() async
}

/// A client that a server has agreed to.
struct JoinedClient: Sendable {
    var order: ClientOrder
    /// Ends the session at the server. One that has ended already is no error.
    var leave: @Sendable () async -> Void
}

/// A server that speaks plain WHIP and WHEP.
struct PlainTarget: LoadTarget {
    /// Publishers post to it; `nil` when somebody else publishes.
    let whip: URL?
    let whep: URL?
    let token: String
    let whipToken: String
    let http: any HTTPSending

    func open(viewers: Int) {}
    func close() {}

    func join(
        _ draft: ClientDraft, id: ClientID, number: Int
    ) async throws(StartRefusal) -> JoinedClient {
        let (url, token) =
            switch draft.role {
            case .publisher: (whip, whipToken)
            case .viewer: (whep, token)
            }
        guard let url else { throw StartRefusal(.usage, "there is no URL for this client") }
        return try await WHIPClient(url: url, token: token, http: http).join(draft, id: id)
    }
}

extension WHIPClient {
    func join(
        _ draft: ClientDraft, id: ClientID
    ) async throws(StartRefusal) -> JoinedClient {
        let startedAt = LoadClock.now()
        let session = try await publish(offer: draft.offer)
        let order = try draft.order(id, acceptingAnswer: session.answer, startedAt: startedAt)
        return JoinedClient(order: order) { await end(session) }
    }
}
