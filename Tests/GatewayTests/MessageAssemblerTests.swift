import NIOWebSocket
import Primitives
import Testing

@testable import Gateway

@Suite struct MessageAssemblerTests {
    @Test func charactersMaySpanFragments() {
        var assembler = MessageAssembler(limit: 16)
        #expect(assembler.add(.text, isFinal: false, [0xC3]) == .incomplete)
        #expect(assembler.add(.continuation, isFinal: false, []) == .incomplete)
        #expect(assembler.add(.continuation, isFinal: true, [0xA9]) == .message("é"))
        #expect(assembler.add(.text, isFinal: true, []) == .message(""))
    }

    @Test func theLimitIsThatOfTheWhole() {
        var assembler = MessageAssembler(limit: 4)
        #expect(assembler.add(.text, isFinal: false, [1, 2, 3]) == .incomplete)
        #expect(
            assembler.add(.continuation, isFinal: true, [4]) == .message("\u{1}\u{2}\u{3}\u{4}"))
        #expect(assembler.add(.text, isFinal: false, [1, 2, 3]) == .incomplete)
        #expect(
            assembler.add(.continuation, isFinal: true, [4, 5]) == .violation(.messageTooLarge))
    }

    @Test func anyFramesAreTaken() {
        var generator = SeededGenerator(seed: 11)
        var assembler = MessageAssembler(limit: 40)
        let opcodes: [WebSocketOpcode] = [.text, .binary, .continuation]
        for _ in 0..<5000 {
            let bytes = (0..<Int.random(in: 0..<20, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            let step = assembler.add(
                opcodes.randomElement(using: &generator) ?? .text,
                isFinal: .random(using: &generator), bytes)
            if case .message(let text) = step { #expect(text.utf8.count <= 40) }
        }
    }
}
