/// Why the program does not start, or does not do what it was asked: one line for standard error,
/// and an exit code.
package struct StartRefusal: Error, Hashable, Sendable {
    /// Exit codes as `sysexits.h` has them.
    package enum Code: Int32, Hashable, Sendable {
        case general = 1
        /// The command line is wrong.
        case usage = 64
        /// Something that is needed cannot be had: a port, a directory.
        case unavailable = 69
        /// The configuration is wrong.
        case configuration = 78
    }

    /// Says what is wrong and, where that is not plain, what to do; without a newline.
    package var message: String
    package var code: Code

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message.split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    /// What standard error gets.
    package var line: String { "rostrum: \(message)" }
}
