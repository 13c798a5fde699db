/// How long frames have to wait so that most come in time, as libwebrtc has it: a line of delay over size, for
/// the largest frame, and what is left of the deviations as noise
/// (modules/video_coding/timing/jitter_estimator.cc).
struct JitterEstimate {
    /// What an average keeps with each frame, and the largest size.
    private static let averageKept = 0.97
    private static let largestKept = 0.9999
    /// Frames that the average begins with.
    private static let firstFrames = 5
    /// In standard deviations: what a delay counts as at most, from where on it says nothing of the line, and
    /// from where on a frame is so large that it does.
    private static let clamp = 3.5
    private static let outlier = 15.0
    private static let sizeOutlier = 3.0
    /// A frame that is smaller than the one before by a quarter of the largest came right behind it.
    private static let congestedShare = -0.25
    /// Frames that the noise is averaged over at most.
    private static let longestMemory = 400.0
    /// Less than one frame of a hundred is late by 30 ms.
    private static let noiseDeviations = 2.33
    private static let noiseOffset = 30.0
    /// What an operating system adds.
    private static let systemJitter = 10.0

    private var average = 500.0
    private var largest = 500.0
    private var sizeVariance = 100.0
    private var firstSum = 0.0
    private var frames = 0
    private var before: Double?
    private var noise = 0.0
    private var noiseVariance = 4.0
    private var memory = 1.0
    private var line = DelayLine()

    /// In milliseconds.
    var delay: Double {
        let noise = max(
            1, Self.noiseDeviations * noiseVariance.squareRoot() - Self.noiseOffset)
        return max(1, line.slope * (largest - average) + noise) + Self.systemJitter
    }

    /// - Parameters:
    ///   - variation: by how many milliseconds its way was longer than that of the frame before.
    ///   - bytes: the frame's size.
    mutating func update(variation: Double, bytes: Double) {
        noteSize(bytes)
        defer { before = bytes }
        guard let before else { return }
        let change = bytes - before
        let deviation = noiseVariance.squareRoot()
        let most = Self.clamp * deviation
        let variation = min(max(variation, -most), most)
        let error = variation - line.expected(change)
        let isLarge = bytes > average + Self.sizeOutlier * sizeVariance.squareRoot()
        guard abs(error) < Self.outlier * deviation || isLarge else {
            return noteNoise(error > 0 ? Self.outlier * deviation : -Self.outlier * deviation)
        }
        guard change > Self.congestedShare * largest else { return }
        noteNoise(error)
        line.update(variation, change: change, largest: largest, variance: noiseVariance)
    }

    private mutating func noteSize(_ bytes: Double) {
        frames += 1
        if frames <= Self.firstFrames {
            firstSum += bytes
        } else if frames == Self.firstFrames + 1 {
            average = firstSum / Double(Self.firstFrames)
        }
        let smoothed = Self.averageKept * average + (1 - Self.averageKept) * bytes
        // Keyframes are no part of it.
        if bytes < average + 2 * sizeVariance.squareRoot() { average = smoothed }
        let off = bytes - smoothed
        sizeVariance = max(
            1, Self.averageKept * sizeVariance + (1 - Self.averageKept) * off * off)
        largest = max(Self.largestKept * largest, bytes)
    }

    private mutating func noteNoise(_ error: Double) {
        let kept = (memory - 1) / memory
        memory = min(memory + 1, Self.longestMemory)
        let off = error - noise
        noise = kept * noise + (1 - kept) * error
        noiseVariance = max(1, kept * noiseVariance + (1 - kept) * off * off)
    }
}
