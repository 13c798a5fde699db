import ArgumentParser
import Links
import Primitives

/// Which directions a group of options is of.
protocol LinkDirections {
    /// What stands before each option's name: `up-`.
    static var prefix: String { get }
}

enum BothDirections: LinkDirections { static let prefix = "" }
enum UpDirection: LinkDirections { static let prefix = "up-" }
enum DownDirection: LinkDirections { static let prefix = "down-" }

/// What a link is like: the same options thrice, for both directions and for each.
struct LinkOptions<Directions: LinkDirections>: ParsableArguments {
    enum Trace: String, ExpressibleByArgument, CaseIterable {
        case phone
    }

    @Option(
        name: Self.name("rate"),
        help: Self.help(
            "The rate, or steps of it. (default: unlimited)", "rate[,time:rate...]"),
        transform: LinkText.schedule)
    var rate: RateSchedule?

    @Option(
        name: Self.name("trace"),
        help: Self.help(
            "A rate that changes as that of a moving phone does, 0.8 to 8 Mbit/s with fades.",
            "phone"))
    var trace: Trace?

    @Option(
        name: Self.name("queue"),
        help: Self.help(
            "How long, or how many, may wait for the rate; what comes then is dropped. (default: 200ms)",
            "time|packets|size"),
        transform: LinkText.queue)
    var queue: SimulatedLink.Bottleneck?

    @Option(
        name: Self.name("police"),
        help: Self.help(
            "Drop what exceeds the rate instead of letting it wait, but for bursts of this size.",
            "size"),
        transform: LinkText.size)
    var police: Int?

    @Option(
        name: Self.name("delay"), help: Self.help("How long each packet takes.", "time"),
        transform: LinkText.delay)
    var delay: Duration?

    @Option(
        name: Self.name("jitter"),
        help: Self.help("How much longer it may take, by chance.", "time"),
        transform: LinkText.delay)
    var jitter: Duration?

    @Flag(
        name: Self.name("reorder"),
        help: Self.help("Let packets overtake each other by their jitter.", ""))
    var reorder = false

    @Option(
        name: Self.name("loss"),
        help: Self.help("The share that is lost, each for itself.", "share"),
        transform: LinkText.share)
    var loss: Double?

    @Option(
        name: Self.name("burst-loss"),
        help: Self.help(
            "Lose packets in bursts: how probably one begins, and ends, with each packet.",
            "share:share"),
        transform: LinkText.bursts)
    var burstLoss: LossProcess?

    private static func name(_ name: String) -> NameSpecification {
        .customLong(Directions.prefix + name)
    }

    private static func help(_ text: String, _ value: String) -> ArgumentHelp {
        let text = Directions.prefix.isEmpty ? text : "The same, in this direction."
        return value.isEmpty ? ArgumentHelp(text) : ArgumentHelp(text, valueName: value)
    }

    func validate() throws {
        func flag(_ name: String) -> String { "--\(Directions.prefix)\(name)" }
        guard rate == nil || trace == nil else {
            throw ValidationError(
                "\(flag("rate")) and \(flag("trace")) both say the rate: give one")
        }
        guard queue == nil || police == nil else {
            throw ValidationError(
                "with \(flag("police")) nothing waits: leave out \(flag("queue"))")
        }
        guard loss == nil || burstLoss == nil else {
            throw ValidationError(
                "\(flag("loss")) and \(flag("burst-loss")) both say what is lost: give one")
        }
    }

    /// Changes what was given.
    func apply(to profile: inout LinkProfile) {
        if let rate { profile.schedule = rate }
        if trace != nil {
            profile.schedule = .movingPhone(
                for: .seconds(600), seed: profile.seed, repeats: true)
        }
        if let queue { profile.bottleneck = queue }
        if let police { profile.bottleneck = .policer(bytes: police) }
        if let delay { profile.propagation = delay }
        if let jitter { profile.jitter.maximum = jitter }
        if reorder { profile.jitter.reorders = true }
        if let loss { profile.loss = .random(loss) }
        if let burstLoss { profile.loss = burstLoss }
    }
}
