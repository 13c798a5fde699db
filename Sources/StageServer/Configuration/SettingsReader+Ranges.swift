import Primitives
import StageAPI

// What a setting may be, one rule each.
extension SettingsReader {
    func integer(
        _ setting: Setting, in range: ClosedRange<Int>
    ) throws(StartRefusal) -> Int? {
        guard let value = try integer(setting) else { return nil }
        guard range.contains(value) else {
            throw refusal(
                setting, "must be from \(range.lowerBound) to \(range.upperBound), not \(value)")
        }
        return value
    }

    func port(_ setting: Setting) throws(StartRefusal) -> UInt16? {
        try integer(setting, in: 0...65_535).map { UInt16($0) }
    }

    func addresses(_ setting: Setting) throws(StartRefusal) -> [TransportAddress] {
        let texts = try list(setting, limit: ServerConfiguration.mediaAddressLimit)
        var addresses: [TransportAddress] = []
        for text in texts {
            guard let address = TransportAddress(endpoint: text, defaultPort: 0) else {
                throw refusal(setting, "must be an IP address, not \"\(text)\"")
            }
            guard !address.isUnspecified else {
                throw refusal(setting, "must be an address that clients can send to, not \(text)")
            }
            if !addresses.contains(address) { addresses.append(address) }
        }
        return addresses
    }

    func dataPlace(
        isDevelopment: Bool
    ) throws(StartRefusal) -> ServerConfiguration.DataPlace {
        guard let path = try text(.data) else {
            return isDevelopment ? .memory : .directory(ServerConfiguration.defaultData)
        }
        guard !path.isEmpty else { throw refusal(.data, "must be a directory") }
        return .directory(path)
    }

    func publicURL() throws(StartRefusal) -> String? {
        guard var url = try text(.publicURL) else { return nil }
        while url.hasSuffix("/") { url.removeLast() }
        guard isPublicURL(url) else {
            throw refusal(
                .publicURL, "must be like https://live.example.com, not \"\(url)\"")
        }
        return url
    }

    private func isPublicURL(_ url: String) -> Bool {
        let schemes = ["http://", "https://"]
        guard let scheme = schemes.first(where: url.lowercased().hasPrefix) else { return false }
        let rest = url.dropFirst(scheme.count)
        let forbidden: Set<Character> = ["?", "#", "@", "\"", "<", ">", "\\"]
        return rest.first.map { $0 != "/" && $0 != ":" } ?? false
            && rest.allSatisfy { $0.isASCII && $0 > " " && !forbidden.contains($0) }
    }

    func iceServers() throws(StartRefusal) -> [ICEServer] {
        let texts = try list(.iceServer, limit: ServerConfiguration.iceServerLimit)
        var servers: [ICEServer] = []
        for text in texts {
            guard let server = ICEServer(text) else {
                // Not what was given: it may have a credential in it.
                throw refusal(
                    .iceServer,
                    "must be like stun:stun.example.net or "
                        + "turn:USERNAME:CREDENTIAL@turn.example.net:3478")
            }
            servers.append(server)
        }
        return servers
    }

    func corsOrigins() throws(StartRefusal) -> Set<String>? {
        let texts = try list(.corsOrigin, limit: ServerConfiguration.corsOriginLimit)
        for text in texts where !isPublicURL(text) || text.split(separator: "/").count != 2 {
            throw refusal(
                .corsOrigin, "must be like https://www.example.com, without a path, not \"\(text)\""
            )
        }
        return texts.isEmpty ? nil : Set(texts)
    }

    func list(_ setting: Setting, limit: Int) throws(StartRefusal) -> [String] {
        let texts = try list(setting) ?? []
        guard texts.count <= limit else {
            throw refusal(setting, "may be given \(limit) times, not \(texts.count)")
        }
        return texts
    }

    /// Each as `stages=5000`.
    func quotas() throws(StartRefusal) -> ServiceQuotas {
        var quotas = ServiceQuotas()
        for text in try list(.quota, limit: ServiceQuotas.names.count) {
            let parts = text.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 2, let value = Int(parts[1]),
                ServerConfiguration.quotaRange.contains(value),
                quotas.set(String(parts[0]), to: value)
            else {
                throw refusal(
                    .quota,
                    "must be like stages=5000, with one of "
                        + ServiceQuotas.names.joined(separator: ", ") + ", not \"\(text)\"")
            }
        }
        return quotas
    }

    func tlsFiles() throws(StartRefusal) -> ServerConfiguration.TLSFiles? {
        let (certificate, key) = (try text(.tlsCert), try text(.tlsKey))
        switch (certificate, key) {
        case (nil, nil): return nil
        case (let certificate?, let key?):
            return ServerConfiguration.TLSFiles(certificate: certificate, key: key)
        case (_?, nil):
            throw refusal(.tlsCert, "needs --tls-key, the certificate's private key")
        case (nil, _?):
            throw refusal(.tlsKey, "needs --tls-cert, the certificate of the key")
        }
    }

    func region() throws(StartRefusal) -> String? {
        guard let region = try text(.region) else { return nil }
        guard (1...32).contains(region.utf8.count),
            region.utf8.allSatisfy({ isLowercaseOrDigit($0) || $0 == UInt8(ascii: "-") })
        else {
            throw refusal(
                .region,
                "must be up to 32 lower-case letters, digits and hyphens, "
                    + "not \"\(region)\"")
        }
        return region
    }

    private func isLowercaseOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || isDigit(byte)
    }

    private func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    func account() throws(StartRefusal) -> String? {
        guard let account = try text(.account) else { return nil }
        guard account.utf8.count == 12, account.utf8.allSatisfy(isDigit) else {
            throw refusal(.account, "must be 12 digits, not \"\(account)\"")
        }
        return account
    }

    func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ setting: Setting
    ) throws(StartRefusal) -> Choice? {
        guard let text = try text(setting) else { return nil }
        guard let choice = Choice(rawValue: text.lowercased()) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw refusal(setting, "must be one of \(known), not \"\(text)\"")
        }
        return choice
    }
}

extension TransportAddress {
    /// 0.0.0.0 or `::`.
    var isUnspecified: Bool { ipv4 == 0 || (high == 0 && low == 0) }
}
