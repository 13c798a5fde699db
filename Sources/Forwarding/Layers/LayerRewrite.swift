package import Primitives
package import RTP

/// The numbers of a packet as a viewer gets it.
package struct LayerRewrite: Hashable, Sendable {
    /// Unwrapped.
    package var sequence: Int64
    /// The decode targets to tell of; 0 to leave what the source says.
    package var activeTargets: UInt32 = 0
    package var pictureID: UInt16 = 0
    package var frameNumber: UInt16 = 0
    package var tl0PicIdx: UInt8 = 0
    package var keyIndex: UInt8 = 0
    package var marker = false

    /// The most bytes that a payload grows by.
    package static let payloadGrowth = 1

    init(sequence: Int64) {
        self.sequence = sequence
    }

    /// Appends what stands in place of the first bytes of a payload.
    /// - Returns: how many bytes of the payload that replaces: the rest follows as it is.
    package func writeDescriptor(
        of info: LayerInfo, payload: RawSpan, into writer: inout ByteWriter
    ) -> Int {
        switch info.format {
        case .vp8:
            guard let descriptor = try? VP8Descriptor(parsing: payload) else { return 0 }
            VP8DescriptorWriter(pictureID: pictureID, tl0PicIdx: tl0PicIdx, keyIndex: keyIndex)
                .write(descriptor, of: payload, into: &writer)
            return descriptor.size
        case .vp9:
            guard let descriptor = try? VP9Descriptor(parsing: payload) else { return 0 }
            VP9DescriptorWriter(pictureID: pictureID, tl0PicIdx: tl0PicIdx)
                .write(descriptor, of: payload, into: &writer)
            return descriptor.size
        case .plain, .dependencyDescriptor, .unknownStructure: return 0
        }
    }

    /// The bytes of the dependency descriptor, of which the form of the header extension follows: see
    /// `HeaderExtensionForms`. Where that is none, the viewer cannot be sent the descriptor.
    package func dependencyDescriptorSize(of info: LayerInfo, source bytes: RawSpan) -> Int {
        descriptorWriter.size(
            of: bytes, targetCount: Int(info.targetCount), maskPosition: Int(info.maskPosition))
    }

    /// Appends the dependency descriptor, of at most ``DependencyDescriptorWriter/maximumGrowth`` bytes
    /// more than the source's.
    package func writeDependencyDescriptor(
        of info: LayerInfo, source bytes: RawSpan, into writer: inout ByteWriter
    ) {
        descriptorWriter.write(
            bytes, targetCount: Int(info.targetCount), maskPosition: Int(info.maskPosition),
            into: &writer)
    }

    private var descriptorWriter: DependencyDescriptorWriter {
        DependencyDescriptorWriter(
            frameNumber: frameNumber, activeTargets: activeTargets == 0 ? nil : activeTargets)
    }

    /// Appends the dependency descriptor as a header extension element.
    ///
    /// - Parameters:
    ///   - id: the viewer's id of the extension.
    ///   - form: the block's: see ``dependencyDescriptorSize(of:source:)``.
    package func appendDependencyDescriptor(
        id: UInt8, of info: LayerInfo, source bytes: RawSpan, form: HeaderExtensionForm,
        into writer: inout ByteWriter
    ) {
        RTPHeaderWriter.appendElementHeader(
            id: id, size: dependencyDescriptorSize(of: info, source: bytes), form: form,
            into: &writer)
        writeDependencyDescriptor(of: info, source: bytes, into: &writer)
    }
}

/// The newest numbers of a track: where its next source goes on.
package struct LayerContinuity: Hashable, Sendable {
    package var pictureID: UInt16
    package var frameNumber: UInt16
    package var tl0PicIdx: UInt8
    package var keyIndex: UInt8

    package init(
        pictureID: UInt16 = 0, frameNumber: UInt16 = 0, tl0PicIdx: UInt8 = 0, keyIndex: UInt8 = 0
    ) {
        self.pictureID = pictureID
        self.frameNumber = frameNumber
        self.tl0PicIdx = tl0PicIdx
        self.keyIndex = keyIndex
    }
}
