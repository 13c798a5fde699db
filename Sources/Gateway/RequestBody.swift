import NIOCore
import NIOHTTP1

/// The body of one request: read when somebody wants it, and never past its bound.
struct RequestBody {
    typealias Input = Connection.Input

    private let limits: GatewayLimits
    /// `Content-Length`; `nil` when the body says itself where it ends.
    private let announced: Int?
    private let isExpectingGoAhead: Bool
    private var isRead = false
    private var count = 0

    init(_ head: HTTPRequestHead, limits: GatewayLimits) {
        self.limits = limits
        announced = head.headers.first(name: "Content-Length").flatMap { Int($0) }
        isExpectingGoAhead = head.headers.first(name: "Expect")?.lowercased() == "100-continue"
    }

    /// What is left is little enough to be read, so that another request may follow.
    var canBeDiscarded: Bool {
        isRead || (!isExpectingGoAhead && (announced ?? count) <= limits.discardedBytes)
    }

    /// - Returns: the whole body; `nil` when it has more than `limit` bytes.
    mutating func collect(
        upTo limit: Int, from input: inout Input, announcing output: Connection.Output
    ) async throws -> ByteBuffer? {
        guard (announced ?? 0) <= limit else { return nil }
        if isExpectingGoAhead { try await output.write(.goOn) }
        var whole = ByteBuffer()
        while true {
            guard var part = try await next(from: &input) else { return whole }
            guard count <= limit else { return nil }
            whole.writeBuffer(&part)
        }
    }

    /// Reads what is left, as far as a patient server goes.
    mutating func discard(from input: inout Input) async throws {
        while !isRead, count <= limits.discardedBytes, try await next(from: &input) != nil {}
    }

    /// The next part; `nil` at the end.
    private mutating func next(from input: inout Input) async throws -> ByteBuffer? {
        guard !isRead else { return nil }
        switch try await input.next(isolation: #isolation) {
        case .body(let part):
            count += part.readableBytes
            return part
        case .end:
            isRead = true
            return nil
        case .head, .message, nil:
            isRead = true
            throw ChannelError.inputClosed
        }
    }
}
