import Foundation
import FoundationNetworking

/// Janus' HTTP API, as far as its VideoRoom needs it: requests are posted, events are polled for.
struct JanusAPI: Sendable {
    /// A session with one handle of the VideoRoom in it.
    struct Handle: Hashable, Sendable {
        var session: UInt64
        var handle: UInt64
    }

    /// What a request of the VideoRoom came to.
    struct Event: Decodable, Sendable {
        struct Plugin: Decodable, Sendable {
            struct Content: Decodable, Sendable {
                var videoroom: String?
                /// Of the publisher that has joined.
                var id: UInt64?
                var error: String?
            }
            var data: Content
        }
        struct JSEP: Codable, Sendable {
            var type: String
            var sdp: String
        }
        var janus: String
        var plugindata: Plugin?
        var jsep: JSEP?
    }

    struct Body: Encodable, Sendable {
        struct Stream: Encodable, Sendable { var feed: UInt64 }
        var request: String
        var room: Int?
        var ptype: String?
        var display: String?
        var streams: [Stream]?
    }

    private struct Request: Encodable {
        var janus: String
        var transaction = "load"
        var plugin: String?
        var body: Body?
        var jsep: Event.JSEP?
    }

    private struct Reply: Decodable {
        struct Identity: Decodable { var id: UInt64 }
        struct Failure: Decodable { var reason: String }
        var janus: String
        var data: Identity?
        var error: Failure?
    }

    /// Events that are read while one is waited for: what else happens meanwhile is told too.
    private static let patience = 50

    let url: URL
    let http: any HTTPSending

    func attach() async throws(StartRefusal) -> Handle {
        let session = try await identity(Request(janus: "create"), at: url)
        let place = url.appendingPathComponent("\(session)")
        let handle = try await identity(
            Request(janus: "attach", plugin: "janus.plugin.videoroom"), at: place)
        return Handle(session: session, handle: handle)
    }

    /// Sends a request to the VideoRoom and waits for what comes of it.
    func ask(
        _ handle: Handle, _ body: Body, jsep: Event.JSEP? = nil
    ) async throws(StartRefusal) -> Event {
        let session = url.appendingPathComponent("\(handle.session)")
        _ = try await post(
            Request(janus: "message", body: body, jsep: jsep),
            to: session.appendingPathComponent("\(handle.handle)"))
        for _ in 0..<Self.patience {
            let answer = try await http.send(URLRequest(url: session))
            guard answer.status == 200,
                let event = try? JSONDecoder().decode(Event.self, from: Data(answer.body))
            else { throw answer.refusal(of: "Janus did not say what came of \(body.request)") }
            if let error = event.plugindata?.data.error {
                throw StartRefusal(.general, "Janus refuses \(body.request): \(error)")
            }
            if event.janus == "event", event.plugindata != nil { return event }
        }
        throw StartRefusal(.general, "Janus did not answer \(body.request)")
    }

    /// One that is gone already is no error.
    func destroy(_ handle: Handle) async {
        let place = url.appendingPathComponent("\(handle.session)")
        _ = try? await post(Request(janus: "destroy"), to: place)
    }

    /// A session of which nothing is heard for a minute is ended.
    func keepAlive(_ handle: Handle) async {
        let place = url.appendingPathComponent("\(handle.session)")
        _ = try? await post(Request(janus: "keepalive"), to: place)
    }

    private func identity(
        _ request: Request, at place: URL
    ) async throws(StartRefusal) -> UInt64 {
        let reply = try await post(request, to: place)
        guard let id = reply.data?.id else {
            throw StartRefusal(
                .general, "Janus refuses to \(request.janus): \(reply.error?.reason ?? "no id")")
        }
        return id
    }

    private func post(_ body: Request, to place: URL) async throws(StartRefusal) -> Reply {
        var request = URLRequest(url: place)
        request.httpMethod = "POST"
        request.httpBody = try? JSONEncoder().encode(body)
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        let answer = try await http.send(request)
        guard answer.status == 200,
            let reply = try? JSONDecoder().decode(Reply.self, from: Data(answer.body))
        else { throw answer.refusal(of: "Janus cannot be spoken to at \(place.absoluteString)") }
        if let error = reply.error {
            throw StartRefusal(.general, "Janus refuses to \(body.janus): \(error.reason)")
        }
        return reply
    }
}
