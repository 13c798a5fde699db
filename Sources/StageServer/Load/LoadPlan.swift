import LoadGenerator
import MediaSecurity
import SyntheticMedia

/// What a run shall do.
struct LoadPlan: Sendable {
    /// For the report.
    var target: String
    var publishers: Int
    var viewers: Int
    /// Joins in all; as many as ``viewers`` unless viewers come and go.
    var cycles: Int
    /// Joins a second; 0 for as many as ``concurrency`` allows.
    var joinRate: Double
    var concurrency: Int
    var warmup: Duration
    var window: Duration
    var settings: LoadSettings
    var profiles: [SRTPProfile]
    var cpu: Int?
    var serverPID: Int?
    /// What publisher `n` plays is the n-th, over and over.
    var shows: [Show]

    struct Show: Sendable {
        var audio: Clip?
        /// Its simulcast layers, lowest first; one without; none of a publisher without pictures.
        var video: [Clip]
    }

    /// How long a client may take to its first keyframe.
    static let patience = Duration.seconds(20)
    /// The clients of a subscription to a whole stage see so many publishers.
    static let slots = 12
}
