import Primitives
import StageAPI
import Synchronization
import Testing

@testable import Gateway

@Suite struct EventsTests {
    @Test func theTokenIsEchoedAndMessagesPass() async throws {
        try await Running.with { server in
            try await RawClient.connect(to: server.port) { client in
                try await client.send("GET", "/events/stage1", Running.upgrade(token: "t.o.k"))
                // The first message may come with the request.
                try await client.send(frame: 1, Array("early".utf8))
                let answer = try await client.answer()
                #expect(answer.status == 101)
                #expect(answer.header("Sec-WebSocket-Protocol") == "t.o.k")
                #expect(answer.header("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
                #expect(try await client.frame().text == "hello")
                #expect(try await client.frame().text == "early")
                try await client.send(frame: 1, Array("one ".utf8), isFinal: false)
                try await client.send(frame: 9, [1, 2, 3])
                try await client.send(frame: 0, Array("two".utf8))
                #expect(try await client.frame() == RawClient.Frame(opcode: 10, data: [1, 2, 3]))
                #expect(try await client.frame().text == "one two")
                try await client.send(frame: 8, [0x03, 0xE8])
                #expect(try await client.frame() == RawClient.Frame(opcode: 8, data: [0x03, 0xE8]))
                #expect(await client.hasEnded())
            }
            #expect(try await server.eventually { $0.closed == 1 })
            #expect(server.live.state.withLock { $0.topics } == [StageID("stage1")])
        }
    }

    @Test func anUpgradeMayFollowOtherRequests() async throws {
        try await Running.with { server in
            try await RawClient.connect(to: server.port) { client in
                try await client.send("GET", "/healthz")
                #expect(try await client.answer().status == 200)
                try await client.send("GET", "/events/stage1", Running.upgrade(token: "t.o.k"))
                #expect(try await client.answer().status == 101)
                #expect(try await client.frame().text == "hello")
            }
        }
    }

    @Test(arguments: ["refused", nil, "a, b"])
    func aRefusalSaysWhy(token: String?) async throws {
        try await Running.with { server in
            try await RawClient.connect(to: server.port) { client in
                try await client.send("GET", "/events/stage1", Running.upgrade(token: token))
                let answer = try await client.answer()
                #expect(answer.status == 401)
                #expect(answer.body.contains(#""name":"TOKEN_EXPIRED""#))
                #expect(await client.hasEnded())
            }
            #expect(server.live.state.withLock { $0.closed } == 0)
        }
    }

    @Test(arguments: ["Upgrade", "Connection", "Sec-WebSocket-Version", "Sec-WebSocket-Key"])
    func aBrokenHandshakeIs426(without name: String) async throws {
        try await Running.with { server in
            var headers = Running.upgrade(token: "t.o.k")
            headers[name] = nil
            let answer = try await RawClient.request(server.port, "GET", "/events/x", headers)
            #expect(answer.status == 426)
            #expect(answer.header("Sec-WebSocket-Version") == "13")
            #expect(server.live.state.withLock { $0.topics.isEmpty })
        }
    }

    struct Offence: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let code: Int
        let frames: [(opcode: UInt8, data: [UInt8], isFinal: Bool)]
        var isMasked = true
    }

    static let offences = [
        Offence(
            testDescription: "one frame too long", code: 1009,
            frames: [(1, Array(repeating: 0x61, count: 16_385), true)]),
        Offence(
            testDescription: "very long", code: 1009,
            frames: [(1, Array(repeating: 0x61, count: 70_000), true)]),
        Offence(
            testDescription: "fragments too long", code: 1009,
            frames: [
                (1, Array(repeating: 0x61, count: 9_000), false),
                (0, Array(repeating: 0x61, count: 9_000), true),
            ]),
        Offence(testDescription: "binary", code: 1003, frames: [(2, [1], true)]),
        Offence(testDescription: "no UTF-8", code: 1007, frames: [(1, [0xFF], true)]),
        Offence(testDescription: "nothing to continue", code: 1002, frames: [(0, [1], true)]),
        Offence(
            testDescription: "two at once", code: 1002, frames: [(1, [1], false), (1, [1], true)]),
        Offence(testDescription: "unknown opcode", code: 1002, frames: [(3, [1], true)]),
        Offence(
            testDescription: "not masked", code: 1002, frames: [(1, [1], true)], isMasked: false),
        Offence(
            testDescription: "long ping", code: 1002,
            frames: [(9, Array(repeating: 0, count: 126), true)]),
    ]

    @Test(arguments: offences)
    func whatBreaksTheProtocolIsClosed(offence: Offence) async throws {
        try await Running.with { server in
            try await server.socket { client in
                for frame in offence.frames {
                    try await client.send(
                        frame: frame.opcode, frame.data, isFinal: frame.isFinal,
                        isMasked: offence.isMasked)
                }
                let close = try await client.frame()
                #expect(close.opcode == 8)
                #expect(close.code == offence.code)
                try await client.send(frame: 8, [0x03, 0xE8])
                #expect(await client.hasEnded())
            }
            #expect(try await server.eventually { $0.closed == 1 })
            #expect(server.live.state.withLock { $0.received.isEmpty })
        }
    }

    @Test(
        arguments: [
            ([], nil), ([3, 0xE8], 1000), ([3, 0xE9] + Array("bye".utf8), 1001),
            ([0x0F, 0xA0], 4000),
            // Half a code, codes that are never sent, and a reason that is no UTF-8.
            ([3], 1002), ([3, 0xE7], 1002), ([3, 0xEC], 1002), ([3, 0xED], 1002),
            ([3, 0xEE], 1002), ([3, 0xF7], 1002), ([0xFF, 0xFF], 1002), ([3, 0xE8, 0xFF], 1007),
        ] as [([UInt8], Int?)])
    func aCloseIsAnswered(body: [UInt8], code: Int?) async throws {
        try await Running.with { server in
            try await server.socket { client in
                try await client.send(frame: 8, body)
                let answer = try await client.frame()
                #expect(answer.opcode == 8)
                #expect(answer.data.count == (code == nil ? 0 : 2))
                #expect(code == nil || answer.code == code)
                #expect(await client.hasEnded())
            }
            #expect(try await server.eventually { $0.closed == 1 })
        }
    }

    @Test func aMessageOf16KiBIsTaken() async throws {
        try await Running.with { server in
            try await server.socket { client in
                let text = String(repeating: "a", count: 16_384)
                try await client.send(frame: 1, Array(text.utf8))
                #expect(try await client.frame().text == text)
            }
        }
    }

    @Test func theLastFrameClosesTheSocket() async throws {
        try await Running.with { server in
            try await server.socket { client in
                server.live.state.withLock { state in
                    state.sockets[0].yield(.text("last words"))
                    state.sockets[0].yield(.close(code: 1008, reason: "too many"))
                    state.sockets[0].yield(.text("never"))
                }
                #expect(try await client.frame().text == "last words")
                let close = try await client.frame()
                #expect(close.code == 1008)
                #expect(String(decoding: close.data.dropFirst(2), as: UTF8.self) == "too many")
                try await client.send(frame: 8, [0x03, 0xF0])
                #expect(await client.hasEnded())
            }
            #expect(try await server.eventually { $0.closed == 1 })
        }
    }

    @Test func aClientThatDoesNotAnswerACloseIsCutOff() async throws {
        try await Running.with { configuration in
            configuration.limits.closeTime = .milliseconds(200)
        } _: { server in
            try await server.socket { client in
                server.live.state.withLock { $0.sockets[0].finish() }
                let close = try await client.frame()
                #expect(close.code == 1001)
                #expect(await client.hasEnded())
            }
            #expect(try await server.eventually { $0.closed == 1 })
        }
    }

    @Test func aClientThatGoesWithoutAWordIsNoticed() async throws {
        try await Running.with { server in
            try await server.socket { _ in }
            #expect(try await server.eventually { $0.closed == 1 })
        }
    }

    @Test func aSilentClientIsPingedAndThenCutOff() async throws {
        try await Running.with { configuration in
            configuration.limits.pingInterval = .milliseconds(500)
        } _: { server in
            try await server.socket { client in
                // Answered pings keep it open.
                for _ in 0..<3 {
                    #expect(try await client.frame().opcode == 9)
                    try await client.send(frame: 10, [])
                }
                #expect(try await client.frame().opcode == 9)
                #expect(try await client.frame().opcode == 9)
                #expect(await client.hasEnded())
            }
            #expect(try await server.eventually { $0.closed == 1 })
        }
    }

    @Test func aClientThatReadsNothingIsCutOff() async throws {
        try await Running.with { configuration in
            configuration.limits.pingInterval = .milliseconds(150)
        } _: { server in
            try await server.socket { client in
                let text = String(repeating: "a", count: 16_384)
                server.live.state.withLock { state in
                    for _ in 0..<2000 { state.sockets[0].yield(.text(text)) }
                }
                // It does answer pings that it has not seen.
                for _ in 0..<200 where server.live.state.withLock({ $0.closed == 0 }) {
                    try? await client.send(frame: 10, [])
                    try await Task.sleep(for: .milliseconds(50))
                }
                #expect(server.live.state.withLock { $0.closed } == 1)
            }
        }
    }

    @Test func anyBytesAfterTheUpgradeEndTheSocketAtWorst() async throws {
        var generator = SeededGenerator(seed: 3)
        let blobs = (0..<60).map { _ in
            (0..<Int.random(in: 1...200, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
        }
        try await Running.with { configuration in
            configuration.limits.closeTime = .milliseconds(50)
        } _: { server in
            for blob in blobs {
                try await server.socket { client in
                    try await client.send(blob)
                    client.finish()
                    while (try? await client.frame()) != nil {}
                }
            }
            #expect(try await server.eventually { $0.closed == blobs.count })
        }
    }

    @Test func stoppingLetsLastWordsThrough() async throws {
        try await Running.with { configuration in
            configuration.limits.drainTime = .milliseconds(300)
        } _: { server in
            try await server.socket { client in
                await server.stop()
                try await Task.sleep(for: .milliseconds(50))
                server.live.state.withLock { _ = $0.sockets[0].yield(.text("bye")) }
                #expect(try await client.frame().text == "bye")
                let close = try await client.frame()
                #expect(close.code == 1001)
                try await client.send(frame: 8, [0x03, 0xE9])
                #expect(await client.hasEnded())
            }
            #expect(try await server.eventually { $0.closed == 1 })
        }
    }

    @Test func stoppingAcceptsNoMore() async throws {
        try await Running.with { server in
            try await RawClient.connect(to: server.port) { client in
                try await client.send("GET", "/healthz")
                #expect(try await client.answer().status == 200)
                await server.stop()
                #expect(await client.hasEnded())
            }
            await #expect(throws: (any Error).self) {
                _ = try await RawClient.request(server.port, "GET", "/healthz")
            }
        }
    }
}
