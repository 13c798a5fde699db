import FoundationEssentials
import JWTKit
package import Primitives
import Synchronization

/// Mints participant tokens with the deployment's newest key, and verifies them against every key it
/// knows: rotation adds a key, and takes the old one away when its last token has expired.
package final class TokenAuthority: TokenVerifier {
    /// The only algorithm there is, whatever a token's header says.
    private static let algorithm = "ES384"

    fileprivate struct Keys {
        var known: [String: TokenKey] = [:]
        /// Of the newest key that has its private half.
        var signer: TokenSigner?
    }

    /// The URLs that stand in the tokens of this deployment's stages.
    package struct Endpoints: Hashable, Sendable {
        package var events: String
        package var whip: String

        package init(events: String, whip: String) {
            self.events = events
            self.whip = whip
        }
    }

    private let keys: Mutex<Keys>
    private let endpoints = Mutex<Endpoints?>(nil)
    private let authentic = Mutex(AuthenticTokens())
    private let keyIDs = Mutex(KnownHeaders())
    /// Only ever holds P-384 keys, so that no header can choose another algorithm.
    private let collection = JWTKeyCollection()

    /// - Throws: ``TokenMintingError/noSigningKey`` when none of `keys` has its private half.
    package init(keys: [TokenKey]) async throws(TokenMintingError) {
        self.keys = Mutex(Keys())
        guard keys.contains(where: { $0.privateKey != nil }) else { throw .noSigningKey }
        for key in keys { await add(key) }
    }

    /// From now on tokens of this key are accepted, and minted with it if it is the deployment's
    /// newest. A key with the same id is replaced.
    package func add(_ key: TokenKey) async {
        let kid = JWKIdentifier(string: key.id)
        if let privateKey = key.privateKey {
            await collection.add(ecdsa: privateKey, kid: kid)
        } else {
            await collection.add(ecdsa: key.publicKey, kid: kid)
        }
        keys.withLock { $0.change { $0[key.id] = key } }
        // What the former key of that id had signed is no more authentic.
        authentic.withLock { $0.removeAll() }
    }

    /// From now on tokens of this key are refused. Who is connected with one stays.
    package func remove(id: String) async {
        keys.withLock { $0.change { $0[id] = nil } }
        await collection.remove(kid: JWKIdentifier(string: id))
        authentic.withLock { $0.removeAll() }
    }

    /// From now on a token of an imported key must name these. Tokens of the deployment's own keys
    /// stay good when it moves to another URL.
    package func requireEndpoints(_ endpoints: Endpoints) {
        self.endpoints.withLock { $0 = endpoints }
    }

    /// Every known key, oldest first.
    package var knownKeys: [TokenKey] {
        keys.withLock { $0.oldestFirst }
    }

    /// Signs `claims` with the newest key of the deployment. Times are cut to whole seconds.
    package func mint(
        _ claims: ParticipantClaims
    ) async throws(TokenMintingError) -> String {
        let epoch = authentic.withLock { $0.epoch }
        guard let signer = keys.withLock({ $0.signer }) else { throw .noSigningKey }
        let payload = TokenPayload(claims)
        do { _ = try payload.claims() } catch { throw .impossible(error) }
        let token = signer.token(payload)
        guard token.utf8.count <= TokenLimits.tokenBytes else { throw .tooLong(token.utf8.count) }
        let digest = AuthenticTokens.digest(of: token)
        authentic.withLock { $0.insert(digest, checkedIn: epoch) }
        return token
    }

    package func verify(
        _ token: String, at now: WallTime
    ) async throws(TokenViolation) -> ParticipantClaims {
        guard token.utf8.count <= TokenLimits.tokenBytes else {
            throw .malformed("the token is longer than \(TokenLimits.tokenBytes) bytes")
        }
        guard let written = WrittenToken(token) else {
            throw .malformed("not a JSON Web Token of three base64url parts")
        }
        let key = try checkHeader(of: written)
        let claims = try await authenticPayload(of: written).claims()
        if key.origin == .imported { try checkEndpoints(of: claims) }
        guard claims.issuedAt <= now + TokenLimits.leeway else {
            throw .malformed("iat is in the future; check the clock of who signed the token")
        }
        guard now < claims.expiresAt + TokenLimits.leeway else {
            throw .expired(at: claims.expiresAt)
        }
        return claims
    }
}

extension TokenAuthority.Keys {
    mutating func change(_ body: (inout [String: TokenKey]) -> Void) {
        body(&known)
        signer =
            oldestFirst.reversed().lazy.compactMap { key in
                key.privateKey.flatMap { TokenSigner(id: key.id, privateKey: $0) }
            }.first
    }

    var oldestFirst: [TokenKey] {
        known.values.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
    }
}

extension TokenAuthority {
    /// The algorithm must be ours and the key known *before* the key collection sees the token: it
    /// would fall back to a default key for an unknown id.
    ///
    /// - Returns: the key that is to have signed it.
    private func checkHeader(of token: WrittenToken) throws(TokenViolation) -> TokenKey {
        let kid: String
        if let known = keyIDs.withLock({ $0[token.header] }) {
            kid = known
        } else {
            kid = try Self.keyID(in: token.header)
            keyIDs.withLock { $0.remember(kid, of: token.header) }
        }
        guard let key = keys.withLock({ $0.known[kid] }) else {
            throw .malformed("the key that kid names is not known here")
        }
        return key
    }

    private static func keyID(in header: ArraySlice<UInt8>) throws(TokenViolation) -> String {
        guard let bytes = bytes(ofBase64URL: header),
            let header = try? JSONDecoder().decode(JWTHeader.self, from: Data(bytes))
        else { throw .malformed("not a JSON Web Token of three base64url parts") }
        guard header.alg == algorithm else {
            throw .malformed("the algorithm must be \(algorithm)")
        }
        guard header.fields["crit"] == nil else {
            throw .malformed("critical header parameters are not understood")
        }
        guard let kid = header.kid else {
            throw .malformed("kid, the public key's ARN, is missing")
        }
        return kid
    }

    private func checkEndpoints(of claims: ParticipantClaims) throws(TokenViolation) {
        guard let endpoints = endpoints.withLock({ $0 }) else { return }
        guard claims.eventsURL == endpoints.events else {
            throw .malformed("events_url must be the stage's endpoints.events: \(endpoints.events)")
        }
        guard claims.whipURL == endpoints.whip else {
            throw .malformed("whip_url must be the stage's endpoints.whip: \(endpoints.whip)")
        }
    }

    private func authenticPayload(
        of token: WrittenToken
    ) async throws(TokenViolation) -> TokenPayload {
        let digest = AuthenticTokens.digest(of: token.text)
        let (isKnown, epoch) = authentic.withLock { ($0.contains(digest), $0.epoch) }
        if isKnown, let payload = try? Self.payload(of: token) { return payload }
        let payload = try await signedPayload(of: token)
        authentic.withLock { $0.insert(digest, checkedIn: epoch) }
        return payload
    }

    /// - Throws: `DecodingError`.
    private static func payload(of token: WrittenToken) throws -> TokenPayload? {
        try bytes(ofBase64URL: token.payload).map {
            try JSONDecoder().decode(TokenPayload.self, from: Data($0))
        }
    }

    private func signedPayload(
        of token: WrittenToken
    ) async throws(TokenViolation) -> TokenPayload {
        do {
            return try await collection.verify(token.text, as: TokenPayload.self)
        } catch let error as JWTError where error.errorType == .malformedToken {
            throw .malformed(Self.claimAtFault(in: token))
        } catch {
            throw .malformed("the signature is wrong")
        }
    }

    /// Decodes the (rightly signed) claims again, to say which one is at fault.
    private static func claimAtFault(in token: WrittenToken) -> String {
        do {
            guard try payload(of: token) != nil else { return "the claims are not base64url" }
        } catch DecodingError.keyNotFound(let key, _) {
            return "the claim \(key.stringValue) is missing"
        } catch DecodingError.typeMismatch(_, let context) {
            return "the claim \(Self.path(context)) has the wrong type"
        } catch DecodingError.valueNotFound(_, let context) {
            return "the claim \(Self.path(context)) is null"
        } catch {
            return "the claims are not JSON (of which exp and iat are whole numbers)"
        }
        return "the claims cannot be read"
    }

    private static func path(_ context: DecodingError.Context) -> String {
        context.codingPath.map(\.stringValue).joined(separator: ".")
    }

}

/// Why a token could not be minted.
package enum TokenMintingError: Error, Hashable, Sendable {
    /// No known key has its private half here.
    case noSigningKey
    /// The claims would be refused by ``TokenAuthority/verify(_:at:)``.
    case impossible(TokenViolation)
    /// The token would have this many bytes: more than ``TokenLimits/tokenBytes``.
    case tooLong(Int)
}
