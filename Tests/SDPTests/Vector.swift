import Foundation
import SDP

/// A description in `Tests/Vectors/SDP`.
enum Vector {
    static let names = [
        "aiortc-whep", "aiortc-whip", "chromium-whep-recvonly", "chromium-whep-slots",
        "chromium-whip-data", "chromium-whip-simulcast", "chromium-whip-single", "ffmpeg-whip",
        "firefox-whep-recvonly", "firefox-whep-slots", "firefox-whip-max-bundle",
        "firefox-whip-simulcast", "obs-whip",
    ]

    static func text(_ name: String) throws -> String {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Vectors/SDP/\(name).sdp")
        return try String(contentsOf: file, encoding: .utf8)
    }

    static func session(_ name: String) throws -> SessionDescription {
        try SessionDescription(parsing: text(name))
    }
}
