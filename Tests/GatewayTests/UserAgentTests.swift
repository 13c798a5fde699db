import Primitives
import Storage
import Testing

@testable import Gateway

@Suite struct UserAgentTests {
    @Test(arguments: [
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
                + "Chrome/131.0.0.0 Safari/537.36", "Linux", "", "Chrome", "131.0.0.0"
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
                + "Chrome/131.0.0.0 Safari/537.36 Edg/131.0.2903.51", "Windows", "10.0", "Edge",
            "131.0.2903.51"
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 "
                + "(KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1", "iOS", "17.4.1",
            "Safari", "17.4"
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:133.0) Gecko/20100101 Firefox/133.0",
            "macOS", "10.15", "Firefox", "133.0"
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
                + "Chrome/131.0.0.0 Mobile Safari/537.36", "Android", "14", "Chrome", "131.0.0.0"
        ),
        ("Mozilla/5.0", "", "", "", ""),
        ("", "", "", "", ""),
    ])
    func isRead(
        text: String, system: String, systemVersion: String, browser: String, version: String
    ) {
        #expect(
            ClientFacts(userAgent: text)
                == ClientFacts(
                    osName: system, osVersion: systemVersion, browserName: browser,
                    browserVersion: version))
    }

    @Test(arguments: [
        ("OBS-Studio/30.2.3", "", "OBS-Studio 30.2.3"),
        ("Mozilla/5.0 (OBS-Studio/31.0.1; Windows x86_64; en-US)", "", "OBS-Studio 31.0.1"),
        ("Python/3.11 aiohttp/3.9", "", "Python 3.11"),
        ("GStreamer/1.24 (Linux)", "Linux", "GStreamer 1.24"),
        ("whip<script>\u{1F600}", "", "whipscript"),
    ])
    func programsAreNoBrowsers(text: String, system: String, program: String) {
        #expect(
            ClientFacts(userAgent: text) == ClientFacts(osName: system, sdkVersion: program))
    }

    @Test func anyTextIsRead() {
        var generator = SeededGenerator(seed: 1)
        let words = [
            "Mozilla/5.0", "(", ")", ";", "Chrome/", "Safari/", "Version/", "Windows NT ",
            "CPU OS ",
            "1_2", ".", "/", " ", "\u{0}", "é", "👩‍👩‍👧", String(repeating: "9", count: 300),
        ]
        for _ in 0..<3000 {
            let text = (0..<Int.random(in: 0..<12, using: &generator))
                .map { _ in words.randomElement(using: &generator) ?? "" }.joined()
            let facts = ClientFacts(userAgent: text)
            for value in [
                facts.osName, facts.osVersion, facts.browserName, facts.browserVersion,
                facts.sdkVersion,
            ] {
                #expect(value.utf8.count <= 128)
            }
        }
    }
}
