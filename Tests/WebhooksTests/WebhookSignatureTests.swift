import Primitives
import Testing

@testable import Webhooks

@Suite struct WebhookSignatureTests {
    /// The example of the Standard Webhooks libraries' documentation.
    @Test func theSpecificationsExample() throws {
        let secret = try #require(WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        let headers = WebhookSignature.headers(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", time: WallTime(unixSeconds: 1_614_265_330),
            body: #"{"test": 2432232314}"#, secret: secret)
        #expect(headers.map(\.name) == ["webhook-id", "webhook-timestamp", "webhook-signature"])
        #expect(
            headers.map(\.value) == [
                "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330",
                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ])
    }

    @Test func aSecretComesBackFromItsText() throws {
        var generator = SeededGenerator(seed: 3)
        let secret = WebhookSecret.random(using: &generator)
        #expect(secret.bytes.value.count == 32)
        #expect(WebhookSecret(secret.text.value) == secret)
        #expect("\(secret)".contains("redacted"))
    }

    @Test(arguments: [
        "", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!!!!",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "whsec_AAAA====",
    ])
    func whatIsNoSecretIsRefused(text: String) {
        #expect(WebhookSecret(text) == nil)
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ])
    func base64(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decode(encoded.utf8) == Array(plain.utf8))
    }

    @Test(arguments: ["Zg=", "Zh==", "Z===", "====", "Zg==Zg==", "Z g=", "Zm9"])
    func whatIsNoBase64IsRefused(text: String) { #expect(Base64.decode(text.utf8) == nil) }

    @Test(arguments: [
        "http://127.0.0.1:8080/hook", "https://example.com", "HTTPS://[::1]/a?b=c",
        "http://10.0.0.7/",
    ])
    func addresses(text: String) throws { #expect(try WebhookAddress(text).text == text) }

    @Test(arguments: [
        ("", WebhookAddress.Violation.notHTTP), ("ftp://a", .notHTTP), ("http://", .noHost),
        ("http:///x", .noHost), ("http://:80/", .noHost), ("http://a:b@c/", .credentials),
        ("http://a/#x", .fragment), ("http://a b/", .characters), ("http://ä/", .characters),
        ("http://" + String(repeating: "a", count: 2_048), .tooLong),
    ])
    func whatIsNoAddress(text: String, violation: WebhookAddress.Violation) {
        #expect(throws: violation) { try WebhookAddress(text) }
    }
}
