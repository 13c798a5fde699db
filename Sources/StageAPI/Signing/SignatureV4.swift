import Crypto
import FoundationEssentials
import Primitives

/// What a signature is made over and with, given the canonical request.
struct SignatureV4 {
    static let algorithm = "AWS4-HMAC-SHA256"

    /// `20150830T123600Z`.
    var date: String
    var region: String
    var service: String

    /// `20150830/us-east-1/ivs/aws4_request`.
    var scope: String { "\(date.prefix(8))/\(region)/\(service)/aws4_request" }

    func stringToSign(_ request: CanonicalRequest) -> String {
        [Self.algorithm, date, scope, request.hash].joined(separator: "\n")
    }

    /// The 32 bytes of the signature.
    func sign(_ request: CanonicalRequest, secret: Redacted<String>) -> [UInt8] {
        Array(
            HMAC<SHA256>.authenticationCode(
                for: Array(stringToSign(request).utf8), using: signingKey(secret)))
    }

    private func signingKey(_ secret: Redacted<String>) -> SymmetricKey {
        var key = SymmetricKey(data: Array("AWS4\(secret.value)".utf8))
        for part in [String(date.prefix(8)), region, service, "aws4_request"] {
            let code = HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: key)
            key = SymmetricKey(data: Array(code))
        }
        return key
    }
}
