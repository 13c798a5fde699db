import Primitives
import RTP

@testable import Forwarding

/// A frame that a model encoder made: of one spatial layer, where there are several.
struct ModelFrame {
    var picture: Int
    var spatialID: UInt8
    var temporalID: UInt8
    var isKeyframe: Bool
    /// The frames that it refers to, by their indices.
    var references: [Int]
    var packetCount = 0
}

/// A packet of a model encoder.
struct ModelPacket {
    var frame: Int
    var sequence: Int64
    var timestamp: RTPTimestamp
    var marker: Bool
    var payload: [UInt8]
    var descriptor: [UInt8] = []
}

/// A model encoder: frames with references, cut into packets with real descriptors.
protocol ModelEncoder {
    var format: LayerInfo.Format { get }
    var frames: [ModelFrame] { get }
    /// The packets of the next picture: without sequence numbers and timestamps.
    mutating func nextPicture(
        keyframe: Bool, using random: inout SeededGenerator
    ) -> [ModelPacket]
}

/// The temporal layers of pictures, in a pattern that repeats (RFC 9628 §4.2, and the figures of the AV1
/// RTP specification §A.10.2).
enum TemporalPattern {
    static func layers(_ count: Int) -> [UInt8] {
        switch count {
        case 1: [0]
        case 2: [0, 1]
        default: [0, 2, 1, 2]
        }
    }
}

/// A stream of a model encoder on its way to the server.
struct ModelStream {
    var encoder: any ModelEncoder
    var packets: [ModelPacket] = []
    var wantsKeyframe = true
    private var sequence: Int64
    private var timestamp: RTPTimestamp
    private var sinceKeyframe = 0

    init(_ encoder: any ModelEncoder, using random: inout SeededGenerator) {
        self.encoder = encoder
        sequence = 65_536 + Int64.random(in: 0..<65_536, using: &random)
        timestamp = RTPTimestamp(UInt32.random(in: 0...UInt32.max, using: &random))
    }

    mutating func nextPicture(using random: inout SeededGenerator) -> [ModelPacket] {
        sinceKeyframe += 1
        let isKeyframe = wantsKeyframe || sinceKeyframe > 300
        if isKeyframe { sinceKeyframe = 0 }
        wantsKeyframe = false
        timestamp = timestamp.advanced(by: 3000)
        var made = encoder.nextPicture(keyframe: isKeyframe, using: &random)
        for index in made.indices {
            made[index].sequence = sequence
            made[index].timestamp = timestamp
            sequence += 1
        }
        packets += made
        return made
    }
}
