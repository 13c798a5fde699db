import Foundation
import Primitives
import StageAPI

/// Reads the URLs of servers that the program is a client of.
enum ServerAddress {
    /// - Parameter option: what the user wrote it behind.
    static func parse(_ text: String, of option: String) throws(StartRefusal) -> URL {
        var text = text
        while text.hasSuffix("/") { text.removeLast() }
        guard let url = URL(string: text), url.host != nil, ["http", "https"].contains(url.scheme)
        else {
            throw StartRefusal(
                .usage,
                "\(option) must be a URL such as http://127.0.0.1:7700, not \"\(text)\"")
        }
        return url
    }
}

extension SignatureV4Signer {
    /// With the access key of the environment; with that of `rostrum serve --dev` when there is none.
    static func ofEnvironment(region: String) -> SignatureV4Signer {
        let environment = processEnvironment()
        guard let id = environment["ROSTRUM_ACCESS_KEY_ID"],
            let secret = environment["ROSTRUM_SECRET_ACCESS_KEY"]
        else { return SignatureV4Signer(key: Assembly.developmentKey, region: region) }
        return SignatureV4Signer(
            key: AccessKey(id: id, secret: Redacted(secret)), region: region)
    }
}
