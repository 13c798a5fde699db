/// The bounds of this module and their reasons.
package enum MediaSecurityLimits {
    /// The datagrams that one handshake may take in: six flights with fragments and some loss. What
    /// needs more is an attack or will not finish in time.
    package static let handshakeDatagrams = 64
    /// The datagrams that one call may send: the largest flight, ServerHello to ServerHelloDone with
    /// a client certificate request, is a handful even at the smallest MTU.
    package static let flightDatagrams = 32
    /// The largest datagram that is handed to DTLS: the largest UDP payload on Ethernet with room.
    package static let datagramSize = 2048
    /// The synchronisation sources that one peer may send from: four tracks with three simulcast
    /// layers and their retransmissions take 24; a browser that reloads its tracks some more.
    package static let sources = 64
    /// How far behind the newest packet another one may be (RFC 3711 §3.3.2 wants 64 at least):
    /// 128 packets are 0.3 s of a 4 Mb/s stream.
    package static let replayWindow = 128
    /// The largest packet that is sealed or opened; far above what UDP carries, and far below where
    /// one AES-CTR key stream segment of 2^16 blocks would end.
    package static let packetSize = 65_535
}
