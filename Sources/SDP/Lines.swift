/// One line of a description: a letter, `=`, and the value (RFC 8866 §5).
struct Line {
    /// Counts from 1.
    let number: Int
    let type: UInt8
    let value: Substring
}

extension Line {
    /// Splits text into lines that end in LF or CRLF; empty lines are skipped.
    static func split(_ text: String) throws(SDPViolation) -> [Line] {
        let bytes = text.utf8
        guard bytes.count <= Limits.maximumSize else { throw .tooLarge }
        var lines: [Line] = []
        var number = 0
        var start = bytes.startIndex
        while start < bytes.endIndex {
            number += 1
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
            var line = bytes[start..<end]
            start = end < bytes.endIndex ? bytes.index(after: end) : end
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            guard !line.isEmpty else { continue }
            guard lines.count < Limits.maximumLines else { throw .tooManyLines }
            lines.append(try Line(line, number: number))
        }
        return lines
    }

    private init(_ line: Substring.UTF8View, number: Int) throws(SDPViolation) {
        guard line.count <= Limits.maximumLineSize else { throw .lineTooLong(number) }
        let equals = line.index(after: line.startIndex)
        guard equals < line.endIndex, line[equals] == UInt8(ascii: "="),
            !line.contains(where: { $0 == 0 || $0 == UInt8(ascii: "\r") })
        else { throw .malformedLine(number) }
        self.number = number
        type = line[line.startIndex]
        value = Substring(line[line.index(after: equals)...])
    }

    /// The words of the value, split at spaces.
    var words: [String] { value.words }
}

extension StringProtocol {
    /// The pieces between spaces, without empty ones.
    var words: [String] { pieces(separatedBy: " ") }

    /// The pieces between an ASCII separator, without empty ones.
    func pieces(separatedBy separator: Unicode.Scalar) -> [String] {
        Substring(self).utf8.split(separator: UInt8(ascii: separator)).map {
            String(Substring($0))
        }
    }

    /// Without the spaces and tabs at both ends.
    var trimmed: String {
        var view = Substring(self).utf8
        while let first = view.first, first.isBlank { view.removeFirst() }
        while let last = view.last, last.isBlank { view.removeLast() }
        return String(Substring(view))
    }

    /// What stands in front of the first ASCII `separator`, and behind it if there is one.
    func cut(at separator: Unicode.Scalar) -> (head: String, tail: String?) {
        let view = Substring(self).utf8
        guard let index = view.firstIndex(of: UInt8(ascii: separator)) else {
            return (String(self), nil)
        }
        return (
            String(Substring(view[..<index])), String(Substring(view[view.index(after: index)...]))
        )
    }
}

extension UInt8 {
    fileprivate var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }
}
