import Logging
import MediaPlane
import ServiceLifecycle
import StageAPI

// What runs, as services that end in the reverse of the order in which they are listed.

/// The media plane, which has a thread of its own: only its end is ours.
struct MediaService: Service {
    let media: MediaEngine

    func run() async throws {
        // Cancelled or told to end, it ends.
        try? await gracefulShutdown()
        await media.shutdown()
    }
}

/// The live side of the stages. It ends first, by telling everybody, so that what it says still goes
/// out; from then on it lets nobody in.
struct LiveStagesService: Service {
    let live: LiveStages

    func run() async throws {
        await withTaskGroup { tasks in
            tasks.addTask { await live.run() }
            tasks.addTask {
                guard (try? await gracefulShutdown()) != nil else { return }
                await live.shutdown()
            }
            await tasks.next()
            tasks.cancelAll()
        }
    }
}

/// Writes down when access keys are used.
struct AccessKeyUseService: Service {
    let keys: AccessKeyDirectory

    func run() async throws {
        let logger = Logger(label: "keys")
        await withGracefulShutdownHandler {
            await keys.recordUses { error in
                logger.warning(
                    "The last use of an access key was not stored", metadata: ["error": "\(error)"])
            }
        } onGracefulShutdown: {
            keys.endRecordingUses()
        }
    }
}

/// Runs once when HTTP is there, and is done.
struct AnnouncementService: Service {
    /// The port, once it is bound.
    let httpPort: AsyncStream<UInt16>
    let announce: @Sendable (UInt16) async throws -> Void

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            for await port in httpPort {
                try await announce(port)
                return
            }
        }
    }
}
