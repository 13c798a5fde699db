import Crypto
import FoundationEssentials

/// Tokens whose signature has been checked, or that were minted here: a client shows its token several
/// times, and to check one takes a millisecond.
///
/// Knows their SHA-256 digests, the newest ``TokenLimits/rememberedTokens`` at least and twice as many at
/// most. A token that has another signature has another digest.
struct AuthenticTokens {
    private var young: Set<SHA256Digest> = []
    private var old: Set<SHA256Digest> = []
    /// Changes with the keys: what was checked before a change is not remembered after it.
    private(set) var epoch = 0

    static func digest(of token: String) -> SHA256Digest {
        SHA256.hash(data: Array(token.utf8))
    }

    func contains(_ digest: SHA256Digest) -> Bool { young.contains(digest) || old.contains(digest) }

    mutating func insert(_ digest: SHA256Digest, checkedIn epoch: Int) {
        guard epoch == self.epoch, !contains(digest) else { return }
        young.insert(digest)
        guard young.count >= TokenLimits.rememberedTokens else { return }
        old = young
        young = []
    }

    mutating func removeAll() {
        epoch += 1
        young = []
        old = []
    }
}
