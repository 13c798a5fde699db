import Primitives
import RTP
import Testing

@testable import Forwarding

@Suite struct PacketHistoryTests {
    private let ids = ForwardedExtensionIDs(
        audioLevel: 1, videoOrientation: 2, absCaptureTime: 3, dependencyDescriptor: 200)

    /// A packet with a dependency descriptor, all other extensions that are passed on, and a payload.
    private func packet(descriptor: [UInt8], payload: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(capacity: 4096)
        RTPHeaderWriter.write(
            marker: true, payloadType: 45, sequenceNumber: SequenceNumber(1),
            timestamp: RTPTimestamp(2), ssrc: SSRC(3), hasExtension: true, into: &writer)
        let mark = RTPHeaderWriter.beginExtensions(.twoByte, into: &writer)
        RTPHeaderWriter.appendElement(id: 1, 0x55 as UInt8, form: .twoByte, into: &writer)
        RTPHeaderWriter.appendElement(id: 200, descriptor.rawSpan, form: .twoByte, into: &writer)
        RTPHeaderWriter.appendElement(id: 3, 0x77 as UInt64, form: .twoByte, into: &writer)
        RTPHeaderWriter.endExtensions(begunAt: mark, into: &writer)
        writer.append(payload.rawSpan)
        return writer.array
    }

    private func store(
        _ bytes: [UInt8], _ ids: ForwardedExtensionIDs, in history: inout PacketHistory
    ) throws -> PacketHistory.Entry {
        let header = try RTPHeader(parsing: bytes.rawSpan)
        var entry = PacketHistory.Entry()
        entry.sequence = 5
        history.store(
            entry, payload: bytes.rawSpan.extracting(header.payload), in: bytes.rawSpan,
            header: header, ids: ids)
        return try must(history.entry(5))
    }

    @Test("keeps a dependency descriptor of any size", arguments: [3, 16, 17, 100, 255])
    func descriptors(size: Int) throws {
        var history = PacketHistory(capacity: 4)
        let descriptor = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let payload = [UInt8](repeating: 9, count: 1200)
        let entry = try store(
            packet(descriptor: descriptor, payload: payload), ids, in: &history)
        #expect(history.value(3, of: entry) == descriptor)
        #expect(history.payloadBytes(of: entry) == payload)
        #expect(history.value(0, of: entry) == [0x55])
        #expect(history.value(1, of: entry).count == 0)
        #expect(history.value(2, of: entry).count == 8)
        // Padding moves them all.
        history.pad(5, by: 20)
        let padded = try must(history.entry(5))
        #expect(history.value(3, of: padded) == descriptor)
        // What it weighs is what the block takes beside a transport-wide number.
        let header = size > 16 ? 2 : 1
        let block = 4 + (1 + 8 + size + 2 + 4 * header + 3) / 4 * 4
        #expect(entry.weight == 1200 + block)
    }

    @Test("what does not fit is dropped, the descriptor last")
    func bounds() throws {
        var history = PacketHistory(capacity: 4)
        let descriptor = [UInt8](repeating: 1, count: 255)
        let fits = [UInt8](repeating: 9, count: Limits.packetBytes - 255)
        let kept = try store(packet(descriptor: descriptor, payload: fits), ids, in: &history)
        #expect(history.value(3, of: kept).count == 255)
        #expect(history.value(0, of: kept).count == 0)
        var other = PacketHistory(capacity: 4)
        let large = try store(packet(descriptor: descriptor, payload: fits + [1]), ids, in: &other)
        #expect(other.value(3, of: large).count == 0)
        #expect(other.value(0, of: large).count == 1)
        var third = PacketHistory(capacity: 4)
        var unasked = ids
        unasked.dependencyDescriptor = 0
        let plain = try store(packet(descriptor: descriptor, payload: fits), unasked, in: &third)
        #expect(third.value(3, of: plain).count == 0)
        #expect(third.value(2, of: plain).count == 8)
    }

    /// A thousand of these are kept for each layer.
    @Test func sizes() {
        #expect(MemoryLayout<PacketHistory.Entry>.stride <= 48)
    }
}

extension PacketHistory {
    /// A copy of a kept value, the dependency descriptor's by its own name.
    fileprivate func value(_ index: Int, of entry: Entry) -> [UInt8] {
        var writer = ByteWriter(capacity: 300)
        if index == ForwardedExtensionIDs.descriptorIndex {
            writer.append(dependencyDescriptor(of: entry))
        } else {
            writer.append(extensionValue(index, of: entry))
        }
        return writer.array
    }

    fileprivate func payloadBytes(of entry: Entry) -> [UInt8] {
        var writer = ByteWriter(capacity: Limits.packetBytes)
        writer.append(payload(of: entry))
        return writer.array
    }
}
