import Foundation
import FoundationNetworking

/// A client's side of WHIP (RFC 9725), and of WHEP: an offer is posted, the session is deleted.
struct WHIPClient: Sendable {
    struct Session: Sendable {
        var answer: String
        var resource: URL
    }

    let url: URL
    /// Empty for a server that asks for none.
    let token: String
    let http: any HTTPSending

    func publish(offer: String) async throws(StartRefusal) -> Session {
        let response = try await http.send(
            request("POST", url, body: offer, type: "application/sdp"))
        guard response.status == 201, let location = response.header("Location"),
            let resource = URL(string: location, relativeTo: url)?.absoluteURL
        else { throw response.refusal(of: "the server did not take the offer") }
        return Session(answer: String(decoding: response.body, as: UTF8.self), resource: resource)
    }

    /// Ends a session. One that has ended already is no error.
    func end(_ session: Session) async {
        _ = try? await http.send(request("DELETE", session.resource))
    }

    private func request(
        _ method: String, _ url: URL, body: String? = nil, type: String? = nil
    ) -> URLRequest {
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.httpBody = body.map { Data($0.utf8) }
        if !token.isEmpty {
            request.setValue("Bearer " + token, forHTTPHeaderField: "Authorization")
        }
        if let type { request.setValue(type, forHTTPHeaderField: "Content-Type") }
        return request
    }
}
