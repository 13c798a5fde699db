import Primitives
import Storage
import Testing

@testable import StageAPI

@Suite("Signature V4")
struct SignatureV4Tests {
    /// The account of AWS's published test suite.
    private let signer = SignatureV4Signer(
        key: AccessKey(
            id: "AKIDEXAMPLE", secret: Redacted("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")),
        region: "us-east-1", service: "service")
    private let time = SignatureDate.parse(basic: "20150830T123600Z")!

    private func signature(
        _ method: String = "GET", _ path: String = "/", query: String = "",
        headers: [(name: String, value: String)] = [], body: String = ""
    ) -> String {
        let signed = signer.sign(
            method: method, path: path, query: query,
            headers: [("Host", "example.amazonaws.com")] + headers, body: Array(body.utf8),
            at: time)
        return String(signed.last!.value.suffix(64))
    }

    @Test("signs a request as AWS's test suite does")
    func authorization() {
        let signed = signer.sign(
            method: "GET", path: "/", headers: [("Host", "example.amazonaws.com")], body: [],
            at: time)
        #expect(signed.map(\.name) == ["Host", "X-Amz-Date", "Authorization"])
        #expect(signed[1].value == "20150830T123600Z")
        #expect(
            signed[2].value
                == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request,"
                + " SignedHeaders=host;x-amz-date, Signature="
                + "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")
    }

    @Test(
        "makes the canonical path of AWS's test suite",
        arguments: [
            ("/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            ("", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            ("/./", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            (
                "/example1/example2/../..",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
            ),
            ("/./example", "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"),
            ("//example//", "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"),
            (
                "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
                "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"
            ),
            ("/ሴ", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
            ("/example space/", "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"),
        ])
    func path(path: String, expected: String) {
        #expect(signature("GET", path) == expected)
    }

    @Test(
        "makes the canonical query of AWS's test suite",
        arguments: [
            (
                "Param1=value1",
                "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"
            ),
            (
                "Param2=value2&Param1=value1",
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
            ),
            (
                "Param1=value2&Param1=value1",
                "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694"
            ),
        ])
    func query(query: String, expected: String) {
        #expect(signature(query: query) == expected)
    }

    @Test("folds headers and hashes the body as AWS's test suite does")
    func headersAndBody() {
        #expect(
            signature(headers: [("My-Header1", " value1"), ("My-Header2", " \"a   b   c\"")])
                == "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736")
        #expect(
            signature(headers: [
                ("My-Header1", "value2"), ("My-Header1", "value2"), ("My-Header1", "value1"),
            ]) == "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea")
        #expect(
            signature("POST")
                == "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")
        #expect(
            signature(
                "POST", headers: [("Content-Type", "application/x-www-form-urlencoded")],
                body: "Param1=value1")
                == "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a")
    }

    @Test("reads both forms of dates, and nothing else")
    func dates() {
        #expect(SignatureDate.parse(basic: "20150830T123600Z")?.unixSeconds == 1_440_938_160)
        #expect(SignatureDate.parse(basic: "20240229T235959Z")?.unixSeconds == 1_709_251_199)
        #expect(
            SignatureDate.parse(http: "Sun, 06 Nov 1994 08:49:37 GMT")?.unixSeconds == 784_111_777)
        for day in stride(from: Int64(0), to: 40_000, by: 17) {
            let time = WallTime(unixSeconds: day * 86_400 + 3_661)
            #expect(SignatureDate.parse(basic: SignatureDate.text(time)) == time)
        }
        for text in [
            "", "20150830", "20151330T123600Z", "20150830T253600Z", "2015-08-30T12:36:00Z",
            "20150830T123600+", "２0150830T123600Z",
        ] {
            #expect(SignatureDate.parse(basic: text) == nil, "\(text)")
        }
        for text in [
            "", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49 GMT", "a b c d e GMT",
        ] {
            #expect(SignatureDate.parse(http: text) == nil, "\(text)")
        }
    }
}
