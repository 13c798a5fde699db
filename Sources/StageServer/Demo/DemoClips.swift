import Foundation
import SyntheticMedia

/// The two hosts' clips, as `Scripts/make-clips` makes them.
struct DemoClips: Sendable {
    struct Host: Sendable {
        var name: String
        var audio: Clip
        var video: Clip
    }

    private static let frameRate = 30
    private let originals: [Host]

    /// - Throws: ``StartRefusal`` that says how to make what is missing.
    init(directory: String) throws(StartRefusal) {
        originals = [
            Host(
                name: "Ada",
                audio: try Self.clip("ada.ogg", in: directory, OggOpusReader.read),
                video: try Self.clip("ada.h264", in: directory) { bytes throws(ClipViolation) in
                    try AnnexBReader.read(bytes, frameRate: Self.frameRate)
                }),
            Host(
                name: "Grace",
                audio: try Self.clip("grace.ogg", in: directory, OggOpusReader.read),
                video: try Self.clip("grace.ivf", in: directory, IVFReader.read)),
        ]
    }

    /// The first `count` hosts; the third is called Ada 2.
    func hosts(_ count: Int) -> [Host] {
        (0..<count).map { index in
            var host = originals[index % originals.count]
            let round = index / originals.count + 1
            if round > 1 { host.name += " \(round)" }
            return host
        }
    }

    private static func clip(
        _ name: String, in directory: String, _ read: ([UInt8]) throws(ClipViolation) -> Clip
    ) throws(StartRefusal) -> Clip {
        let path = directory + "/" + name
        guard let data = FileManager.default.contents(atPath: path) else {
            throw StartRefusal(
                .unavailable,
                "the clip \(path) is missing: make it with "
                    + "'Scripts/make-clips \(directory)', or name the directory with --clips")
        }
        do throws(ClipViolation) {
            return try read(Array(data))
        } catch {
            throw StartRefusal(
                .unavailable,
                "the clip \(path) cannot be used: \(error); remove it and run "
                    + "'Scripts/make-clips \(directory)'")
        }
    }
}
