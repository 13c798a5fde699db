package import Primitives

/// What a viewer's browser measures of one of its sessions, and the server cannot see:
///
///     {"type":"TELEMETRY","payload":{"resource":"…","jitterBufferMs":35.5,"freezes":0,"framesPerSecond":29.9}}
package struct ViewerTelemetry: Hashable, Sendable {
    package var resource: ResourceID
    /// How long a frame waits before it is shown.
    package var jitterBuffer: Duration?
    /// Since the session began.
    package var freezes: Int?
    package var framesPerSecond: Double?

    package init(
        resource: ResourceID, jitterBuffer: Duration? = nil, freezes: Int? = nil,
        framesPerSecond: Double? = nil
    ) {
        self.resource = resource
        self.jitterBuffer = jitterBuffer
        self.freezes = freezes
        self.framesPerSecond = framesPerSecond
    }
}

extension ViewerTelemetry {
    /// Reads the payload. What is absent or `null` is not known; what is more than can be is taken for the
    /// most that can be.
    init(_ payload: JSONValue?) throws(UnusablePayload) {
        guard let resource = payload?["resource"]?.string, !resource.isEmpty,
            resource.utf8.count <= SignallingLimits.participantIDBytes
        else { throw UnusablePayload(#""resource" names a session of this participant."#) }
        func number(_ name: String, most: Double) throws(UnusablePayload) -> Double? {
            switch payload?[name] {
            case nil, .null?: return nil
            case .integer(let value)? where value >= 0: return min(Double(value), most)
            case .number(let value)? where value >= 0 && value.isFinite: return min(value, most)
            default: throw UnusablePayload("\"\(name)\" is a number, 0 or more.")
            }
        }
        let limits = SignallingLimits.self
        let wait = try number("jitterBufferMs", most: limits.longestJitterBuffer.milliseconds)
        let freezes = try number("freezes", most: Double(limits.mostFreezes))
        self.init(
            resource: ResourceID(resource),
            jitterBuffer: wait.map { .microseconds(Int64(($0 * 1000).rounded())) },
            freezes: freezes.map { Int($0) },
            framesPerSecond: try number("framesPerSecond", most: limits.mostFramesPerSecond))
    }
}
