/// An IP address and a UDP or TCP port, as a value without pointers.
///
/// IPv4 addresses are kept in their IPv4-mapped IPv6 form (RFC 4291 §2.5.5.2), so that equality and
/// hashing are three integers wide for both families.
package struct TransportAddress: Hashable, Sendable {
    /// The upper 64 bits of the address, in host order.
    package var high: UInt64
    /// The lower 64 bits of the address, in host order.
    package var low: UInt64
    package var port: UInt16

    package init(high: UInt64, low: UInt64, port: UInt16) {
        self.high = high
        self.low = low
        self.port = port
    }

    /// An IPv4 address given as its 32 bits in host order: 127.0.0.1 is `0x7F00_0001`.
    package init(ipv4: UInt32, port: UInt16) {
        self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(ipv4), port: port)
    }

    /// The 32 bits of an IPv4 address in host order; `nil` for IPv6.
    package var ipv4: UInt32? {
        guard high == 0, low >> 32 == 0xFFFF else { return nil }
        return UInt32(truncatingIfNeeded: low)
    }

    package var isIPv4: Bool { ipv4 != nil }

    /// True for 127.0.0.0/8 and `::1`.
    package var isLoopback: Bool {
        if let ipv4 { return ipv4 >> 24 == 127 }
        return high == 0 && low == 1
    }
}

extension TransportAddress: CustomStringConvertible {
    /// The address without the port, in the usual notation.
    package var host: String {
        if let ipv4 {
            return [24, 16, 8, 0].map { String((ipv4 >> $0) & 0xFF) }.joined(separator: ".")
        }
        let groups = (0..<8).map { index in
            let half = index < 4 ? high : low
            return String((half >> (48 - 16 * (index % 4))) & 0xFFFF, radix: 16)
        }
        return groups.joined(separator: ":")
    }

    package var description: String { isIPv4 ? "\(host):\(port)" : "[\(host)]:\(port)" }
}

extension TransportAddress {
    /// Reads an IPv4 or IPv6 literal; `nil` for anything else, names included.
    package init?(host: String, port: UInt16) {
        if host.contains(":") {
            guard let words = Self.parseIPv6(host) else { return nil }
            let high = words[0..<4].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
            let low = words[4..<8].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
            self.init(high: high, low: low, port: port)
        } else {
            guard let ipv4 = Self.parseIPv4(host) else { return nil }
            self.init(ipv4: ipv4, port: port)
        }
    }

    /// Reads an address with a port: `192.0.2.1:7702`, `[2001:db8::1]:7702`.
    ///
    /// - Parameter defaultPort: that of an address without one; `nil`: there must be one.
    package init?(endpoint: String, defaultPort: UInt16?) {
        var host = endpoint[...]
        var port = defaultPort
        let isBracketed = host.hasPrefix("[")
        let colons = host.utf8.count { $0 == UInt8(ascii: ":") }
        // Without brackets, a colon among others is IPv6's own.
        if isBracketed ? !host.hasSuffix("]") : colons == 1 {
            guard let colon = host.lastIndex(of: ":") else { return nil }
            let digits = host[host.index(after: colon)...]
            guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let given = UInt16(digits)
            else { return nil }
            port = given
            host = host[..<colon]
        }
        if isBracketed {
            guard host.hasSuffix("]"), host.contains(":") else { return nil }
            host = host.dropFirst().dropLast()
        }
        guard let port else { return nil }
        self.init(host: String(host), port: port)
    }

    private static func parseIPv4(_ text: String) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard part.utf8.count <= 3, part.utf8.allSatisfy({ (48...57).contains($0) }),
                let byte = UInt8(part)
            else { return nil }
            value = value << 8 | UInt32(byte)
        }
        return value
    }

    /// The eight groups of an IPv6 literal, `::` expanded. Zone ids are not accepted.
    private static func parseIPv6(_ text: String) -> [UInt16]? {
        func groups(_ part: Substring) -> [UInt16]? {
            guard !part.isEmpty else { return [] }
            var words: [UInt16] = []
            let pieces = part.split(separator: ":", omittingEmptySubsequences: false)
            for (index, piece) in pieces.enumerated() {
                if piece.contains("."), index == pieces.count - 1 {
                    guard let ipv4 = parseIPv4(String(piece)) else { return nil }
                    words += [UInt16(ipv4 >> 16), UInt16(truncatingIfNeeded: ipv4)]
                } else {
                    guard (1...4).contains(piece.utf8.count), !piece.hasPrefix("+"),
                        let word = UInt16(piece, radix: 16)
                    else { return nil }
                    words.append(word)
                }
            }
            return words
        }
        guard let gap = text.firstRange(of: "::") else {
            guard let words = groups(text[...]), words.count == 8 else { return nil }
            return words
        }
        guard let head = groups(text[..<gap.lowerBound]),
            let tail = groups(text[gap.upperBound...]), head.count + tail.count <= 7
        else { return nil }
        return head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail
    }
}
