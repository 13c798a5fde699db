package import RTP

extension OutgoingTrack {
    /// What was negotiated with the viewer.
    package struct Configuration: Hashable, Sendable {
        package var mid: String
        package var isVideo: Bool
        package var ssrc: SSRC
        /// The SSRC of the RTX companion; `nil` when the viewer did not negotiate RTX.
        package var retransmissionSSRC: SSRC?
        package var formats: [Format]
        package var extensions: ForwardedExtensionIDs
        /// In which forms the viewer takes them.
        package var extensionForms: HeaderExtensionForms
        /// The id of the transport-wide sequence number; 0 where the viewer does not tell what arrives.
        package var transportSequence: UInt8
        /// Whether the viewer may estimate by itself (REMB).
        package var hasReceiverEstimate: Bool
        /// The stream of repair packets; `nil` when the viewer did not negotiate any.
        package var errorCorrection: ErrorCorrection?

        package init(
            mid: String, isVideo: Bool, ssrc: SSRC, retransmissionSSRC: SSRC?, formats: [Format],
            extensions: ForwardedExtensionIDs, extensionForms: HeaderExtensionForms = .oneByte,
            transportSequence: UInt8 = 0,
            hasReceiverEstimate: Bool = false, errorCorrection: ErrorCorrection? = nil
        ) {
            self.mid = mid
            self.isVideo = isVideo
            self.ssrc = ssrc
            self.retransmissionSSRC = retransmissionSSRC
            self.formats = formats
            self.extensions = extensions
            self.extensionForms = extensionForms
            self.transportSequence = transportSequence
            self.hasReceiverEstimate = hasReceiverEstimate
            self.errorCorrection = errorCorrection
        }
    }

    /// FlexFEC as the viewer numbers it: a stream of its own, with its own sequence numbers.
    package struct ErrorCorrection: Hashable, Sendable {
        package var payloadType: UInt8
        package var ssrc: SSRC

        package init(payloadType: UInt8, ssrc: SSRC) {
            self.payloadType = payloadType
            self.ssrc = ssrc
        }
    }

    /// A codec as the viewer numbers it.
    package struct Format: Hashable, Sendable {
        package var codec: Codec
        package var payloadType: UInt8
        package var retransmissionPayloadType: UInt8?
        /// Under which the viewer takes Opus with redundancy (RFC 2198); `nil`: it gets the primary
        /// blocks only.
        package var redundancyPayloadType: UInt8?

        package init(
            codec: Codec, payloadType: UInt8, retransmissionPayloadType: UInt8? = nil,
            redundancyPayloadType: UInt8? = nil
        ) {
            self.codec = codec
            self.payloadType = payloadType
            self.retransmissionPayloadType = retransmissionPayloadType
            self.redundancyPayloadType = redundancyPayloadType
        }
    }
}
