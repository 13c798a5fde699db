import Primitives
package import Signalling
package import Telemetry

/// What was measured of viewers, on its way from a stage to the figures of the server. No longer than one
/// batch of reports, and one a session.
struct LatencyObservations {
    var legs: [LatencyLegs] = []
    var freezes = 0
}

/// What viewers' pictures went through since the server started.
package struct LatencyFigures: Hashable, Sendable {
    private var legs = [LatencyHistogram](
        repeating: LatencyHistogram(), count: LatencyLeg.allCases.count)
    /// Freezes that viewers told of.
    package private(set) var freezes: UInt64 = 0

    package init() {}

    package subscript(leg: LatencyLeg) -> LatencyHistogram { legs[Self.place(of: leg)] }

    package mutating func record(_ measured: LatencyLegs) {
        for leg in LatencyLeg.allCases {
            guard let duration = measured[leg] else { continue }
            legs[Self.place(of: leg)].record(nanoseconds: UInt64(max(0, duration.nanoseconds)))
        }
    }

    mutating func take(_ observed: LatencyObservations) {
        for measured in observed.legs { record(measured) }
        freezes += UInt64(observed.freezes)
    }

    private static func place(of leg: LatencyLeg) -> Int {
        switch leg {
        case .hostToServer: 0
        case .server: 1
        case .serverToViewer: 2
        case .jitterBuffer: 3
        }
    }
}
