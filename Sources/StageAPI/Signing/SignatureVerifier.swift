import Primitives

/// Verifies Signature V4 on a request (AWS IAM User Guide, "Create a signed AWS API request").
struct SignatureVerifier: Sendable {
    /// What a signature may be made for: real-time and low-latency IVS both sign as `ivs`, and some
    /// hand-written signers take the host's name.
    static let services: Set<String> = ["ivs", "ivsrealtime"]
    static let mismatch =
        "The request signature we calculated does not match the signature you provided. Check your "
        + "AWS Secret Access Key and signing method. Consult the service documentation for details."

    var region: String
    var accessKeys: AccessKeyDirectory

    /// - Returns: the access key that signed the request.
    /// - Throws: ``APIError`` with status 403; ``StorageError`` when the keys cannot be read.
    func verify(_ request: APIRequest, at now: WallTime) async throws -> AccessKey {
        guard let text = request.header("authorization") else {
            throw APIError.missingAuthentication
        }
        let header = try AuthorizationHeader(text)
        let signature = try signature(request, header)
        try checkSignedHeaders(request, header)
        // Before the key: only dates near today get signing keys made, which are cached.
        try checkSkew(signature.date, now)
        let known = try await accessKeys.signer(header.accessKeyID, signature.scope, at: now)
        guard let signer = known else { throw APIError.unrecognizedClient }
        let canonical = CanonicalRequest(
            method: request.method, path: request.path, query: request.query,
            headers: request.headers, signedHeaders: header.signedHeaders,
            payloadHash: try payloadHash(request))
        guard
            constantTimeEqual(signature.sign(canonical, signer.signingKey), header.signature)
        else { throw APIError.invalidSignature(Self.mismatch) }
        accessKeys.noteUse(of: signer.key.id, at: now)
        return signer.key
    }

    /// What the credential scope and the date header say, when they may say it.
    private func signature(
        _ request: APIRequest, _ header: AuthorizationHeader
    ) throws(APIError) -> SignatureV4 {
        guard header.region == region else {
            throw .invalidSignature(
                "Credential should be scoped to a valid region, not '\(header.region)'; this server "
                    + "is '\(region)'.")
        }
        guard Self.services.contains(header.service) else {
            throw .invalidSignature("Credential should be scoped to correct service: 'ivs'.")
        }
        let date: String
        if let text = request.header("x-amz-date") {
            date = text
        } else if let time = request.header("date").flatMap(SignatureDate.parse(http:)) {
            date = SignatureDate.text(time)
        } else {
            throw .incompleteSignature(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' "
                    + "header.")
        }
        guard header.date == date.prefix(8) else {
            throw .invalidSignature(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
                    + "from HTTP: '\(header.date)' != '\(date.prefix(8))'.")
        }
        return SignatureV4(date: date, region: header.region, service: header.service)
    }

    /// `Host` and every `x-amz-` header must be signed: they say where and when the request is good.
    private func checkSignedHeaders(
        _ request: APIRequest, _ header: AuthorizationHeader
    ) throws(APIError) {
        guard header.signedHeaders.contains("host") else {
            throw .invalidSignature(
                "'Host' must be a 'SignedHeader' in the AWS Authorization.")
        }
        for name in request.headers.lazy.map(\.name)
        where isHeader(name, beginningWith: "x-amz-")
            && !header.signedHeaders.contains(where: { isSameHeader(name, $0) })
        {
            let name = name.lowercased()
            throw .invalidSignature(
                "'\(name)' must be a 'SignedHeader' in the AWS Authorization.")
        }
    }

    private func checkSkew(_ date: String, _ now: WallTime) throws(APIError) {
        guard let time = SignatureDate.parse(basic: date) else {
            throw .incompleteSignature("Date must be in ISO-8601 'basic format'. Got '\(date)'.")
        }
        let (earliest, latest) = (
            now + (.zero - APILimits.signatureSkew), now + APILimits.signatureSkew
        )
        if time < earliest {
            throw .invalidSignature(
                "Signature expired: \(date) is now earlier than \(SignatureDate.text(earliest)) "
                    + "(\(SignatureDate.text(now)) - 15 min.)")
        }
        if time > latest {
            throw .invalidSignature(
                "Signature not yet current: \(date) is still later than "
                    + "\(SignatureDate.text(latest)) (\(SignatureDate.text(now)) + 15 min.)")
        }
    }

    /// The body's hash. A client that says another (or none: `UNSIGNED-PAYLOAD`) is refused, since
    /// the body is what the request does.
    private func payloadHash(_ request: APIRequest) throws(APIError) -> String {
        let hash = CanonicalRequest.hash(request.body)
        if let said = request.header("x-amz-content-sha256"), said != hash {
            throw .invalidSignature(
                "The value of 'x-amz-content-sha256' is not the SHA-256 of the request's body.")
        }
        return hash
    }
}

extension APIRequest {
    /// The first value of a header.
    /// - Parameter name: lower-case.
    func header(_ name: String) -> String? {
        headers.first { isSameHeader($0.name, name) }?.value
    }
}
