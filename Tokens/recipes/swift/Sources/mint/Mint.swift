// Mints a participant token with JWTKit: `swift run mint --key … --kid … …`.

import Foundation
import JWTKit

@main
enum Mint {
    static let longestLifetime = 14 * 24 * 3600

    static func main() async {
        do {
            print(try await mint(Arguments(CommandLine.arguments.dropFirst())))
        } catch {
            FileHandle.standardError.write(Data("mint: \(error)\n".utf8))
            exit(1)
        }
    }

    static func mint(_ arguments: Arguments) async throws -> String {
        let keys = JWTKeyCollection()
        let pem = try String(contentsOfFile: arguments.required("key"), encoding: .utf8)
        let kid = JWKIdentifier(string: try arguments.required("kid"))
        await keys.add(ecdsa: try ES384PrivateKey(pem: pem), kid: kid)
        return try await keys.sign(try claims(arguments), kid: kid)
    }

    static func claims(_ arguments: Arguments) throws -> ParticipantToken {
        let stage = try arguments.required("stage-arn")
        guard let marker = stage.range(of: ":stage/"), marker.upperBound < stage.endIndex
        else { throw UsageError(description: "--stage-arn must be the ARN of a stage") }
        let now = try arguments.integer("now", default: Int(Date().timeIntervalSince1970))
        let lifetime = try arguments.integer("ttl", default: 12 * 3600)
        guard (1...longestLifetime).contains(lifetime)
        else { throw UsageError(description: "--ttl must be 1 to \(longestLifetime) seconds") }
        return ParticipantToken(
            exp: now + lifetime, iat: now,
            jti: arguments.optional("participant-id") ?? randomID(), resource: stage,
            topic: String(stage[marker.upperBound...]),
            events_url: try arguments.required("events-url"),
            whip_url: try arguments.required("whip-url"), user_id: arguments.optional("user-id"),
            attributes: arguments.attributes.isEmpty ? nil : arguments.attributes,
            capabilities: try capabilities(arguments))
    }

    static func capabilities(_ arguments: Arguments) throws -> ParticipantToken.Capabilities {
        var granted = ParticipantToken.Capabilities()
        let names = arguments.optional("capabilities") ?? "PUBLISH,SUBSCRIBE"
        for name in names.split(separator: ",") {
            switch name {
            case "PUBLISH": granted.allow_publish = true
            case "SUBSCRIBE": granted.allow_subscribe = true
            default: throw UsageError(description: "unknown capability: \(name)")
            }
        }
        return granted
    }

    static func randomID() -> String {
        let digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        return String((0..<12).map { _ in digits.randomElement()! })
    }
}
