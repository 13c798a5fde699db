internal import Forwarding
internal import MediaPlane
internal import Peering
internal import Primitives
internal import RTP
internal import Signalling

// Sound beside the pictures.
extension SimulatedRoom {
    /// A host of sound only; with `hasLevels` its packets say how loud they are.
    package mutating func addSpeaker(_ name: String, hasLevels: Bool = false) -> Int {
        var extensions = PublishExtensions()
        extensions.forwarded.audioLevel = hasLevels ? Self.levelID : 0
        let track = PublishedTrack(
            mid: "0", isVideo: false, format: NegotiatedFormat(codec: .opus, payloadType: 111),
            extensions: extensions)
        return add(name, .publisher([track]), .publish, on: "stage")
    }

    /// A viewer of the whole stage with `slots` for sound.
    package mutating func addListener(_ name: String, slots: Int = 1) -> Int {
        let slots = (0..<slots).map { SubscribeNegotiation.Slot(audio: Self.sound(inSlot: $0)) }
        return add(name, .viewer(slots), .subscribeToStage, on: "stage")
    }

    static func sound(inSlot slot: Int) -> OutgoingTrack.Configuration {
        OutgoingTrack.Configuration(
            mid: "s\(slot)", isVideo: false, ssrc: SSRC(0x300 + UInt32(slot)),
            retransmissionSSRC: nil,
            formats: [OutgoingTrack.Format(codec: .opus, payloadType: 111)],
            extensions: ForwardedExtensionIDs())
    }

    package mutating func sendSound(
        from client: Int, ssrc: UInt32, mark: UInt8, bytes: Int = 3, level: UInt8? = nil
    ) {
        let payload = [0x78] + [UInt8](repeating: 0, count: bytes - 2) + [mark]
        send(
            payload, from: client, ssrc: ssrc, payloadType: 111,
            element: level.map { (Self.levelID, [$0]) })
    }

    private static var levelID: UInt8 { 9 }

    /// What was told of who speaks: the one with the floor, and everybody.
    package var speakers: [(active: String?, speaking: [String])] {
        reports.compactMap { report in
            guard case .speakers(_, let active, let speaking) = report else { return nil }
            return (active?.rawValue, speaking.map(\.rawValue))
        }
    }
}
