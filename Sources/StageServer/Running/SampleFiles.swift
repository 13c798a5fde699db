import Foundation

/// Where the sample pages lie when nobody says so.
enum SampleFiles {
    /// How far above the program a checkout's top may be: `.build/<triple>/debug/rostrum`.
    private static let depth = 5

    /// The pages installed with the program (`bin/rostrum` and `share/rostrum/samples`), or those of
    /// the checkout that it was built in.
    static func directory() -> String? {
        directory(beside: URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path) {
            FileManager.default.fileExists(atPath: $0 + "/index.html")
        }
    }

    /// - Parameter hasPages: whether the pages are in that directory.
    static func directory(beside program: String, hasPages: (String) -> Bool) -> String? {
        var folder = URL(fileURLWithPath: program).deletingLastPathComponent()
        var candidates = [
            folder.deletingLastPathComponent().path + "/share/rostrum/samples"
        ]
        for _ in 0..<depth {
            candidates.append(folder.path + "/Samples/web")
            folder.deleteLastPathComponent()
        }
        return candidates.first(where: hasPages)
    }
}
