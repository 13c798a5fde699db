package import StageAPI

/// Whoever answers the operations of the API.
package protocol APIResponder: Sendable {
    func respond(to request: APIRequest) async -> APIResponse
}
