import NIOWebSocket

/// The body of a client's close frame: nothing, or a status code and a reason in UTF-8 (RFC 6455
/// §5.5.1).
enum CloseReason {
    /// What the closing answer says: the client's own code, or what is wrong with its frame; `nil`
    /// for an empty one.
    static func answer(to body: some Collection<UInt8>) -> WebSocketErrorCode? {
        guard let high = body.first else { return nil }
        guard let low = body.dropFirst().first else { return .protocolError }
        let code = Int(high) << 8 | Int(low)
        guard mayBeSent(code) else { return .protocolError }
        guard String(validating: body.dropFirst(2), as: UTF8.self) != nil else {
            return .dataInconsistentWithMessage
        }
        return WebSocketErrorCode(codeNumber: code)
    }

    /// Of the registered codes (RFC 6455 §7.4 and IANA's list), 1004 to 1006 and 1015 are never in a
    /// frame; 3000 to 4999 are the applications'.
    private static func mayBeSent(_ code: Int) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
