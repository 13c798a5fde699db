internal import Primitives

/// The encoder of one layer: frames of varying size around its rate, and keyframes that are several times
/// as large, which the frames after them save up.
struct LayerEncoder {
    struct Frame {
        var number: UInt32
        var reference: UInt32
        var bytes: Int
        var temporalLayer: UInt8
        var isLayerSync: Bool
        var baseIndex: UInt8
        var captured: Instant

        var isKeyframe: Bool { reference == FrameMark.none }
    }

    private let layer: HostScript.Layer
    private let script: HostScript
    private var random: SeededGenerator
    private(set) var nextFrame: Instant
    private var number: UInt32 = 0
    private var lastKeyframe: Instant?
    private var keyframeWanted: Instant?
    /// Bytes that a keyframe has taken from the frames after it.
    private var debt = 0.0
    /// The place in the pattern of temporal layers: 0 2 1 2.
    private var place = 0
    /// The last frame of the base layer and of the one above.
    private var base: UInt32 = 0
    private var middle: UInt32 = 0
    private var baseIndex: UInt8 = 0

    init(_ layer: HostScript.Layer, of script: HostScript, seed: UInt64, from start: Instant) {
        self.layer = layer
        self.script = script
        random = SeededGenerator(seed: seed)
        nextFrame = start
    }

    var interval: Duration { .nanoseconds(1_000_000_000 / Int64(layer.framesPerSecond)) }

    /// A keyframe was asked for, or the layer begins.
    mutating func wantKeyframe(at now: Instant) {
        if keyframeWanted == nil { keyframeWanted = now + script.encodeDelay }
    }

    /// Lets frames pass while the layer is off; it begins again with a keyframe.
    mutating func rest(until now: Instant) {
        while nextFrame <= now { nextFrame = nextFrame + interval }
        lastKeyframe = nil
        keyframeWanted = nil
    }

    /// The frame that is due, if one is.
    mutating func frame(at now: Instant) -> Frame? {
        guard nextFrame <= now else { return nil }
        defer { nextFrame = nextFrame + interval }
        let isKeyframe = isKeyframeDue(at: nextFrame)
        var frame = Frame(
            number: number, reference: FrameMark.none,
            bytes: size(isKeyframe: isKeyframe), temporalLayer: 0, isLayerSync: false,
            baseIndex: baseIndex, captured: nextFrame)
        refer(&frame, isKeyframe: isKeyframe)
        if isKeyframe {
            lastKeyframe = nextFrame
            keyframeWanted = nil
        }
        number += 1
        return frame
    }

    private func isKeyframeDue(at now: Instant) -> Bool {
        guard let lastKeyframe else { return true }
        if let keyframeWanted, keyframeWanted <= now { return true }
        guard let interval = script.keyframeInterval else { return false }
        return now - lastKeyframe >= interval
    }

    private mutating func size(isKeyframe: Bool) -> Int {
        let mean = Double(layer.rate.bitsPerSecond) / 8 / Double(layer.framesPerSecond)
        let noise = Double.random(in: 1 - script.noise...1 + script.noise, using: &random)
        let factor = Double.random(in: script.keyframeFactor, using: &random)
        guard !isKeyframe else {
            debt += mean * (factor - 1)
            return Int(mean * factor)
        }
        let saved = min(debt, mean * 0.15)
        debt -= saved
        return max(80, Int(mean * noise - saved))
    }

    private mutating func refer(_ frame: inout Frame, isKeyframe: Bool) {
        if isKeyframe { place = 0 }
        let pattern: UInt8 = script.temporalLayers == 1 ? 0 : [0, 2, 1, 2][place]
        if pattern == 0 {
            if !isKeyframe { frame.reference = base }
            baseIndex &+= 1
            (base, middle) = (number, number)
        } else if pattern == 1 {
            frame.reference = base
            frame.isLayerSync = true
            middle = number
        } else {
            frame.reference = middle
            frame.isLayerSync = place == 1
        }
        frame.temporalLayer = pattern
        frame.baseIndex = baseIndex
        place = (place + 1) % 4
    }
}
