internal import Forwarding
internal import MediaPlane
internal import Peering
internal import Primitives
internal import RTP
internal import Signalling

// Sound beside the pictures.
extension SimulatedRoom {
    /// A host of sound only; with `hasLevels` its packets say how loud they are; with `hasRedundancy` they
    /// may come as RED, with the payload type 63.
    package mutating func addSpeaker(
        _ name: String, hasLevels: Bool = false, hasRedundancy: Bool = false
    ) -> Int {
        var extensions = PublishExtensions()
        extensions.forwarded.audioLevel = hasLevels ? Self.levelID : 0
        let track = PublishedTrack(
            mid: "0", isVideo: false,
            format: NegotiatedFormat(
                codec: .opus, payloadType: 111, redundancyPayloadType: hasRedundancy ? 63 : nil,
                prefersRedundancy: hasRedundancy),
            extensions: extensions)
        return add(name, .publisher([track]), .publish, on: "stage")
    }

    /// A viewer of sound who numbers Opus, and Opus with redundancy, in its own way; `rtx` is the payload
    /// type of retransmissions from the SSRC 0x500.
    package mutating func addListener(
        _ name: String, slots: Int = 1, payloadType: UInt8, redundancy: UInt8?, rtx: UInt8? = nil
    ) -> Int {
        let slots = (0..<slots).map { slot in
            var sound = Self.sound(inSlot: slot)
            sound.formats = [
                OutgoingTrack.Format(
                    codec: .opus, payloadType: payloadType, retransmissionPayloadType: rtx,
                    redundancyPayloadType: redundancy)
            ]
            if rtx != nil { sound.retransmissionSSRC = SSRC(0x500 + UInt32(slot)) }
            return SubscribeNegotiation.Slot(audio: sound)
        }
        return add(name, .viewer(slots), .subscribeToStage, on: "stage")
    }

    /// Sends sound as it is, with a timestamp of its own.
    package mutating func sendSound(
        _ payload: [UInt8], from client: Int, ssrc: UInt32, payloadType: UInt8, timestamp: UInt32,
        level: UInt8? = nil
    ) {
        send(
            payload, from: client, ssrc: ssrc, payloadType: payloadType,
            element: level.map { (Self.levelID, [$0]) }, timestamp: timestamp)
    }

    /// A viewer of the whole stage with `slots` for sound.
    package mutating func addListener(_ name: String, slots: Int = 1) -> Int {
        let slots = (0..<slots).map { SubscribeNegotiation.Slot(audio: Self.sound(inSlot: $0)) }
        return add(name, .viewer(slots), .subscribeToStage, on: "stage")
    }

    static func sound(
        inSlot slot: Int, transportSequence: UInt8 = 0
    ) -> OutgoingTrack.Configuration {
        OutgoingTrack.Configuration(
            mid: "s\(slot)", isVideo: false, ssrc: SSRC(0x300 + UInt32(slot)),
            retransmissionSSRC: nil,
            formats: [OutgoingTrack.Format(codec: .opus, payloadType: 111)],
            extensions: ForwardedExtensionIDs(), transportSequence: transportSequence)
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
