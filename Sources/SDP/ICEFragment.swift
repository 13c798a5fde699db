/// An `application/trickle-ice-sdpfrag` body (RFC 8840 §9): candidates that come after the offer,
/// and new credentials for an ICE restart.
package struct ICEFragment: Equatable, Sendable {
    /// The candidates of one media section. Attributes that stand in front of any `m=` line, which
    /// only credentials should, are those of a section without a ``mid``.
    package struct Section: Equatable, Sendable, AttributeList {
        /// The `m=` line without `m=`; `nil` in front of the first.
        package var media: String?
        package var attributes: [Attribute]

        package init(media: String?, attributes: [Attribute] = []) {
            self.media = media
            self.attributes = attributes
        }

        /// `audio 9 UDP/TLS/RTP/SAVPF 0`, as the RFC's examples have it.
        package init(kind: String, mid: String, candidates: [Candidate], isComplete: Bool) {
            self.init(media: "\(kind) 9 UDP/TLS/RTP/SAVPF 0", attributes: [Attribute("mid", mid)])
            for candidate in candidates { add("candidate", candidate.description) }
            if isComplete { add("end-of-candidates") }
        }

        package var mid: String? { value(of: "mid").map { $0.trimmed } }
    }

    /// Never empty: the first is what stands in front of the `m=` lines.
    private var all: [Section]

    /// The media sections that are there.
    package var sections: [Section] { Array(all.dropFirst()) }

    /// The ICE credentials: those in front of the `m=` lines, else those of the first section that
    /// has any, where RFC 9725's example puts them.
    package var ufrag: String? { all.lazy.compactMap(\.iceUfrag).first }
    package var pwd: String? { all.lazy.compactMap(\.icePwd).first }

    /// Every candidate of the fragment, in order. With BUNDLE they all belong to one transport.
    package var candidates: [Candidate] { all.flatMap(\.candidates) }

    /// True when some section, or the fragment as a whole, says that no more will come.
    package var endOfCandidates: Bool { all.contains { $0.endOfCandidates } }

    package init(ufrag: String?, pwd: String?, sections: [Section] = []) {
        all = [Section(media: nil)] + sections
        if let ufrag { all[0].add("ice-ufrag", ufrag) }
        if let pwd { all[0].add("ice-pwd", pwd) }
    }

    /// - Throws: ``SDPViolation`` for what are not lines of SDP, or are too many.
    package init(parsing text: String) throws(SDPViolation) {
        all = [Section(media: nil)]
        for line in try Line.split(text) {
            switch line.type {
            case UInt8(ascii: "m"):
                guard all.count <= Limits.maximumMediaSections else {
                    throw .tooManyMediaSections
                }
                all.append(Section(media: String(line.value)))
            case UInt8(ascii: "a"): all[all.count - 1].add(Attribute(parsing: line.value))
            default: break
            }
        }
    }

    /// The fragment as text, lines ended by CRLF.
    package func print() -> String {
        var text = ""
        for section in all {
            if let media = section.media { text += "m=\(media)\r\n" }
            for attribute in section.attributes { text += "a=\(attribute)\r\n" }
        }
        return text
    }
}
