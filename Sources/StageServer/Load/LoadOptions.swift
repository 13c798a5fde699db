import ArgumentParser
import DatagramIO
import Foundation
import LoadGenerator
import MediaSecurity
import Primitives
import RTP
import StageAPI
import SyntheticMedia

/// Which server is loaded.
struct LoadServerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The URL of a server of ours.", valueName: "url"))
    var endpoint = "http://127.0.0.1:\(ServerConfiguration.defaultPort)"

    @Option(
        help: ArgumentHelp("The access key to make a stage with.", valueName: "id"))
    var accessKey: String?

    @Option(help: ArgumentHelp("Its secret.", valueName: "secret"))
    var secretKey: String?

    @Option(help: ArgumentHelp("The region that requests are signed for.", valueName: "name"))
    var region = ServerConfiguration.defaultRegion

    @Option(
        help: ArgumentHelp(
            "Publish to this WHIP URL of any server; no stage is made.", valueName: "url"))
    var whip: String?

    @Option(
        help: ArgumentHelp(
            "Watch at this WHEP URL of any server; without --whip nobody publishes.",
            valueName: "url"))
    var whep: String?

    @Option(help: ArgumentHelp("The bearer token for --whip and --whep.", valueName: "token"))
    var token = ""

    @Option(
        help: ArgumentHelp("That of publishers, where it is another.", valueName: "token"))
    var whipToken: String?

    @Option(
        help: ArgumentHelp(
            "Load a Janus VideoRoom by its HTTP API, such as http://127.0.0.1:8088/janus.",
            valueName: "url"))
    var janus: String?

    @Option(help: ArgumentHelp("Its room, which must exist.", valueName: "number"))
    var janusRoom = 1234

    func validate() throws {
        guard janus == nil || whep == nil else {
            throw ValidationError("--janus and --whep are different servers: name one")
        }
        guard whip == nil || whep != nil else {
            throw ValidationError("--whip needs --whep, where viewers watch")
        }
        guard (accessKey == nil) == (secretKey == nil) else {
            throw ValidationError("--access-key and --secret-key go together")
        }
    }

    /// Whether the run brings its own publishers.
    var publishes: Bool { whep == nil || whip != nil }

    func target(_ http: LoadHTTP) throws(StartRefusal) -> (name: String, target: any LoadTarget) {
        if let whep {
            var publishing: URL?
            if let whip { publishing = try ServerAddress.parse(whip, of: "--whip") }
            let target = PlainTarget(
                whip: publishing, whep: try ServerAddress.parse(whep, of: "--whep"),
                token: token, whipToken: whipToken ?? token, http: http)
            return (whep, target)
        }
        if let janus {
            let api = JanusAPI(url: try ServerAddress.parse(janus, of: "--janus"), http: http)
            return (janus, JanusTarget(api: api, room: janusRoom))
        }
        let url = try ServerAddress.parse(endpoint, of: "--endpoint")
        let api = DemoAPI(endpoint: url, signer: signer, http: http)
        return (url.absoluteString, StageTarget(api: api))
    }

    private var signer: SignatureV4Signer {
        guard let accessKey, let secretKey else { return .ofEnvironment(region: region) }
        return SignatureV4Signer(
            key: AccessKey(id: accessKey, secret: Redacted(secretKey)), region: region)
    }
}

/// Who joins, how, and what they do.
struct LoadClientOptions: ParsableArguments {
    enum Profile: String, ExpressibleByArgument, CaseIterable {
        case any, gcm, cm

        var profiles: [SRTPProfile] {
            switch self {
            case .any: [.aeadAES128GCM, .aes128CMHMACSHA1_80]
            case .gcm: [.aeadAES128GCM]
            case .cm: [.aes128CMHMACSHA1_80]
            }
        }
    }

    @Option(help: ArgumentHelp("How many publish.", valueName: "count"))
    var publishers = 1

    @Option(help: ArgumentHelp("How many watch all of them.", valueName: "count"))
    var viewers = 10

    @Option(
        help: ArgumentHelp(
            "Viewers leave once they have their keyframe and others come, until so many have joined.",
            valueName: "count"))
    var cycles: Int?

    @Option(
        help: ArgumentHelp(
            "Joins a second; 0 for as many as --concurrency allows.", valueName: "count"))
    var joinRate = 0.0

    @Option(
        help: ArgumentHelp("How many join at a time, until they are connected.", valueName: "count")
    )
    var concurrency = 64

    @Flag(inversion: .prefixedNo, help: "Whether viewers ask for what is missing.")
    var nack = true

    @Option(
        help: ArgumentHelp(
            "How many percent of the received packets viewers throw away, to provoke repairs.",
            valueName: "percent"))
    var loss = 0.0

    @Option(
        help: ArgumentHelp(
            "Viewers decrypt one packet of so many, once they have their keyframe; all are counted.",
            valueName: "count"))
    var sample = 16

    @Option(
        help: ArgumentHelp("The only SRTP profile that clients offer.", valueName: "any|gcm|cm"))
    var srtp = Profile.any

    @Option(help: ArgumentHelp("Of what is left to chance.", valueName: "number"))
    var seed: UInt64 = 1

    func validate() throws {
        guard (0...1000).contains(publishers), (1...Limits.clients).contains(viewers) else {
            throw ValidationError(
                "--publishers must be 0 to 1000, --viewers 1 to \(Limits.clients)")
        }
        guard (1...4096).contains(concurrency), (1...1_000_000).contains(sample) else {
            throw ValidationError("--concurrency must be 1 to 4096, --sample at least 1")
        }
        guard (0..<100).contains(loss) else {
            throw ValidationError("--loss must be 0 to less than 100")
        }
        guard joinRate >= 0, (cycles ?? viewers) >= viewers, (cycles ?? 1) <= 10_000_000 else {
            throw ValidationError("--join-rate cannot be negative, nor --cycles below --viewers")
        }
    }

    func apply(to settings: inout LoadSettings) {
        settings.asksAgain = nack
        settings.loss = loss / 100
        settings.sampling = sample
        settings.seed = seed
    }

    /// - Throws: ``StartRefusal`` when this process may not open a socket for each client.
    func checkOpenFiles() throws(StartRefusal) {
        let needed = publishers + viewers + concurrency + 64
        guard let allowed = ProcessSetup.raiseOpenFiles(), allowed < needed else { return }
        throw StartRefusal(
            .unavailable,
            "\(viewers) viewers need \(needed) open files and only \(allowed) are allowed: "
                + "raise the limit with 'ulimit -n \(needed)'")
    }
}

/// What is published.
struct LoadMediaOptions: ParsableArguments {
    enum Picture: String, ExpressibleByArgument, CaseIterable {
        case h264, vp8
        var codec: Codec { self == .h264 ? .h264 : .vp8 }
    }

    @Option(
        help: ArgumentHelp(
            "Publish the clips in this directory (see Scripts/make-clips), not generated media.",
            valueName: "dir"))
    var clips: String?

    @Option(help: ArgumentHelp("What generated video pretends to be.", valueName: "h264|vp8"))
    var codec = Picture.h264

    @Option(help: ArgumentHelp("Bits a second of generated video.", valueName: "bits"))
    var videoBitrate = 1_500_000

    @Option(help: ArgumentHelp("Pictures a second of generated video.", valueName: "count"))
    var fps = 30

    @Option(
        help: ArgumentHelp(
            "The most payload bytes of a packet, its stamp not counted.", valueName: "bytes"))
    var packetSize = SyntheticMedia.Limits.maximumPayload

    @Option(
        help: ArgumentHelp(
            "Simulcast layers of generated video, 1 to 3; each has 30 % of the next one's bitrate.",
            valueName: "count"))
    var layers = 1

    @Flag(inversion: .prefixedNo, help: "Whether publishers send sound too.")
    var audio = true

    @Flag(
        inversion: .prefixedNo,
        help: ArgumentHelp(
            "Whether publishers send pictures. Without, the first sound counts as the keyframe."))
    var video = true

    @Flag(
        inversion: .prefixedNo,
        help: ArgumentHelp(
            "Whether each packet ends with its send time, for the latency. Decoders dislike it."))
    var stamps = true

    func validate() throws {
        guard (10_000...100_000_000).contains(videoBitrate), (1...240).contains(fps) else {
            throw ValidationError("--video-bitrate must be 10000 to 100000000, --fps 1 to 240")
        }
        guard (1...3).contains(layers) else { throw ValidationError("--layers must be 1 to 3") }
        guard audio || video else {
            throw ValidationError("--no-audio and --no-video leave nothing to publish")
        }
        guard video || clips == nil else {
            throw ValidationError("--no-video is for generated media, not for --clips")
        }
        let most = SyntheticMedia.Limits.maximumPayload
        guard (64...most).contains(packetSize) else {
            throw ValidationError("--packet-size must be 64 to \(most)")
        }
    }

    func apply(to settings: inout LoadSettings) {
        settings.stamps = stamps
        settings.payloadSize = packetSize
        settings.hasPictures = video
    }

    func shows() throws(StartRefusal) -> [LoadPlan.Show] {
        if let clips {
            return try DemoClips(directory: clips).hosts(2).map {
                LoadPlan.Show(audio: audio ? $0.audio : nil, video: [$0.video])
            }
        }
        let shape = PlainClips.Video(
            codec: codec.codec, bitrate: videoBitrate, frameRate: fps)
        return [
            LoadPlan.Show(
                audio: audio ? PlainClips.audio(bitrate: 32_000) : nil,
                video: video ? PlainClips.layers(layers, of: shape) : [])
        ]
    }
}
