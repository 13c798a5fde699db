import NIOCore
import NIOPosix

/// A client that sends exactly the bytes it is told to.
struct RawClient {
    struct Answer {
        var status: Int
        var headers: [(name: String, value: String)]
        var body: String

        func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }

        /// The values of all fields of that name.
        func all(_ name: String) -> [String] {
            headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
        }
    }

    struct Frame: Equatable {
        var opcode: UInt8
        var data: [UInt8]
        var text: String { String(decoding: data, as: UTF8.self) }
        /// The status code of a close frame.
        var code: Int? { data.count >= 2 ? Int(data[0]) << 8 | Int(data[1]) : nil }
    }

    struct Ended: Error {}

    private var input: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let output: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private let channel: any Channel
    private var received = ByteBuffer()

    /// Connects, and gives up after ten seconds.
    static func connect<Result>(
        to port: Int, _ use: (inout RawClient) async throws -> Result
    ) async throws -> Result {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(isOutboundHalfClosureEnabled: true))
                }
            }
        let timeout = channel.channel.eventLoop.scheduleTask(in: .seconds(10)) {
            channel.channel.close(promise: nil)
        }
        defer { timeout.cancel() }
        return try await channel.executeThenClose { inbound, outbound in
            var client = RawClient(
                input: inbound.makeAsyncIterator(), output: outbound, channel: channel.channel)
            return try await use(&client)
        }
    }

    /// One request on a connection of its own.
    static func request(
        _ port: Int, _ method: String, _ target: String, _ headers: [String: String] = [:],
        body: String = ""
    ) async throws -> Answer {
        try await connect(to: port) { client in
            try await client.send(method, target, headers, body: body)
            return try await client.answer(hasBody: method != "HEAD")
        }
    }

    func send(_ bytes: some Sequence<UInt8> & Sendable) async throws {
        try await output.write(ByteBuffer(bytes: bytes))
    }

    func send(_ text: String) async throws {
        try await output.write(ByteBuffer(string: text))
    }

    func send(
        _ method: String, _ target: String, _ headers: [String: String] = [:], body: String = ""
    ) async throws {
        var text = "\(method) \(target) HTTP/1.1\r\nHost: test.example\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if !body.isEmpty { text += "Content-Length: \(body.utf8.count)\r\n" }
        try await send(text + "\r\n" + body)
    }

    /// Says that nothing more will be sent.
    func finish() { output.finish() }

    /// Reads the next response.
    mutating func answer(hasBody: Bool = true) async throws -> Answer {
        let end = Array("\r\n\r\n".utf8)
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual(end) { head.append(try await byte()) }
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
        let headers = lines.dropFirst().map { line in
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            return (
                name: String(line[..<colon]),
                value: String(line[colon...].dropFirst().drop { $0 == " " })
            )
        }
        var answer = Answer(
            status: Int(lines[0].split(separator: " ")[1]) ?? 0, headers: headers, body: "")
        let length = hasBody ? answer.header("Content-Length").flatMap { Int($0) } ?? 0 : 0
        answer.body = String(decoding: try await bytes(length), as: UTF8.self)
        return answer
    }

    /// Reads up to and including `mark`.
    mutating func text(until mark: String) async throws -> String {
        var bytes: [UInt8] = []
        while !bytes.suffix(mark.utf8.count).elementsEqual(mark.utf8) {
            bytes.append(try await byte())
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Sends one frame, masked as clients do.
    func send(frame opcode: UInt8, _ data: [UInt8], isFinal: Bool = true, isMasked: Bool = true)
        async throws
    {
        let mask: [UInt8] = [0x12, 0x34, 0x56, 0x78]
        let flag: UInt8 = isMasked ? 0x80 : 0
        var bytes: [UInt8] = [(isFinal ? 0x80 : 0) | opcode]
        switch data.count {
        case ..<126: bytes.append(flag | UInt8(data.count))
        case ..<65_536:
            bytes += [flag | 126, UInt8(data.count >> 8), UInt8(truncatingIfNeeded: data.count)]
        default:
            bytes.append(flag | 127)
            bytes += (0..<8).reversed().map { UInt8(truncatingIfNeeded: data.count >> ($0 * 8)) }
        }
        if isMasked {
            bytes += mask
            bytes += data.enumerated().map { $1 ^ mask[$0 % 4] }
        } else {
            bytes += data
        }
        try await send(bytes)
    }

    /// Reads the next frame.
    mutating func frame() async throws -> Frame {
        let opcode = try await byte() & 0x0F
        var length = Int(try await byte())
        if length == 126 { length = Int(try await byte()) << 8 | Int(try await byte()) }
        return Frame(opcode: opcode, data: try await bytes(length))
    }

    /// Whether the server ends the connection without another byte.
    mutating func hasEnded() async -> Bool {
        do {
            _ = try await byte()
            return false
        } catch {
            return true
        }
    }

    private mutating func byte() async throws -> UInt8 {
        while true {
            if let byte = received.readInteger(as: UInt8.self) { return byte }
            guard let more = try await input.next(isolation: #isolation) else { throw Ended() }
            received = more
        }
    }

    private mutating func bytes(_ count: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count { bytes.append(try await byte()) }
        return bytes
    }
}
