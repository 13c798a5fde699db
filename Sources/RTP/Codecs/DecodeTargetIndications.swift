/// What a frame is to each of up to 32 decode targets (AV1 RTP specification §A.4, table A.1), as two
/// bit planes, so that a question about all targets is one operation.
package struct DecodeTargetIndications: Hashable, Sendable {
    /// The lower bit of each indication: discardable or required.
    package var low: UInt32
    /// The upper bit: switch or required.
    package var high: UInt32

    package init(low: UInt32 = 0, high: UInt32 = 0) {
        self.low = low
        self.high = high
    }

    /// The targets that the frame belongs to.
    @inlinable
    package var present: UInt32 { low | high }
    /// The targets whose later frames may refer to this one.
    @inlinable
    package var needed: UInt32 { high }
    /// The targets all of whose later frames can be decoded when this one can.
    @inlinable
    package var switching: UInt32 { high & ~low }

    /// The indication for a target: 0 not present, 1 discardable, 2 switch, 3 required.
    package subscript(target: Int) -> UInt8 {
        get { UInt8(low >> UInt32(target) & 1 | (high >> UInt32(target) & 1) << 1) }
        set {
            let bit = UInt32(1) << UInt32(target)
            low = newValue & 1 != 0 ? low | bit : low & ~bit
            high = newValue & 2 != 0 ? high | bit : high & ~bit
        }
    }
}

/// The frames that a frame refers to, by how far back they are in frame numbers.
package struct FrameReferences: Hashable, Sendable {
    /// Bit i: the frame i + 1 before. Nobody here remembers further back than 64 frames.
    package var near: UInt64 = 0
    /// How many are further back.
    package var fartherCount: UInt8 = 0

    package init() {}

    package mutating func insert(_ difference: Int) {
        if difference <= 64 {
            near |= 1 << UInt64(difference - 1)
        } else {
            fartherCount += 1
        }
    }
}
