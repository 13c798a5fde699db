import Primitives
import Testing

@testable import Gateway

@Suite struct RouteTests {
    @Test(arguments: [
        ("/CreateStage", Route.operation),
        ("/tags/arn%3Aaws%3Aivs", .operation),
        ("/tags/%ff%zz/x", .operation),
        ("/whip", .publish(nil)),
        ("/whip/publish", .publish(nil)),
        ("/whip/publish/abc", .publish(ParticipantID("abc"))),
        ("/whip/publish/a%2Dc", .publish(ParticipantID("a-c"))),
        ("/whip/subscribe", .subscribe(nil)),
        ("/whip/subscribe/abc", .subscribe(ParticipantID("abc"))),
        ("/whip/session/abc", .session(ResourceID("abc"))),
        ("/events/abc", .events(StageID("abc"))),
        ("/healthz", .health),
        ("/metrics", .metrics),
        ("/openapi.json", .openAPI),
        ("/", .redirect("/samples/")),
        ("/samples", .redirect("/samples/")),
        ("/samples/", .sample([""])),
        ("/samples/a/b.js", .sample(["a", "b.js"])),
        ("/samples/%2e%2e/x", .sample(["..", "x"])),
    ])
    func isFound(path: String, route: Route) {
        #expect(Route(path: path) == route)
    }

    @Test(arguments: [
        "", "*", "http://host/healthz", "/createStage", "/CreateStage/", "/Create/Stage", "/tags",
        "/whip/", "/whip/session", "/whip/publish/", "/whip/publish/a/b", "/whip/other", "/events",
        "/events/", "/events/a/b", "//", "/%", "/%4", "/%zz", "/healthz%00", "/Stage%00",
        "/samples/%c3%28",
    ])
    func isUnknown(path: String) {
        #expect(Route(path: path) == .unknown)
    }

    @Test func anyPathHasOne() {
        var generator = SeededGenerator(seed: 7)
        let alphabet = Array("/%.?azAZ09\u{0}\u{7f}é-_whipeventstagssamples".unicodeScalars)
        for _ in 0..<5000 {
            var path = "/"
            for _ in 0..<Int.random(in: 0..<24, using: &generator) {
                path.unicodeScalars.append(alphabet.randomElement(using: &generator) ?? "/")
            }
            if case .sample(let parts) = Route(path: path), let names = StaticFiles.names(parts) {
                #expect(!names.contains { $0.contains("/") || $0.hasPrefix(".") })
            }
        }
    }
}
