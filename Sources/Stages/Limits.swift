/// The bounds of one stage. Reaching one is a refusal with its own error and event; whoever is on
/// the stage already is not touched.
package struct StageLimits: Hashable, Sendable {
    /// Participants that publish at the same time, reservations included: the stage quota of the
    /// service that this one is compatible with.
    package var publishers = 12
    /// Participants with at least one subscription, reservations included.
    package var subscribers = 10_000
    /// Participants on the stage in any role: every subscriber and publisher, and as many who only
    /// watch the events.
    package var participants = 20_100
    /// Subscriptions of one participant: twelve publishers one by one, and the same again while a
    /// reloaded page's old ones run out, with some to spare.
    package var subscriptionsPerParticipant = 32
    /// Events sockets of one participant. One more displaces the oldest, which on a reload is the
    /// dead one.
    package var socketsPerParticipant = 4
    /// How long a session outlives its last participant.
    package var sessionLinger: Duration = .seconds(60)
    /// Revoked participants that are remembered here. Storage knows them all: this covers requests
    /// that had read it before the revocation.
    package var rememberedRevocations = 10_000
    /// Sessions and sockets that one participant may open in ``openWindow``: twelve subscriptions,
    /// a socket and a publication, twice over.
    package var opensPerWindow = 30
    package var openWindow: Duration = .seconds(10)
    /// Participants whose opens are counted at the same time.
    package var countedOpeners = 50_000
    /// The largest shorter side of a published picture, in pixels: 720p, upright or lying.
    package var publishedShortSide = 720
    /// Bits a second of one publisher, all its layers together.
    package var publishedBitrate: Int64 = 8_500_000
    /// Reports in a row above ``publishedBitrate`` that close a publication: a scene that is hard to
    /// encode makes a short peak.
    package var bitrateStrikes = 2
    /// How long one publication may last.
    package var publishDuration: Duration = .seconds(24 * 60 * 60)
    /// How long one subscription may last.
    package var subscribeDuration: Duration = .seconds(24 * 60 * 60)
    /// Participants that the backend has muted, on the stage or away for a while: as many as could
    /// take turns on the twelve places for a long show.
    package var moderatedParticipants = 1_000

    package init() {}
}
