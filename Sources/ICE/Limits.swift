import Primitives

/// The bounds of this module and their reasons.
package enum ICELimits {
    /// The largest STUN message that is looked at: a check with every attribute that browsers send
    /// is under 200 bytes, and larger ones only cost HMAC time.
    package static let messageSize = 1280
    /// How many attributes of one message are looked at; browsers send nine.
    package static let attributes = 32
    /// How many unknown comprehension-required attributes a 420 response lists.
    package static let unknownAttributes = 8
    /// The most that a reply takes: 20 + XOR-MAPPED-ADDRESS 24 or ERROR-CODE and
    /// UNKNOWN-ATTRIBUTES 48, MESSAGE-INTEGRITY 24, FINGERPRINT 8.
    package static let replySize = 160
    /// The most that a check of the controlling agent takes, with the longest credentials.
    package static let requestSize = 640
    /// RFC 8445 §5.3: ufrag and password have at most 256 characters.
    package static let credentialSize = 256
    /// The remote candidates that the controlling agent checks; RFC 8445 §6.1.2.5 allows 100 pairs.
    package static let remoteCandidates = 16

    /// RFC 7675 §5.1: consent expires 30 seconds after the last valid check.
    package static let consentTimeout: Duration = .seconds(30)
    /// How long an agent waits for its first nomination.
    package static let connectTimeout: Duration = .seconds(15)
    /// How long a nominated path is kept against the nomination of another path with a lower
    /// priority. Aggressive nominators nominate several paths in one burst and mean the best of
    /// them (RFC 5245 §8.1.1.2); one that has moved stops nominating the path that it left.
    package static let nominationHold: Duration = .seconds(1)
    /// How long the selected path may bring no request until a check from another address moves it.
    /// Consent checks are 4 to 6 s apart (RFC 7675 §5.1), so that a path that lives never does.
    package static let pathSilence: Duration = .seconds(7)

    /// RFC 8445 §14.2: the time between two checks of the controlling agent.
    package static let checkInterval: Duration = .milliseconds(50)
    /// The first retransmission of a check; doubles. RFC 8445 §14.3 has 500 ms as the least, for
    /// paths of unknown delay.
    package static let checkTimeout: Duration = .milliseconds(500)
    /// Where the doubling ends, so that all transmissions fit in the connect timeout.
    package static let maximumCheckTimeout: Duration = .seconds(2)
    /// RFC 8489 §6.2.1, Rc: how often one check is sent.
    package static let checkTransmissions = 7
    /// RFC 7675 §5.1: consent checks are 5 seconds apart, randomised by ±20 %.
    package static let consentInterval: Duration = .seconds(5)
}
