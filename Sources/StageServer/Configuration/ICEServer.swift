import Foundation

/// A STUN or TURN server for clients, as `--ice-server` names it: `stun:stun.example.net`, or
/// `turn:USERNAME:CREDENTIAL@turn.example.net:3478?transport=udp`.
///
/// The user information is not part of a TURN URI (RFC 7065 §3.1); it stands there as it does in
/// other URIs, percent-encoded where it has a colon or an at sign in it.
package struct ICEServer: Hashable, Sendable {
    /// What a TURN server wants to know.
    package struct Login: Hashable, Sendable {
        package var username: String
        package var credential: String
    }

    /// A `stun:`, `stuns:`, `turn:` or `turns:` URI (RFC 7064, RFC 7065).
    package let uri: String
    /// `nil` for STUN.
    package let login: Login?

    /// - Returns: `nil` when `text` is not of that form.
    package init?(_ text: String) {
        guard text.utf8.allSatisfy(Self.isSafe), let colon = text.firstIndex(of: ":") else {
            return nil
        }
        let (scheme, rest) = (text[..<colon].lowercased(), text[colon...].dropFirst())
        switch scheme {
        case "stun", "stuns":
            guard !rest.isEmpty, !rest.contains("@") else { return nil }
            (uri, login) = (text, nil)
        case "turn", "turns":
            guard let at = rest.lastIndex(of: "@"), let login = Login(rest[..<at]) else {
                return nil
            }
            let server = rest[at...].dropFirst()
            guard !server.isEmpty else { return nil }
            (uri, self.login) = ("\(scheme):\(server)", login)
        default: return nil
        }
    }

    /// The value of a `Link` header (RFC 9725 §4.6).
    package var link: String {
        let server = "<\(uri)>; rel=\"ice-server\""
        guard let login else { return server }
        return server + "; username=\"\(login.username)\"; credential=\"\(login.credential)\""
            + "; credential-type=\"password\""
    }

    /// Whether it can stand in a header, in quotes and in angle brackets.
    fileprivate static func isSafe(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && !"\"\\<>".utf8.contains(byte)
    }
}

extension ICEServer.Login {
    /// `USERNAME:CREDENTIAL`, percent-encoded.
    fileprivate init?(_ text: Substring) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            .compactMap { String($0).removingPercentEncoding }
        guard parts.count == 2,
            parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(ICEServer.isSafe) })
        else { return nil }
        self.init(username: parts[0], credential: parts[1])
    }
}
