package import Storage

extension ClientFacts {
    /// What a `User-Agent` header (RFC 9110 §10.1.5) says, as far as it can be told: browsers call
    /// themselves by each other's names, so the order of the questions matters. Any text gives an
    /// answer; what cannot be told is empty.
    package init(userAgent: String) {
        let text = userAgent.prefix(512)
        let (browser, browserVersion) = Self.browser(text)
        let (system, systemVersion) = Self.system(text)
        self.init(
            osName: Self.clean(system), osVersion: Self.clean(systemVersion),
            browserName: Self.clean(browser), browserVersion: Self.clean(browserVersion),
            sdkVersion: browser.isEmpty ? Self.clean(Self.program(text)) : "")
    }

    /// Product tokens, the more particular ones first.
    private static let browsers = [
        ("Edg/", "Edge"), ("EdgA/", "Edge"), ("EdgiOS/", "Edge"), ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"), ("FxiOS/", "Firefox"), ("Firefox/", "Firefox"),
        ("CriOS/", "Chrome"), ("HeadlessChrome/", "Chrome"), ("Chrome/", "Chrome"),
    ]

    /// Comment words, and the word in front of the version.
    private static let systems = [
        ("Windows NT", "Windows", "Windows NT "), ("Android", "Android", "Android "),
        ("iPhone", "iOS", "iPhone OS "), ("iPad", "iPadOS", "CPU OS "),
        ("Mac OS X", "macOS", "Mac OS X "), ("CrOS", "Chrome OS", ""), ("Linux", "Linux", ""),
    ]

    private static func browser(_ text: Substring) -> (String, Substring) {
        for (token, name) in browsers {
            if let version = version(after: token, in: text) { return (name, version) }
        }
        if text.contains("Safari/"), let version = version(after: "Version/", in: text) {
            return ("Safari", version)
        }
        return ("", "")
    }

    /// What calls itself by its first product, and is no browser: `OBS-Studio 30.2.3`.
    private static func program(_ text: Substring) -> String {
        // OBS says that it is Mozilla, and in a comment who it is.
        let start = text.firstRange(of: "OBS-Studio/")?.lowerBound ?? text.startIndex
        let product = text[start...].prefix { !" ;)".contains($0) }
        guard !product.hasPrefix("Mozilla") else { return "" }
        return product.split(separator: "/").joined(separator: " ")
    }

    private static func system(_ text: Substring) -> (String, Substring) {
        guard let (_, name, word) = systems.first(where: { text.contains($0.0) }) else {
            return ("", "")
        }
        return (name, word.isEmpty ? "" : version(after: word, in: text) ?? "")
    }

    /// The version behind the word; Apple's systems write `17_4` for 17.4.
    private static func version(after word: String, in text: Substring) -> Substring? {
        guard let range = text.firstRange(of: word) else { return nil }
        let digits = text[range.upperBound...].utf8.prefix {
            $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_")
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        }
        return Substring(
            digits.map { $0 == UInt8(ascii: "_") ? "." : Character(UnicodeScalar($0)) })
    }

    /// At most 128 of the characters that the API's answers may hold.
    private static func clean(_ text: some StringProtocol) -> String {
        let kept = text.unicodeScalars.compactMap { scalar -> Character? in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".", ",", ":", ";", " ":
                Character(scalar)
            default: nil
            }
        }
        return String(kept.prefix(128))
    }
}
