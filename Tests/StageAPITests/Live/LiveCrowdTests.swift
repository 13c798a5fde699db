import Primitives
import Signalling
import StageAPI
import Stages
import Storage
import Synchronization
import Testing

/// Many participants at once, on real threads: what is stored must still read as a story.
@Suite(.timeLimit(.minutes(1))) struct LiveCrowdTests {
    @Test func crowdLeavesNoGhost() async throws {
        let theatre = await Theatre { $0.stage.opensPerWindow = 1000 }
        try await theatre.running {
            await withTaskGroup { group in
                for index in 0..<24 {
                    group.addTask { await visit(theatre, "p\(index % 16)", seed: UInt64(index)) }
                }
            }
            #expect(
                await eventually {
                    let counts = theatre.live.snapshot()
                    return counts.participants + counts.sockets + counts.publishers
                        + counts.subscribers == 0
                })
        }
        // Returns when all is stored.
        await theatre.live.shutdown()
        let events = theatre.storage.contents.withLock { $0.events }
        var present: Set<ParticipantID> = []
        for event in events {
            switch event.name {
            case "JOINED": #expect(present.insert(event.participant).inserted)
            case "LEFT": #expect(present.remove(event.participant) != nil)
            default: break
            }
        }
        #expect(present.isEmpty)
        #expect(!events.isEmpty)
        let records = theatre.storage.contents.withLock { Array($0.participants.values) }
        #expect(records.allSatisfy { !$0.isConnected })
        // Whatever was opened was closed, here or by the media plane's own report.
        let opened = theatre.media.calls.withLock { $0.opened.map(\.resource) }
        #expect(Set(theatre.media.closed).isSubset(of: Set(opened)))
    }

    /// One client that comes, does this and that, and goes.
    private func visit(_ theatre: Theatre, _ name: String, seed: UInt64) async {
        var choices = SeededGenerator(seed: seed)
        for _ in 0..<12 {
            switch Int.random(in: 0..<4, using: &choices) {
            case 0:
                guard let socket = try? await theatre.connect(Theatre.host(name)) else { continue }
                await socket.send(#"{"type":"MUTE","payload":{"audioMuted":true}}"#)
                await socket.connection.closed()
            case 1, 2:
                let session = try? await theatre.publish(Theatre.host(name))
                guard let resource = session?.resource else { continue }
                theatre.media.report.yield([.publishStarted(resource, ParticipantID(name))])
                try? await theatre.live.end(resource, bearer: Theatre.host(name))
            default:
                let session = try? await theatre.subscribe(Theatre.host(name))
                guard let resource = session?.resource else { continue }
                theatre.media.report.yield([.ended(resource, .closedByPeer)])
            }
        }
    }
}
