/// Which of the last ``MediaSecurityLimits/replayWindow`` packet indices were seen
/// (RFC 3711 §3.3.2), of one source.
struct ReplayWindow: Equatable {
    /// The newest index that was seen.
    private(set) var newest: UInt64
    /// Bit n stands for `newest` - n.
    private var seen: UInt128 = 1

    init(first: UInt64) { newest = first }

    /// True when the packet with `index` was not seen and is not too old to tell.
    func allows(_ index: UInt64) -> Bool {
        guard index <= newest else { return true }
        let age = newest - index
        return age < UInt64(MediaSecurityLimits.replayWindow) && seen >> age & 1 == 0
    }

    /// Notes a packet that ``allows(_:)`` allowed and that proved authentic.
    mutating func insert(_ index: UInt64) {
        if index > newest {
            // A shift by the width or more gives zero.
            seen = seen << (index - newest) | 1
            newest = index
        } else {
            seen |= 1 << (newest - index)
        }
    }

    /// The 48-bit index that a packet with the sequence number `sequence` most likely has: the one
    /// nearest to the newest (RFC 3711 §3.3.1). `nil` when that would be before the first.
    func index(of sequence: UInt16) -> UInt64? {
        let distance = Int16(bitPattern: sequence &- UInt16(truncatingIfNeeded: newest))
        let index = Int64(newest) + Int64(distance)
        return index >= 0 && index < 1 << 48 ? UInt64(index) : nil
    }
}

/// The replay windows of the sources of one peer: a bounded table. A source gets in only after a
/// packet of it proved authentic.
struct SourceTable: ~Copyable {
    private var sources: [(ssrc: UInt32, window: ReplayWindow)] = []
    /// Where the last one was found: packets of one source come in runs.
    private var recent = 0

    init() { sources.reserveCapacity(MediaSecurityLimits.sources) }

    var isFull: Bool { sources.count == MediaSecurityLimits.sources }
    var count: Int { sources.count }

    mutating func find(_ ssrc: UInt32) -> Int? {
        if recent < sources.count, sources[recent].ssrc == ssrc { return recent }
        for position in 0..<sources.count where sources[position].ssrc == ssrc {
            recent = position
            return position
        }
        return nil
    }

    func window(at position: Int) -> ReplayWindow { sources[position].window }

    /// Notes an authentic packet of the source at `position`, or of the new one `ssrc`.
    mutating func insert(_ index: UInt64, of ssrc: UInt32, at position: Int?) {
        if let position {
            sources[position].window.insert(index)
        } else {
            precondition(!isFull)
            sources.append((ssrc, ReplayWindow(first: index)))
        }
    }
}
