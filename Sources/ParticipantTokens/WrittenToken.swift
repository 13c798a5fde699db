/// A token in its three parts (RFC 7515 §7.1), each of base64url.
struct WrittenToken {
    let text: String
    let header: ArraySlice<UInt8>
    let payload: ArraySlice<UInt8>

    /// `nil` when there are not three parts, or other characters in them.
    init?(_ text: String) {
        let parts = Array(text.utf8)
            .split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy(isBase64URL) else { return nil }
        self.text = text
        header = parts[0]
        payload = parts[1]
    }
}

/// The key ids in headers of tokens: all tokens of a key have the same header.
///
/// Only headers that were found good are known. Which keys are known is asked each time.
struct KnownHeaders {
    private var keyIDs: [ArraySlice<UInt8>: String] = [:]

    subscript(header: ArraySlice<UInt8>) -> String? { keyIDs[header] }

    mutating func remember(_ keyID: String, of header: ArraySlice<UInt8>) {
        if keyIDs.count >= TokenLimits.rememberedHeaders { keyIDs = [:] }
        // Not the slice, which would keep a whole token.
        keyIDs[ArraySlice(Array(header))] = keyID
    }
}
