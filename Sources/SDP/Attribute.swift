/// An `a=` line: a property (`a=rtcp-mux`) or a name with a value (RFC 8866 §5.13).
package struct Attribute: Hashable, Sendable {
    package var name: String
    package var value: String?

    package init(name: String, value: String?) {
        self.name = name
        self.value = value
    }

    package init(_ name: String, _ value: String? = nil) {
        self.init(name: name, value: value)
    }

    /// Reads what stands behind `a=`.
    init(parsing text: Substring) {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            self.init(String(text))
            return
        }
        self.init(String(text[..<colon]), String(text[text.utf8.index(after: colon)...]))
    }
}

extension Attribute: CustomStringConvertible {
    /// The attribute as it stands behind `a=`.
    package var description: String { value.map { "\(name):\($0)" } ?? name }
}

/// What the sections of a session description have in common.
package protocol AttributeList {
    var attributes: [Attribute] { get set }
}

extension AttributeList {
    /// True when the attribute is there, with or without a value.
    package func has(_ name: String) -> Bool {
        attributes.contains { $0.name == name }
    }

    /// The value of the first attribute of that name that has one.
    package func value(of name: String) -> String? {
        attributes.first { $0.name == name && $0.value != nil }?.value
    }

    /// The values of all attributes of that name, in order.
    package func values(of name: String) -> [String] {
        attributes.compactMap { $0.name == name ? $0.value : nil }
    }

    package mutating func add(_ attribute: Attribute) {
        attributes.append(attribute)
    }

    package mutating func add(_ name: String, _ value: String? = nil) {
        attributes.append(Attribute(name, value))
    }
}
