import Crypto
import Primitives

/// What a signing key is good for: `20150830/us-east-1/ivs/aws4_request`.
struct SignatureScope: Hashable, Sendable {
    /// `20150830`.
    var date: String
    var region: String
    var service: String

    var text: String { "\(date)/\(region)/\(service)/aws4_request" }

    func signingKey(_ secret: Redacted<String>) -> SymmetricKey {
        var key = SymmetricKey(data: Array("AWS4\(secret.value)".utf8))
        for part in [date, region, service, "aws4_request"] {
            let code = HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: key)
            key = SymmetricKey(data: Array(code))
        }
        return key
    }
}

/// What a signature is made over and with, given the canonical request.
struct SignatureV4 {
    static let algorithm = "AWS4-HMAC-SHA256"

    /// `20150830T123600Z`.
    var date: String
    var scope: SignatureScope

    init(date: String, region: String, service: String) {
        self.date = date
        scope = SignatureScope(date: String(date.prefix(8)), region: region, service: service)
    }

    func stringToSign(_ request: CanonicalRequest) -> String {
        "\(Self.algorithm)\n\(date)\n\(scope.text)\n\(request.hash)"
    }

    /// The 32 bytes of the signature.
    func sign(_ request: CanonicalRequest, secret: Redacted<String>) -> [UInt8] {
        sign(request, scope.signingKey(secret))
    }

    /// The same with a signing key of this scope.
    func sign(_ request: CanonicalRequest, _ signingKey: SymmetricKey) -> [UInt8] {
        Array(
            HMAC<SHA256>.authenticationCode(
                for: Array(stringToSign(request).utf8), using: signingKey))
    }
}
