package import Primitives

/// Signs requests as AWS's clients do: for our own client commands, and for tests.
package struct SignatureV4Signer: Sendable {
    package var key: AccessKey
    package var region: String
    /// `ivs` for this API.
    package var service: String

    package init(key: AccessKey, region: String, service: String = "ivs") {
        self.key = key
        self.region = region
        self.service = service
    }

    /// - Parameters:
    ///   - path: as it will stand on the request line, percent-encoded, without the query.
    ///   - query: as it will stand on the request line, without the question mark.
    ///   - headers: what the request will have; `Host` must be among them. All are signed.
    /// - Returns: the headers to send: those given, `X-Amz-Date` and `Authorization`.
    package func sign(
        method: String, path: String, query: String = "",
        headers: [(name: String, value: String)], body: [UInt8], at now: WallTime
    ) -> [(name: String, value: String)] {
        let date = SignatureDate.text(now)
        let headers = headers + [(name: "X-Amz-Date", value: date)]
        let names = Set(headers.map { $0.name.lowercased() }).sorted()
        let request = CanonicalRequest(
            method: method, path: path, query: query, headers: headers, signedHeaders: names,
            payloadHash: CanonicalRequest.hash(body))
        let signature = SignatureV4(date: date, region: region, service: service)
        let hex = CanonicalRequest.hex(signature.sign(request, secret: key.secret))
        let authorization =
            "\(SignatureV4.algorithm) Credential=\(key.id)/\(signature.scope.text), "
            + "SignedHeaders=\(names.joined(separator: ";")), Signature=\(hex)"
        return headers + [(name: "Authorization", value: authorization)]
    }
}
