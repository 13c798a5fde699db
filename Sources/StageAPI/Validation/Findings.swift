/// What was found wrong with one request; shared by the readers of its parts.
final class Findings {
    private var violations: [String] = []
    private var count = 0
    private var serialization: String?

    func violate(_ text: String) {
        count += 1
        if violations.count < APILimits.reportedViolations { violations.append(text) }
    }

    func mistype(_ text: String) {
        if serialization == nil { serialization = text }
    }

    /// The whole request is wrong as soon as one of its members is. A wrong JSON type counts first:
    /// AWS never gets to look at constraints then.
    func finish() throws(APIError) {
        if let serialization { throw .serialization(serialization) }
        guard count > 0 else { return }
        let noun = count == 1 ? "validation error" : "validation errors"
        throw .validation("\(count) \(noun) detected: " + violations.joined(separator: "; "))
    }
}
