internal import RTP

/// The newest changes of what a viewer gets, for packets that come late and for those sent again.
struct LayerEpochs: Sendable {
    private var epochs: InlineArray<8, LayerEpoch>
    private var count = 1

    init(_ first: LayerEpoch) {
        epochs = InlineArray(repeating: first)
    }

    var current: LayerEpoch { epochs[(count - 1) & 7] }

    /// Starts another epoch, unless nothing changes.
    mutating func begin(_ epoch: LayerEpoch) {
        var unchanged = current
        unchanged.from = epoch.from
        unchanged.number = epoch.number
        guard epoch != unchanged else { return }
        if current.from == epoch.from {
            epochs[(count - 1) & 7] = epoch
        } else {
            epochs[count & 7] = epoch
            count += 1
        }
    }

    /// What held for a source packet; `nil` when that is forgotten.
    func epoch(at sequence: Int64, for info: LayerInfo) -> LayerEpoch? {
        var later: LayerEpoch?
        var index = count - 1
        while index >= max(0, count - 8) {
            let epoch = epochs[index & 7]
            if epoch.from <= sequence {
                return epoch.mayBeReplaced(by: later, for: info) ? later : epoch
            }
            later = epoch
            index -= 1
        }
        return nil
    }
}

extension LayerEpoch {
    /// While a structure is missing everything is passed on, from the first packet that comes of its
    /// frames; those before it, the one with the structure among them, belong to the same time.
    fileprivate func mayBeReplaced(by later: LayerEpoch?, for info: LayerInfo) -> Bool {
        guard let later, target != DecodeTargetSelector.everything,
            later.target == DecodeTargetSelector.everything
        else { return false }
        switch info.format {
        case .dependencyDescriptor:
            return structure != info.structure || later.number == info.number
        case .unknownStructure:
            // If this time's structure was known when the packet came, it belongs to the next one's.
            return Int(info.structure &- structure) < RTP.Limits.keptDependencyStructures
        case .plain, .vp8, .vp9:
            return false
        }
    }
}
