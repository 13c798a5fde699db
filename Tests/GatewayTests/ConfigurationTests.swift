import Testing

@testable import Gateway

@Suite struct ConfigurationTests {
    @Test(arguments: [
        (nil, ""), ("https://a.example", ""), ("https://a.example/", ""),
        ("https://a.example:7700/x/y/?q", "/x/y"), ("no url", ""),
    ])
    func thePathOfThePublicURLStandsInFront(url: String?, prefix: String) {
        #expect(GatewayConfiguration(publicURL: url).pathPrefix == prefix)
    }
}
