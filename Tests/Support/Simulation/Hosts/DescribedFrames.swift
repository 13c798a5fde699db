internal import BitStrings
internal import Primitives

/// The dependency descriptors of L1T1 and L1T3 (AV1 RTP specification §A.8 and §A.10.2): a decode target for
/// each temporal layer, the best first, and one chain.
enum DescribedFrames {
    private struct Template {
        var temporalLayer: UInt8
        var isKeyframe = false
        /// How far back the frame is that it refers to, and the one before it in its chain.
        var difference: Int
        var chain: Int
    }

    private static func templates(_ temporalLayers: Int) -> [Template] {
        let key = Template(temporalLayer: 0, isKeyframe: true, difference: 0, chain: 0)
        guard temporalLayers == 3 else {
            return [key, Template(temporalLayer: 0, difference: 1, chain: 1)]
        }
        return [
            key,
            Template(temporalLayer: 0, difference: 4, chain: 4),
            Template(temporalLayer: 1, difference: 2, chain: 2),
            Template(temporalLayer: 2, difference: 1, chain: 1),
            Template(temporalLayer: 2, difference: 1, chain: 3),
        ]
    }

    /// - Parameters:
    ///   - index: the packet's place among the frame's `count`.
    ///   - temporalLayers: 1 or 3.
    static func descriptor(
        of frame: LayerEncoder.Frame, index: Int, of count: Int, layer: HostScript.Layer,
        temporalLayers: Int
    ) -> [UInt8] {
        var bits = BitString()
        bits.append((index == 0 ? 2 : 0) | (index == count - 1 ? 1 : 0), 2)
        bits.append(template(of: frame, temporalLayers), 6)
        bits.append(Int(frame.number & 0xFFFF), 16)
        guard frame.isKeyframe, index == 0 else { return bits.bytes }
        bits.append(0x10, 5)
        appendStructure(temporalLayers, of: layer, to: &bits)
        return bits.bytes
    }

    private static func template(of frame: LayerEncoder.Frame, _ temporalLayers: Int) -> Int {
        switch frame.temporalLayer {
        case 0: frame.isKeyframe ? 0 : 1
        case 1: 2
        // Of the two frames of the highest layer, the first is the one that begins to use it.
        default: frame.isLayerSync ? 3 : 4
        }
    }

    private static func appendStructure(
        _ temporalLayers: Int, of layer: HostScript.Layer, to bits: inout BitString
    ) {
        let templates = templates(temporalLayers)
        bits.append(0, 6)
        bits.append(temporalLayers - 1, 5)
        for (template, next) in zip(templates, templates.dropFirst()) {
            bits.append(next.temporalLayer > template.temporalLayer ? 1 : 0, 2)
        }
        bits.append(3, 2)
        for template in templates {
            for target in (0..<UInt8(temporalLayers)).reversed() {
                bits.append(indication(of: template, for: target), 2)
            }
        }
        for template in templates {
            if !template.isKeyframe { bits.append(0x10 | template.difference - 1, 5) }
            bits.append(0, 1)
        }
        bits.append(1, nonSymmetric: temporalLayers + 1)
        for template in templates { bits.append(template.chain, 4) }
        bits.append(1, 1)
        bits.append(layer.width - 1, 16)
        bits.append(layer.height - 1, 16)
    }

    /// Not present, discardable, or a switch.
    private static func indication(of template: Template, for target: UInt8) -> Int {
        guard template.temporalLayer <= target else { return 0 }
        return template.temporalLayer > 0 && template.temporalLayer == target ? 1 : 2
    }
}
