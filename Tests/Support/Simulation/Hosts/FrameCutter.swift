/// Cuts frames into packets of about the same size, each with a mark at its end; what they begin with is the codec's.
enum FrameCutter {
    /// Of a packet's payload.
    static let largest = 1150
    /// As much as a packet may begin and end with.
    private static let overhead = 6 + 10 + FrameMark.size

    static func count(of frame: LayerEncoder.Frame) -> Int {
        let room = largest - overhead
        return max(1, (frame.bytes + room - 1) / room)
    }

    /// - Parameters:
    ///   - mark: of the frame's first packet.
    ///   - head: what a packet begins with, by its place and the bytes of the frame that follow, mark included.
    static func packets(
        of frame: LayerEncoder.Frame, mark: FrameMark, head: (_ index: Int, _ bytes: Int) -> [UInt8]
    ) -> [[UInt8]] {
        let count = Int(mark.count)
        var left = frame.bytes
        return (0..<count).map { index in
            let bytes = max(left / (count - index), FrameMark.size)
            left -= left / (count - index)
            var payload = head(index, bytes)
            payload.append(contentsOf: repeatElement(0x55, count: bytes - FrameMark.size))
            var mark = mark
            mark.index = UInt16(index)
            mark.write(into: &payload)
            return payload
        }
    }
}
