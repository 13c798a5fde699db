package import Primitives

/// What a client says on the events socket.
package enum ClientMessage: Hashable, Sendable {
    case ping
    /// What the participant says of its microphone and camera; `nil`: as before.
    case mute(audioMuted: Bool?, videoStopped: Bool?)
    /// `EXCHANGE_TOKEN`, `{"token": …}`: the participant's next token. It names the same participant
    /// and stage as the one that the socket was opened with, at the same endpoints, and may say
    /// something else of everything else. Answered with `TOKEN_EXCHANGED`, or with `ERROR` and
    /// `"request":"EXCHANGE_TOKEN"`, after which all is as before.
    /// - token: empty when the message had none.
    case exchangeToken(String)
    /// How the pictures of publishers are wanted, from now on.
    case pictures([PictureRequest])
    /// What the participant's browser measures of one of its subscriptions. Not answered; one that names no
    /// subscription of the participant is let pass, since it may just have ended.
    case telemetry(ViewerTelemetry)
    /// A message of a known type that cannot be understood. Answered with `ERROR`, its type as
    /// `request`; the socket stays open.
    case unusable(type: String, message: String)
    /// A type that is not known here, or that has nothing to say to this server: ignored.
    case ignored(type: String)

    /// Reads a text message. Unknown types and members are let pass, since a newer client may send
    /// them; what is no message at all is a violation.
    package init(parsing text: String) throws(ClientMessageViolation) {
        guard text.utf8.count <= SignallingLimits.messageBytes else { throw .tooLong }
        guard let value = try? JSONValue(parsing: text), let type = value["type"]?.string
        else { throw .notAMessage }
        switch type {
        case "PING":
            self = .ping
        case "MUTE":
            self = .mute(
                audioMuted: value["payload"]?["audioMuted"]?.bool,
                videoStopped: value["payload"]?["videoStopped"]?.bool)
        case "EXCHANGE_TOKEN":
            self = .exchangeToken(value["payload"]?["token"]?.string ?? "")
        default:
            self = Self.checked(type, value["payload"])
        }
    }

    private static func checked(_ type: String, _ payload: JSONValue?) -> ClientMessage {
        do throws(UnusablePayload) {
            switch type {
            case "VIEWPORT": return .pictures(try PictureRequest.viewport(payload))
            case "PREFER_LAYER": return .pictures(try PictureRequest.preference(payload))
            case "PAUSE": return .pictures(try PictureRequest.pause(payload, true))
            case "RESUME": return .pictures(try PictureRequest.pause(payload, false))
            case "TELEMETRY": return .telemetry(try ViewerTelemetry(payload))
            default: return .ignored(type: type)
            }
        } catch {
            return .unusable(type: type, message: error.message)
        }
    }
}

/// Why a payload was not taken, for the person who wrote the client.
struct UnusablePayload: Error {
    let message: String

    init(_ message: String) { self.message = message }
}

package enum ClientMessageViolation: Error, Hashable, Sendable {
    /// Longer than ``SignallingLimits/messageBytes``.
    case tooLong
    /// Not a JSON object with a string member `type`.
    case notAMessage
    /// More than ``SignallingLimits/messagesPerSecond``.
    case tooMany

    package var closeCode: UInt16 {
        switch self {
        case .tooLong: SocketCloseCode.messageTooBig
        case .notAMessage: SocketCloseCode.invalidPayload
        case .tooMany: SocketCloseCode.policyViolation
        }
    }

    /// What was wrong, for the close frame: at most 123 bytes (RFC 6455 §5.5).
    package var reason: String {
        switch self {
        case .tooLong: "A message may have at most \(SignallingLimits.messageBytes) bytes."
        case .notAMessage: "A message is a JSON object with a string member \"type\"."
        case .tooMany: "At most \(SignallingLimits.messagesPerSecond) messages a second."
        }
    }
}

/// Counts the messages of one socket: any second holds at most
/// ``SignallingLimits/messagesPerSecond``.
package struct MessageBudget: Hashable, Sendable {
    /// When the newest messages came, a ring once it is full.
    private var times: [WallTime] = []
    private var oldest = 0

    package init() {}

    /// Counts one more message; `false` when it is one too many.
    package mutating func admit(at now: WallTime) -> Bool {
        guard times.count == SignallingLimits.messagesPerSecond else {
            times.append(now)
            return true
        }
        let age = now - times[oldest]
        // A clock that was set back makes an age negative, which says nothing: let it pass.
        guard age >= .seconds(1) || age < .zero else { return false }
        times[oldest] = now
        oldest = (oldest + 1) % times.count
        return true
    }
}
