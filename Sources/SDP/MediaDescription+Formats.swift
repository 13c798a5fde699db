/// An `a=rtpmap` line (RFC 8866 §6.6).
package struct RTPMap: Hashable, Sendable {
    package var payloadType: UInt8
    /// As it was written; compare without case.
    package var encoding: String
    package var clockRate: Int
    /// Sound only; 1 when not written.
    package var channels: Int

    package init(payloadType: UInt8, encoding: String, clockRate: Int, channels: Int = 1) {
        self.payloadType = payloadType
        self.encoding = encoding
        self.clockRate = clockRate
        self.channels = channels
    }

    /// `<payload type> <encoding name>/<clock rate>[/<channels>]`
    init?(parsing text: String) {
        let words = text.words
        guard words.count == 2, let payloadType = UInt8(words[0]), payloadType < 128 else {
            return nil
        }
        let parts = words[1].pieces(separatedBy: "/")
        guard (2...3).contains(parts.count), let clockRate = UInt32(parts[1]), clockRate > 0,
            let channels = parts.count == 3 ? UInt8(parts[2]) : 1
        else { return nil }
        self.init(
            payloadType: payloadType, encoding: parts[0], clockRate: Int(clockRate),
            channels: Int(channels))
    }
}

extension RTPMap: CustomStringConvertible {
    /// The value as it stands behind `a=rtpmap:`.
    package var description: String {
        "\(payloadType) \(encoding)/\(clockRate)" + (channels > 1 ? "/\(channels)" : "")
    }
}

/// The value of an `a=fmtp` line (RFC 8866 §6.15).
package struct FormatParameters: Hashable, Sendable {
    /// What stands behind the payload type.
    package var raw: String
    /// The `name=value` parts between semicolons, names in lower case. A part without `=` has an
    /// empty value; of a name that comes twice the first counts.
    package var parameters: [String: String]

    package init(raw: String) {
        self.raw = raw
        parameters = [:]
        for part in raw.pieces(separatedBy: ";") {
            let (name, value) = part.cut(at: "=")
            let key = name.trimmed.lowercased()
            guard !key.isEmpty, parameters[key] == nil else { continue }
            parameters[key] = (value ?? "").trimmed
        }
    }

    package subscript(_ name: String) -> String? { parameters[name.lowercased()] }
}

extension MediaDescription {
    package var rtpMaps: [RTPMap] { values(of: "rtpmap").compactMap { RTPMap(parsing: $0) } }

    /// The payload types of the `m=` line, in the peer's order of preference.
    package var payloadTypes: [UInt8] {
        formats.compactMap { UInt8($0) }.filter { $0 < 128 }
    }

    package func rtpMap(for payloadType: UInt8) -> RTPMap? {
        rtpMaps.first { $0.payloadType == payloadType }
    }

    package func fmtp(for payloadType: UInt8) -> FormatParameters? {
        for value in values(of: "fmtp") {
            let (head, tail) = value.cut(at: " ")
            if UInt8(head) == payloadType, let tail {
                return FormatParameters(raw: tail.trimmed)
            }
        }
        return nil
    }

    /// What the `a=fmtp` lines say, by payload type. Of those for one the first counts, as in
    /// ``fmtp(for:)``.
    package var fmtps: [UInt8: String] {
        var found: [UInt8: String] = [:]
        for value in values(of: "fmtp") {
            let (head, tail) = value.cut(at: " ")
            guard let payloadType = UInt8(head), let tail, found[payloadType] == nil else {
                continue
            }
            found[payloadType] = tail.trimmed
        }
        return found
    }

    /// The feedback that is offered for a payload type, that for all (`*`) included, each once:
    /// `nack`, `nack pli`, `transport-cc`, … (RFC 4585 §4.2).
    package func feedback(for payloadType: UInt8) -> [String] {
        var found: [String] = []
        for value in values(of: "rtcp-fb") {
            let words = value.words
            guard let target = words.first, target == "*" || UInt8(target) == payloadType,
                words.count > 1
            else { continue }
            let feedback = words.dropFirst().joined(separator: " ")
            if !found.contains(feedback) { found.append(feedback) }
        }
        return found
    }

    /// The payload type that retransmits `payloadType` (RFC 4588 §8.6); `nil` when none does.
    package func retransmission(of payloadType: UInt8) -> UInt8? {
        rtpMaps.first {
            $0.encoding.lowercased() == "rtx"
                && fmtp(for: $0.payloadType)?["apt"] == String(payloadType)
        }?.payloadType
    }
}
