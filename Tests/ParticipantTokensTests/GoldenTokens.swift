import Crypto
import FoundationEssentials
import ParticipantTokens
import Primitives

/// Tokens that PyJWT signed with a throw-away key.
enum Golden {
    static let kid = "arn:aws:ivs:local:000000000000:public-key/GoldenKey001"
    static let privatePEM = """
        -----BEGIN PRIVATE KEY-----
        MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDB3rTf2b4ff9QUT57KD
        9jxZlM++7qds92Oewt+VD9tqVynD332oP+R06KUSJUikiiChZANiAAR6W6gwcek3
        vRPZDEIvG6NyALT1hVLrsHKHOs/m5/JlxbPSxnuuVMcxgekB9rAmp3AaW87nVkof
        Ftd9vaP66XE/Abq3po2KkjMeIuU6ECTMCFLMl+6WMVoUwEp3i24xIfI=
        -----END PRIVATE KEY-----
        """
    static let publicPEM = """
        -----BEGIN PUBLIC KEY-----
        MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEeluoMHHpN70T2QxCLxujcgC09YVS67By
        hzrP5ufyZcWz0sZ7rlTHMYHpAfawJqdwGlvO51ZKHxbXfb2j+ulxPwG6t6aNipIz
        HiLlOhAkzAhSzJfuljFaFMBKd4tuMSHy
        -----END PUBLIC KEY-----
        """
    static let issuedAt = WallTime(unixSeconds: 1_700_000_000)

    static func key() throws -> TokenKey {
        try TokenKey(id: kid, createdAt: issuedAt, privatePEM: Redacted(privatePEM))
    }

    static let claims = ParticipantClaims(
        participant: ParticipantID("Abc_d-3fGhIj"), stage: StageID("VSWjvX5XOkU3"),
        stageARN: "arn:aws:ivs:local:000000000000:stage/VSWjvX5XOkU3",
        eventsURL: "ws://127.0.0.1:7700/events", whipURL: "http://127.0.0.1:7700/whip",
        userID: "host ☃", attributes: ["role": "host", "name": "Éva"],
        capabilities: [.publish, .subscribe], issuedAt: issuedAt,
        expiresAt: issuedAt + .seconds(12 * 3600))

    /// ``claims`` as they are written.
    static let payload = """
        {"attributes":{"name":"Éva","role":"host"},\
        "capabilities":{"allow_publish":true,"allow_subscribe":true},\
        "events_url":"ws://127.0.0.1:7700/events","exp":1700043200,"iat":1700000000,\
        "jti":"Abc_d-3fGhIj","resource":"arn:aws:ivs:local:000000000000:stage/VSWjvX5XOkU3",\
        "topic":"VSWjvX5XOkU3","user_id":"host ☃","version":"1.0",\
        "whip_url":"http://127.0.0.1:7700/whip"}
        """

    /// Subscribe only, without user id and attributes.
    static var viewerClaims: ParticipantClaims {
        var viewer = claims
        viewer.userID = nil
        viewer.attributes = [:]
        viewer.capabilities = [.subscribe]
        return viewer
    }

    static let viewerPayload = """
        {"capabilities":{"allow_subscribe":true},\
        "events_url":"ws://127.0.0.1:7700/events","exp":1700043200,"iat":1700000000,\
        "jti":"Abc_d-3fGhIj","resource":"arn:aws:ivs:local:000000000000:stage/VSWjvX5XOkU3",\
        "topic":"VSWjvX5XOkU3","version":"1.0","whip_url":"http://127.0.0.1:7700/whip"}
        """

    /// ``claims`` as PyJWT signed them.
    static let token =
        "eyJhbGciOiJFUzM4NCIsImtpZCI6ImFybjphd3M6aXZzOmxvY2FsOjAwMDAwMDAwMDAwMDpwdWJsaWMta2V5L0dv"
        + "bGRlbktleTAwMSIsInR5cCI6IkpXVCJ9.eyJleHAiOjE3MDAwNDMyMDAsImlhdCI6MTcwMDAwMDAwMCwianRpIjo"
        + "iQWJjX2QtM2ZHaElqIiwicmVzb3VyY2UiOiJhcm46YXdzOml2czpsb2NhbDowMDAwMDAwMDAwMDA6c3RhZ2UvVlN"
        + "XanZYNVhPa1UzIiwidG9waWMiOiJWU1dqdlg1WE9rVTMiLCJldmVudHNfdXJsIjoid3M6Ly8xMjcuMC4wLjE6Nzc"
        + "wMC9ldmVudHMiLCJ3aGlwX3VybCI6Imh0dHA6Ly8xMjcuMC4wLjE6NzcwMC93aGlwIiwidXNlcl9pZCI6Imhvc3Q"
        + "gXHUyNjAzIiwiYXR0cmlidXRlcyI6eyJyb2xlIjoiaG9zdCIsIm5hbWUiOiJcdTAwYzl2YSJ9LCJjYXBhYmlsaXR"
        + "pZXMiOnsiYWxsb3dfcHVibGlzaCI6dHJ1ZSwiYWxsb3dfc3Vic2NyaWJlIjp0cnVlfSwidmVyc2lvbiI6IjEuMCJ"
        + "9.PlHVZS_sNxlMLntzZMXjTIZxzUEsEODclDQQfwroV2lEQ_sSG34USut-9OZcxgOpvfMqETjiogQ1q5wDLEdWY7"
        + "cemuhGqVqTku3k3u7gtdSzPf8AvRRg1Vswki-wFXLS"

    /// ``viewerClaims`` as PyJWT signed them.
    static let viewerToken =
        "eyJhbGciOiJFUzM4NCIsImtpZCI6ImFybjphd3M6aXZzOmxvY2FsOjAwMDAwMDAwMDAwMDpwdWJsaWMta2V5L0dv"
        + "bGRlbktleTAwMSIsInR5cCI6IkpXVCJ9.eyJleHAiOjE3MDAwNDMyMDAsImlhdCI6MTcwMDAwMDAwMCwianRpIjo"
        + "iQWJjX2QtM2ZHaElqIiwicmVzb3VyY2UiOiJhcm46YXdzOml2czpsb2NhbDowMDAwMDAwMDAwMDA6c3RhZ2UvVlN"
        + "XanZYNVhPa1UzIiwidG9waWMiOiJWU1dqdlg1WE9rVTMiLCJldmVudHNfdXJsIjoid3M6Ly8xMjcuMC4wLjE6Nzc"
        + "wMC9ldmVudHMiLCJ3aGlwX3VybCI6Imh0dHA6Ly8xMjcuMC4wLjE6NzcwMC93aGlwIiwiY2FwYWJpbGl0aWVzIjp"
        + "7ImFsbG93X3N1YnNjcmliZSI6dHJ1ZX0sInZlcnNpb24iOiIxLjAifQ.-QsQTbdp8l2-XnzWMUDWdXrAQyaylBY1"
        + "av0cEupvRBTmLHo5xwTqxjYDF-VQbXLsMoqnYXAj7M49iY5BJxd18ESGVh-pM8Xy7ManljKvTr4JR-iwoE3WhDSU"
        + "xmR97bDT"
}

/// A token of any header and payload.
func forge(
    header: String, payload: String, signature: (String) throws -> some Sequence<UInt8>
) rethrows -> String {
    let input = base64URL(header.utf8) + "." + base64URL(payload.utf8)
    return input + "." + base64URL(try signature(input))
}

/// A rightly signed token of any payload.
func signed(_ payload: String, header: String? = nil) throws -> String {
    let key = try P384.Signing.PrivateKey(pemRepresentation: Golden.privatePEM)
    let header = header ?? #"{"alg":"ES384","typ":"JWT","kid":"\#(Golden.kid)"}"#
    return try forge(header: header, payload: payload) {
        try key.signature(for: Data($0.utf8)).rawRepresentation
    }
}

func base64URL(_ bytes: some Sequence<UInt8>) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
        .replacing("=", with: "")
}

/// The decoded middle part.
func payloadText(of token: String) -> String {
    var text = token.split(separator: ".")[1].replacing("-", with: "+").replacing("_", with: "/")
    text += String(repeating: "=", count: (4 - text.count % 4) % 4)
    return String(decoding: Data(base64Encoded: String(text)) ?? Data(), as: UTF8.self)
}
