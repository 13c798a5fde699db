import Gateway
import Logging
import ServiceLifecycle
import StageAPI
import Storage
import WebhookDelivery

/// Everything that tells backends what happens on stages.
struct Deliveries: Sendable {
    let outbox: NotificationOutbox
    private let dispatcher: WebhookDispatcher
    private let poster: HTTPWebhookPoster

    init(_ configuration: ServerConfiguration, vault: Vault) {
        let bell = NotificationBell()
        outbox = NotificationOutbox(
            writer: NotificationWriter(
                region: configuration.region, account: configuration.account,
                includesSubscriptions: configuration.notifiesSubscriptions),
            bell: bell)
        let directory = WebhookDirectory(vault: vault)
        poster = HTTPWebhookPoster()
        dispatcher = WebhookDispatcher(
            storage: vault.storage, poster: poster, bell: bell,
            secret: { directory.secret(of: $0) },
            revisionSetting: WebhookDirectory.revisionSetting,
            userAgent: "Rostrum/\(RostrumCommand.version)", now: civilTime,
            logger: Logger(label: "webhooks"))
    }

    var figures: DeliveryFigures { dispatcher.snapshot() }

    /// - Parameter api: who knows the access keys.
    func feed(_ api: StageService) -> NotificationFeed {
        NotificationFeed(service: api, bell: outbox.bell)
    }
}

/// Delivers until it is told to end, and then lets what is under way come back. What is left is in
/// the storage.
extension Deliveries: Service {
    func run() async throws {
        await withGracefulShutdownHandler {
            await dispatcher.run()
        } onGracefulShutdown: {
            dispatcher.stop()
        }
        await poster.shutdown()
    }
}

/// The stream of notifications, from the moment that there is an API.
struct DeferredFeed: NotificationSource {
    let feed: Deferred<NotificationFeed>

    func open(_ request: APIRequest, isPrivate: Bool) async -> NotificationFeed.Answer {
        await feed.value.open(request, isPrivate: isPrivate)
    }
}
