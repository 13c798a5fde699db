package import Primitives
package import Storage
package import Webhooks

/// The webhooks of a deployment and what could not be delivered to them. Changes count for a server
/// that runs within a second or two, also when they are made by another process.
package struct WebhookDirectory: Sendable {
    /// Changed whenever a delivery becomes pending again: what a server notices it by.
    package static let revisionSetting = "webhooks/revision"
    /// Webhooks of a deployment. Each holds its own part of the memory that deliveries take.
    package static let limit = 16
    /// Deliveries that one read or write takes.
    private static let page = 100

    private let vault: Vault
    private var storage: any Storage { vault.storage }

    package init(vault: Vault) {
        self.vault = vault
    }

    package enum AddingError: Error, Hashable, Sendable {
        case address(WebhookAddress.Violation)
        case unknownKind(String)
        case tooMany(limit: Int)
        case storage(StorageError)
    }

    /// Adds a webhook: what happens from now on is delivered to it.
    /// - Parameter kinds: raw values of ``NotificationKind``; empty for all.
    /// - Returns: also the secret, which is not shown again.
    package func add(
        _ address: String, kinds: Set<String> = [], at now: WallTime,
        random: RandomSource = .system
    ) async throws(AddingError) -> (record: WebhookRecord, secret: WebhookSecret) {
        var random = random
        let address = try Self.check(address, kinds)
        let secret = WebhookSecret.random(using: &random)
        let id = "wh-" + randomBase62(count: 12, using: &random)
        let record = WebhookRecord(
            id: id, url: address.text,
            secret: vault.box.seal(secret.text, at: Self.place(of: id)), kinds: kinds,
            createdAt: now)
        do throws(StorageError) {
            if try await storage.webhooks().count < Self.limit {
                try await storage.apply([.putWebhook(record)])
                return (record, secret)
            }
        } catch {
            throw .storage(error)
        }
        throw .tooMany(limit: Self.limit)
    }

    private static func check(
        _ address: String, _ kinds: Set<String>
    ) throws(AddingError) -> WebhookAddress {
        for kind in kinds where NotificationKind(rawValue: kind) == nil {
            throw .unknownKind(kind)
        }
        do throws(WebhookAddress.Violation) {
            return try WebhookAddress(address)
        } catch {
            throw .address(error)
        }
    }

    /// Oldest first.
    package func list() async throws(StorageError) -> [WebhookRecord] {
        try await storage.webhooks().sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
    }

    /// Removes a webhook with everything that waits for it.
    /// - Returns: whether there was one.
    package func remove(_ id: String) async throws(StorageError) -> Bool {
        guard try await storage.webhooks().contains(where: { $0.id == id }) else { return false }
        try await storage.apply([.removeWebhook(id: id)])
        return true
    }

    /// The secret of a webhook; `nil` when it cannot be opened.
    package func secret(of webhook: WebhookRecord) -> WebhookSecret? {
        (try? vault.box.open(webhook.secret, at: Self.place(of: webhook.id)))
            .flatMap { WebhookSecret($0.value) }
    }

    /// What a webhook's secret is sealed for.
    static func place(of webhook: String) -> String { "webhook/" + webhook }
}

// Dead letters.
extension WebhookDirectory {
    /// What was given up of one webhook, in the order in which it happened.
    /// - Parameter cursor: the position of the message that the last page ended with.
    package func dead(
        of webhook: String, after cursor: Int64 = 0, limit: Int
    ) async throws(StorageError) -> [DeliveryRecord] {
        try await storage.deliveries(.dead, to: webhook, after: cursor, limit: limit)
    }

    /// Makes dead letters pending again, as if they had never been tried.
    /// - Parameter notification: the id of a message, for each webhook that it could not be
    ///   delivered to; `nil` for all that is dead.
    /// - Returns: how many there were.
    package func replay(
        _ notification: String?, random: RandomSource = .system
    ) async throws(StorageError) -> Int {
        var count = 0
        for webhook in try await storage.webhooks() {
            var cursor: Int64 = 0
            while true {
                let page = try await storage.deliveries(
                    .dead, to: webhook.id, after: cursor, limit: Self.page)
                guard let last = page.last else { break }
                cursor = last.notification.position
                let wanted = page.filter {
                    notification == nil || $0.notification.id == notification
                }
                guard !wanted.isEmpty else { continue }
                try await storage.apply(
                    wanted.map { .putDelivery($0.revived) } + [revision(random)])
                count += wanted.count
            }
        }
        return count
    }

    private func revision(_ random: RandomSource) -> StorageChange {
        .putSetting(key: Self.revisionSetting, value: random.uuid())
    }
}

extension DeliveryRecord {
    fileprivate var revived: DeliveryRecord {
        DeliveryRecord(webhook: webhook, notification: notification)
    }
}
