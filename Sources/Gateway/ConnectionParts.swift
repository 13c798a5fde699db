import NIOCore
import NIOHTTP1
import StageAPI

/// What arrives on a connection: HTTP requests, and once it was upgraded, messages.
enum ConnectionInput: Sendable {
    case head(HTTPRequestHead)
    case body(ByteBuffer)
    case end
    /// A whole text message on the events socket.
    case message(String)
}

/// What is written to a connection.
enum ConnectionOutput: Sendable {
    /// 100: the body is wanted.
    case goOn
    /// A whole response. The connection ends after it when its `Connection` header says so.
    case response(HTTPResponseHead, ByteBuffer)
    /// The header of a response whose body comes in parts.
    case beginning(HTTPResponseHead)
    case part(ByteBuffer)
    /// There are no more parts. The connection ends after them.
    case ending
    /// 101 with these headers; frames from here on.
    case upgrade(HTTPHeaders)
    case frame(EventsConnection.Frame)
}
