internal import Forwarding
internal import Primitives
internal import Signalling

/// Who speaks on a stage. The first worker listens for all of them: who has the floor is one question,
/// wherever the publishers are.
struct Conversation {
    /// A publisher's place in it.
    struct Seat: Hashable {
        var conversation: Int
        var place: Int
    }

    let stage: StageID
    var detector: SpeakerDetector
    /// By the detector's places.
    var participants: [Int: ParticipantID] = [:]
    /// The publishers' places in the worker's table, by the detector's.
    var publishers: [Int: Int] = [:]
    /// Something is other than was told last.
    var hasChanged = false
    var nextReport: Instant

    /// - Parameter loudest: how many are heard at a time; `nil`: all.
    init(of stage: StageID, loudest: Int?, at now: Instant) {
        self.stage = stage
        detector = SpeakerDetector(loudest: loudest, at: now)
        nextReport = now
    }

    /// Who has spoken: who has the floor first, then the latest.
    var ranking: [ParticipantID] {
        participants.compactMap { place, participant in
            detector.rank(of: place).map { ($0, participant) }
        }.sorted { $0.0 < $1.0 }.map(\.1)
    }

    var speaking: [ParticipantID] {
        participants.filter { detector.isSpeaking($0.key) }.map(\.value).sorted {
            $0.rawValue < $1.rawValue
        }
    }
}
