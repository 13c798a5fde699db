package import Primitives

/// The rules of one stage: who is on it with what, its session, its bounds, and what is recorded.
///
/// Pure and synchronous. Every transition takes the time (and a generator where an id may have to
/// be made) and returns what is to be done, in order. Ids that are not known are ignored: messages
/// about something that just ended are always under way.
///
/// A participant joins with its first socket or media session and leaves with its last. A
/// *reservation* is a media session that has been admitted and is still being negotiated: it counts
/// against the bounds, and is not yet presence.
package struct StageMachine: Sendable {
    /// The session that goes on.
    struct Session: Hashable, Sendable {
        var id: StageSessionID
        var startedAt: WallTime
        /// Since when nobody is there; `nil` while somebody is.
        var emptySince: WallTime?
    }

    /// A participant that is connected, or is about to be.
    struct Member: Hashable, Sendable {
        var identity: ParticipantIdentity
        /// The order of arrival.
        var order: UInt64
        var isConnected = false
        var hasPublished = false
        var firstJoinedAt: WallTime?
        /// Oldest first.
        var sockets: [SocketID] = []
        /// Oldest first, reservations included.
        var resources: [ResourceID] = []
        /// The publication that is open; at most one.
        var publication: ResourceID?
        var isPublishing = false
        var audioMuted = false
        var videoStopped = false
        /// What the backend has muted.
        var moderated = MutedKinds()
        var layers: [PublishedLayer] = []
        var replication: ReplicationStatus?
        /// Reports in a row that were above the limit.
        var bitrateStrikes = 0
    }

    struct Resource: Hashable, Sendable {
        var owner: ParticipantID
        var kind: ResourceKind
        var isOpen: Bool { openedAt != nil }
        /// `nil` while it is a reservation.
        var openedAt: WallTime?
        /// The publishers that media flows from, in the order in which it began.
        var remotes: [ParticipantID] = []
    }

    package let limits: StageLimits
    var session: Session?
    var members: [ParticipantID: Member] = [:]
    var resources: [ResourceID: Resource] = [:]
    var sockets: [SocketID: ParticipantID] = [:]
    /// The number of publications of each participant that has any, reservations included.
    var publicationCounts: [ParticipantID: Int] = [:]
    /// The same for subscriptions.
    var subscriptionCounts: [ParticipantID: Int] = [:]
    /// The other stages that publishers are seen on, or waited for on.
    var replicated: [ParticipantID: Set<StageID>] = [:]
    var connectedCount = 0
    var revoked: Set<ParticipantID> = []
    /// The revoked in the order of their revocation, to forget the oldest first.
    var revocationOrder: [ParticipantID] = []
    var budget = OpenBudget()
    /// What the backend has muted in this session, of whom, here or not.
    var moderated: [ParticipantID: MutedKinds] = [:]
    /// No media session was opened before this; `nil` when there is none.
    var oldestOpening: WallTime?
    var nextOrder: UInt64 = 0
    package internal(set) var isDeleted = false
    /// Set by what changes ``snapshot``, cleared by the broadcast that ends the transition.
    var publishersChanged = false

    package init(limits: StageLimits = StageLimits()) {
        self.limits = limits
    }
}

extension StageMachine {
    /// The session that goes on now.
    package var activeSession: StageSessionID? { session?.id }

    /// Nobody is here, nothing is under way, and there is no session to end.
    package var isIdle: Bool { session == nil && members.isEmpty && replicated.isEmpty }

    package var participantCount: Int { connectedCount }
    /// Participants with a publication, reservations included.
    package var publisherCount: Int { publicationCounts.count }
    /// Participants with a subscription, reservations included.
    package var subscriberCount: Int { subscriptionCounts.count }
    package var socketCount: Int { sockets.count }

    package var snapshot: StageSnapshot {
        let publishers = publicationCounts.keys.compactMap { members[$0] }
            .filter { $0.publication != nil || $0.isReplica }
            .sorted { $0.order < $1.order }
        return StageSnapshot(publishers: publishers.map(\.view))
    }

    /// How the participant sees itself; `nil` when it is not connected.
    package func view(of participant: ParticipantID) -> ParticipantView? {
        guard let member = members[participant], member.isConnected else { return nil }
        return member.view
    }

    /// What the participant's newest token says; `nil` when it is not known here.
    package func grant(of participant: ParticipantID) -> TokenGrant? {
        members[participant]?.identity.grant
    }

    package func isRevoked(_ participant: ParticipantID) -> Bool { revoked.contains(participant) }

    /// Whether the participant is connected or has something under way.
    package func knows(_ participant: ParticipantID) -> Bool { members[participant] != nil }

    /// The user id in the token of a participant that is known.
    package func userID(of participant: ParticipantID) -> String? {
        members[participant]?.identity.userID
    }

    package func owner(of resource: ResourceID) -> ParticipantID? { resources[resource]?.owner }

    package func kind(of resource: ResourceID) -> ResourceKind? { resources[resource]?.kind }

    /// The publishers that media flows from to that subscription.
    package func remotes(of resource: ResourceID) -> [ParticipantID] {
        resources[resource]?.remotes ?? []
    }

    /// The open publication of a participant.
    package func publication(of participant: ParticipantID) -> ResourceID? {
        members[participant]?.publication
    }

    /// The participant's media sessions, reservations included, oldest first.
    package func resources(of participant: ParticipantID) -> [ResourceID] {
        members[participant]?.resources ?? []
    }

    /// The participant's sockets, oldest first.
    package func sockets(of participant: ParticipantID) -> [SocketID] {
        members[participant]?.sockets ?? []
    }
}

extension StageMachine.Member {
    var view: ParticipantView {
        ParticipantView(
            id: identity.id, userID: identity.userID, attributes: identity.attributes,
            isPublishing: isPublishing, audioMuted: audioMuted || moderated.audio,
            videoStopped: videoStopped || moderated.video, mutedByModerator: moderated,
            isReplica: isReplica, layers: layers)
    }

    func status(in session: StageSessionID?, isRevoked: Bool = false) -> ParticipantStatus {
        ParticipantStatus(
            id: identity.id, session: session, userID: identity.userID,
            attributes: identity.attributes, isConnected: isConnected, hasPublished: hasPublished,
            firstJoinedAt: firstJoinedAt, isRevoked: isRevoked, replication: replication)
    }
}
