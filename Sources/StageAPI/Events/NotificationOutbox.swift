import Primitives
package import Storage

/// Where messages to backends are written, and whoever delivers them is woken.
package struct NotificationOutbox: Sendable {
    package let writer: NotificationWriter
    package let bell: NotificationBell

    package init(writer: NotificationWriter, bell: NotificationBell) {
        self.writer = writer
        self.bell = bell
    }
}

extension NotificationOutbox? {
    /// ``NotificationWriter/completing(_:users:)``; the changes as they are when nobody is told.
    func completing(
        _ changes: [StorageChange], users: [ParticipantID: String] = [:]
    ) -> [StorageChange] {
        self?.writer.completing(changes, users: users) ?? changes
    }
}
