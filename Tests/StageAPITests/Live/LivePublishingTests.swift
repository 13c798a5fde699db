import Primitives
import Signalling
import StageAPI
import Synchronization
import Testing

/// Which layers hosts are told to send.
@Suite(.timeLimit(.minutes(1))) struct LivePublishingTests {
    private func wanted(_ resource: ResourceID, _ high: Bool) -> MediaReport {
        .wantedLayers(
            resource,
            [
                WantedLayer(rid: "hi", kind: .video, isActive: high),
                WantedLayer(rid: "low", kind: .video, isActive: true),
            ])
    }

    /// The `active` of the next WANTED_LAYERS.
    private func active(_ socket: TestSocket, of resource: ResourceID) async -> [JSONValue?]? {
        while let message = await socket.message() {
            guard message["type"] == .string("WANTED_LAYERS") else { continue }
            guard message["payload"]?["resource"] == .string(resource.rawValue),
                case .array(let layers) = message["payload"]?["layers"]
            else { return nil }
            return layers.map { $0["active"] }
        }
        return nil
    }

    private func told(_ theatre: Theatre, _ count: Int) async -> [String] {
        _ = await eventually { theatre.media.calls.withLock { $0.told.count } >= count }
        return theatre.media.calls.withLock { $0.told }
    }

    @Test func itsSocketsHearTheStateAndEachChange() async throws {
        let theatre = await Theatre()
        try await theatre.running {
            let resource = try await theatre.publish(Theatre.host()).resource
            let first = try await theatre.connect(Theatre.host())
            #expect(await told(theatre, 1) == [resource.rawValue])
            theatre.media.report.yield([wanted(resource, false)])
            #expect(await active(first, of: resource) == [.bool(false), .bool(true)])
            // Who comes later hears how it is.
            let second = try await theatre.connect(Theatre.host())
            #expect(await active(second, of: resource) == [.bool(false), .bool(true)])
            theatre.media.report.yield([wanted(resource, true)])
            #expect(await active(first, of: resource) == [.bool(true), .bool(true)])
            #expect(await active(second, of: resource) == [.bool(true), .bool(true)])
            // The last socket decides.
            await first.connection.closed()
            await second.connection.closed()
            #expect(await told(theatre, 2) == [resource.rawValue, "-" + resource.rawValue])
        }
    }

    /// The socket is there first, as with the sample client.
    @Test func aPublicationIsToldOfASocketThatWasThereBefore() async throws {
        let theatre = await Theatre()
        try await theatre.running {
            let socket = try await theatre.connect(Theatre.host())
            _ = await socket.state { _ in true }
            let resource = try await theatre.publish(Theatre.host()).resource
            #expect(await told(theatre, 1) == [resource.rawValue])
        }
    }

    @Test func othersHearNothingOfIt() async throws {
        let theatre = await Theatre()
        try await theatre.running {
            let resource = try await theatre.publish(Theatre.host()).resource
            let viewer = try await theatre.connect(Theatre.viewer())
            _ = await viewer.state { _ in true }
            theatre.media.report.yield([wanted(resource, false)])
            await viewer.send(#"{"type":"PING"}"#)
            while let message = await viewer.message(), message["type"] != .string("PONG") {
                #expect(message["type"] != .string("WANTED_LAYERS"))
            }
            #expect(theatre.media.calls.withLock { $0.told.isEmpty })
        }
    }
}
