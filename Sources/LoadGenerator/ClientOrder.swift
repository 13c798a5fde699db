package import ICE
package import Peering
package import Primitives
package import RTP
package import SyntheticMedia

/// A client of the generator, as its owner numbers it.
package struct ClientID: Hashable, Sendable {
    package let rawValue: Int
    package init(_ rawValue: Int) { self.rawValue = rawValue }
}

/// A client that has been agreed on with a server: what the thread needs to connect it.
package struct ClientOrder: Sendable {
    package enum Role: Sendable {
        /// - Parameter codecs: what the payload types mean.
        case viewer(codecs: [PayloadType: Codec])
        case publisher([PublishedClip])
    }

    package var id: ClientID
    package var credentials: ICECredentials
    /// Of the server.
    package var answer: ClientAnswer
    package var role: Role
    /// When the client began to join: what its times count from.
    package var startedAt: Instant

    package init(
        id: ClientID, credentials: ICECredentials, answer: ClientAnswer, role: Role,
        startedAt: Instant
    ) {
        self.id = id
        self.credentials = credentials
        self.answer = answer
        self.role = role
        self.startedAt = startedAt
    }
}

/// A track that a publisher sends.
package struct PublishedClip: Sendable {
    package var ssrc: SSRC
    package var payloadType: PayloadType
    package var clip: Clip
    /// `nil` without simulcast.
    package var layer: Layer?

    /// A simulcast layer: its name, and that of its section.
    package struct Layer: Hashable, Sendable {
        package var rid: String
        package var mid: String

        package init(rid: String, mid: String) {
            self.rid = rid
            self.mid = mid
        }
    }

    package init(ssrc: SSRC, payloadType: PayloadType, clip: Clip, layer: Layer? = nil) {
        self.ssrc = ssrc
        self.payloadType = payloadType
        self.clip = clip
        self.layer = layer
    }
}

/// What happened to a client. Times are those since its ``ClientOrder/startedAt``.
package enum ClientEvent: Hashable, Sendable {
    /// ICE and DTLS are done.
    case connected(ClientID, after: Duration)
    case firstPacket(ClientID, after: Duration)
    /// The first packet of a keyframe.
    case firstFrame(ClientID, after: Duration)
    case ended(ClientID, ClientEnd)
}

/// Why a client is gone.
package enum ClientEnd: Error, Hashable, Sendable {
    /// It was told to leave.
    case left
    /// Nothing came back from the server's media port, or came no more.
    case noPath
    case closedByServer
    case handshakeFailed
    /// No socket could be had, or there are ``Limits/clients`` already.
    case noSocket
}
