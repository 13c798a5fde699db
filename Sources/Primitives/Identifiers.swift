/// The 62 characters of resource ids, in the order of their digits.
private let base62 = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

/// `count` random base62 characters (5.95 bits each): ten or fewer of every number drawn, for a draw
/// of the system's generator is a system call.
package func randomBase62(
    count: Int, using generator: inout some RandomNumberGenerator
) -> String {
    var letters: [UInt8] = []
    letters.reserveCapacity(count)
    while true {
        var bits = generator.next()
        for _ in 0..<10 {
            if letters.count == count { return String(decoding: letters, as: UTF8.self) }
            // Two values of 64 have no letter; to fold them onto others would favour these.
            let value = Int(bits & 63)
            if value < base62.count { letters.append(base62[value]) }
            bits >>= 6
        }
    }
}

/// The id of a stage: what stands behind `stage/` in its ARN. 12 base62 characters when minted here.
package struct StageID: Hashable, Codable, Sendable, CustomStringConvertible {
    package var rawValue: String
    package init(_ rawValue: String) { self.rawValue = rawValue }
    package static func random(using generator: inout some RandomNumberGenerator) -> StageID {
        StageID(randomBase62(count: 12, using: &generator))
    }
    package var description: String { rawValue }
}

/// The id of a participant: the `jti` of its token. 12 base62 characters when minted here, up to 64
/// of `[A-Za-z0-9-_]` when a backend signs its own tokens.
package struct ParticipantID: Hashable, Codable, Sendable, CustomStringConvertible {
    package var rawValue: String
    package init(_ rawValue: String) { self.rawValue = rawValue }
    package static func random(using generator: inout some RandomNumberGenerator) -> ParticipantID {
        ParticipantID(randomBase62(count: 12, using: &generator))
    }
    package var description: String { rawValue }
}

/// The id of a stage session: `st-` and 13 base62 characters.
package struct StageSessionID: Hashable, Codable, Sendable, CustomStringConvertible {
    package var rawValue: String
    package init(_ rawValue: String) { self.rawValue = rawValue }
    package static func random(using generator: inout some RandomNumberGenerator)
        -> StageSessionID
    {
        StageSessionID("st-" + randomBase62(count: 13, using: &generator))
    }
    package var description: String { rawValue }
}

/// The id of one WHIP or WHEP session: the last part of its `Location`. 22 base62 characters
/// (131 bits), so that knowing one is not guessing one.
package struct ResourceID: Hashable, Codable, Sendable, CustomStringConvertible {
    package var rawValue: String
    package init(_ rawValue: String) { self.rawValue = rawValue }
    package static func random(using generator: inout some RandomNumberGenerator) -> ResourceID {
        ResourceID(randomBase62(count: 22, using: &generator))
    }
    package var description: String { rawValue }
}
