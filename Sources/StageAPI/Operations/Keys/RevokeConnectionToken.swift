import Primitives
import Storage

/// Notes that a connection token is of no more use.
///
/// A connection token gives a mobile client one transport for several stages of IVS. There is no such
/// transport here, so nobody is connected with one, and there is nobody to send away: the revocation
/// is kept for as long as the token could live, and the call succeeds as a backend expects.
struct RevokeConnectionToken: APIOperation {
    static let name = "RevokeConnectionToken"

    private let token: String

    init(reading input: InputReader) {
        token = input.requiredString("tokenId")
    }

    func run(in service: StageService) async throws(APIError) -> JSONValue {
        let revocation = RevokedConnectionToken(id: token, at: service.now())
        try await service.store([revocation.change])
        return [:]
    }
}
