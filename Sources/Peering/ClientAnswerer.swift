package import RTP
package import SDP

/// Answers a server that offers what it has, as a viewer: takes every section that sends something we
/// know, without header extensions, RTX and
/// redundancy.
package struct ClientAnswerer: Sendable {
    package var answer: SessionDescription
    /// The server's end.
    package var remote: ClientAnswer
    /// What the offer's payload types mean.
    package var codecs: [PayloadType: Codec]

    /// - Throws: ``NegotiationError`` when nothing is offered that can be taken.
    package init(
        answering offer: SessionDescription, local: LocalEndpoint
    ) throws(NegotiationError) {
        try offer.checkSize()
        var builder = AnswerBuilder(local: local, offer: offer, side: .client)
        var codecs: [PayloadType: Codec] = [:]
        for media in offer.media {
            let formats = MediaDescription.onePerCodec(
                media.supportedFormats(feedback: ["nack", "nack pli"])
            ).map { format in
                var format = format.plain
                format.retransmissionPayloadType = nil
                return format
            }
            guard !media.isRejected, media.direction(in: offer).sends, !formats.isEmpty else {
                builder.reject(media)
                continue
            }
            for format in formats { codecs[format.payloadType] = format.codec }
            builder.accept(media, formats: formats, direction: "recvonly", extensions: []) { _ in }
        }
        guard !codecs.isEmpty else {
            throw .unusable("the offer sends nothing that can be watched: H.264, VP8 or Opus")
        }
        answer = builder.answer()
        remote = try ClientAnswer(parsing: offer)
        self.codecs = codecs
    }
}
