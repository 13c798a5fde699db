/// An API request as the service sees it, before anything was decoded: what Signature V4 is computed
/// over. No HTTP server in sight.
package struct APIRequest: Sendable {
    package var method: String
    /// The path as it stood on the request line, percent-encoding included, without the query.
    package var path: String
    /// The query as it stood, without the question mark; empty when there is none.
    package var query: String
    /// Header fields in order, names as received.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(
        method: String, path: String, query: String, headers: [(name: String, value: String)],
        body: [UInt8]
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }
}

package struct APIResponse: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
