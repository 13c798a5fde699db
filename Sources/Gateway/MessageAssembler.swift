import NIOCore
import NIOWebSocket
import Signalling

/// Makes text messages of data frames (RFC 6455 §5.4), and finds what breaks the protocol.
struct MessageAssembler {
    enum Step: Equatable {
        case incomplete
        case message(String)
        /// To be closed with this code.
        case violation(WebSocketErrorCode)
    }

    /// Bytes of one message.
    let limit: Int
    private var fragments: [UInt8]?

    init(limit: Int) {
        self.limit = limit
    }

    mutating func add(
        _ opcode: WebSocketOpcode, isFinal: Bool, _ bytes: some Collection<UInt8>
    ) -> Step {
        switch (opcode, fragments == nil) {
        case (.text, true), (.continuation, false): break
        case (.binary, true): return .violation(.unacceptableData)
        default: return .violation(.protocolError)
        }
        guard (fragments?.count ?? 0) + bytes.count <= limit else {
            return .violation(.messageTooLarge)
        }
        fragments = (fragments ?? []) + bytes
        guard isFinal else { return .incomplete }
        let whole = fragments ?? []
        fragments = nil
        return String(validating: whole, as: UTF8.self).map { .message($0) }
            ?? .violation(.dataInconsistentWithMessage)
    }
}
