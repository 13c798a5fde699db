/// The body of a WHIP or WHEP PATCH: `application/trickle-ice-sdpfrag` (RFC 8840 §9).
package struct ICEFragment: Hashable, Sendable {
    /// New credentials mean an ICE restart.
    package var ufrag: String?
    package var password: String?
    package var candidates: [Candidate]
    package var isComplete: Bool

    /// Reads a fragment. It starts with attributes or with a pseudo `m=` line; candidates of a kind
    /// that is not understood are passed over.
    package init(parsing text: String) throws(SDPViolation) {
        candidates = []
        isComplete = false
        for (number, line) in try SDPLines.split(text).enumerated() {
            let (type, value) = try SDPLines.typed(line, number: number + 1)
            guard type == "a" else { continue }
            let attribute = Attribute(parsing: value)
            switch attribute.name {
            case "ice-ufrag": ufrag = ufrag ?? attribute.value
            case "ice-pwd": password = password ?? attribute.value
            case "candidate":
                if let candidate = Candidate(attribute.value ?? "") {
                    candidates.append(candidate)
                }
            case "end-of-candidates": isComplete = true
            default: break
            }
        }
    }
}
