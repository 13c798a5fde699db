import Crypto
import Primitives
import Testing

@testable import ParticipantTokens

@Suite("Tokens that are known to be authentic")
struct AuthenticTokensTests {
    private let noon = Golden.issuedAt + .seconds(3600)

    @Test("are the newest so many at least, and twice as many at most")
    func bound() {
        var tokens = AuthenticTokens()
        let count = TokenLimits.rememberedTokens * 5 / 2
        for number in 0..<count {
            tokens.insert(AuthenticTokens.digest(of: "\(number)"), checkedIn: 0)
        }
        let known = (0..<count).filter { tokens.contains(AuthenticTokens.digest(of: "\($0)")) }
        #expect(known == Array(TokenLimits.rememberedTokens..<count))
    }

    @Test("are forgotten with a change of the keys, also by whoever checks one meanwhile")
    func epochs() {
        var tokens = AuthenticTokens()
        let digest = AuthenticTokens.digest(of: "a")
        let epoch = tokens.epoch
        tokens.insert(digest, checkedIn: epoch)
        #expect(tokens.contains(digest))
        tokens.removeAll()
        tokens.insert(digest, checkedIn: epoch)
        #expect(!tokens.contains(digest))
    }

    @Test("are the same claims each time, and are refused when anything in them is changed")
    func repeated() async throws {
        let authority = try await TokenAuthority(keys: [try Golden.key()])
        let minted = try await authority.mint(Golden.claims)
        for token in [minted, Golden.token] {
            for _ in 0..<3 {
                #expect(try await authority.verify(token, at: noon) == Golden.claims)
            }
            let parts = token.split(separator: ".").map(String.init)
            let changed = [
                [parts[0], parts[1], String(parts[2].reversed())],
                [parts[0], Golden.viewerToken.split(separator: ".").map(String.init)[1], parts[2]],
            ]
            for parts in changed {
                await #expect(throws: TokenViolation.malformed("the signature is wrong")) {
                    try await authority.verify(parts.joined(separator: "."), at: noon)
                }
            }
        }
    }

    @Test("expire, and end with their key")
    func ends() async throws {
        let authority = try await TokenAuthority(keys: [try Golden.key()])
        _ = try await authority.verify(Golden.token, at: noon)
        let end = Golden.claims.expiresAt
        await #expect(throws: TokenViolation.expired(at: end)) {
            try await authority.verify(Golden.token, at: end + .seconds(60))
        }
        await authority.remove(id: Golden.kid)
        await #expect(throws: TokenViolation.self) {
            try await authority.verify(Golden.token, at: noon)
        }
    }
}
