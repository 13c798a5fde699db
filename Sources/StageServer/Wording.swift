import Foundation

// Small things that errors are worded with.

/// What the system said, without what Foundation says around it: "No such file or directory".
func reason(of error: any Error) -> String {
    let error = error as NSError
    if let cause = error.userInfo[NSUnderlyingErrorKey] as? any Error { return reason(of: cause) }
    if error.domain == NSPOSIXErrorDomain { return systemReason(Int32(error.code)) }
    return error.localizedDescription
}

/// What the system says about an `errno`.
func systemReason(_ errno: Int32) -> String {
    guard let code = POSIXErrorCode(rawValue: errno) else { return "error \(errno)" }
    let text = POSIXError(code).localizedDescription
    return String(text.trimmingPrefix("The operation could not be completed. "))
}

/// The word that `typed` was probably meant to be: at most a third of it is wrong, capitals aside.
func nearestWord(to typed: String, among words: [String]) -> String? {
    let scored = words.map {
        (word: $0, distance: editDistance(typed.lowercased(), $0.lowercased()))
    }
    guard let best = scored.min(by: { $0.distance < $1.distance }) else { return nil }
    return best.distance <= max(2, typed.count / 3) ? best.word : nil
}

/// How many letters must be inserted, removed or replaced to get from one to the other.
private func editDistance(_ from: String, _ to: String) -> Int {
    let target = Array(to.prefix(64))
    var row = Array(0...target.count)
    for (index, letter) in from.prefix(64).enumerated() {
        var diagonal = row[0]
        row[0] = index + 1
        for column in target.indices {
            let replaced = diagonal + (target[column] == letter ? 0 : 1)
            diagonal = row[column + 1]
            row[column + 1] = min(replaced, row[column] + 1, diagonal + 1)
        }
    }
    return row[target.count]
}

/// The variables that this process was started with.
func processEnvironment() -> [String: String] { ProcessInfo.processInfo.environment }
