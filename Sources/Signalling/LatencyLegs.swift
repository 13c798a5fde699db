/// A part of the way from camera to screen.
package enum LatencyLeg: String, Hashable, Sendable, CaseIterable {
    case hostToServer
    /// What the server adds, its pacer included.
    case server
    case serverToViewer
    /// In the viewer's browser, as it says.
    case jitterBuffer
}

/// What each leg takes for one viewer; `nil` for what is not known yet.
package struct LatencyLegs: Hashable, Sendable {
    package var hostToServer: Duration?
    package var server: Duration?
    package var serverToViewer: Duration?
    package var jitterBuffer: Duration?

    package init(
        hostToServer: Duration? = nil, server: Duration? = nil, serverToViewer: Duration? = nil,
        jitterBuffer: Duration? = nil
    ) {
        self.hostToServer = hostToServer
        self.server = server
        self.serverToViewer = serverToViewer
        self.jitterBuffer = jitterBuffer
    }

    package subscript(leg: LatencyLeg) -> Duration? {
        switch leg {
        case .hostToServer: hostToServer
        case .server: server
        case .serverToViewer: serverToViewer
        case .jitterBuffer: jitterBuffer
        }
    }

    /// Of what is known; `nil` while nothing is.
    package var total: Duration? {
        let known = LatencyLeg.allCases.compactMap { self[$0] }
        return known.isEmpty ? nil : known.reduce(.zero, +)
    }

    package var isOverBudget: Bool { (total ?? .zero) > SignallingLimits.latencyBudget }

    /// The leg that costs most, where all together cost too much; of two that cost the same, the
    /// earlier one.
    package var blame: LatencyLeg? {
        guard isOverBudget else { return nil }
        var worst = LatencyLeg.hostToServer
        for leg in LatencyLeg.allCases where (self[leg] ?? .zero) > (self[worst] ?? .zero) {
            worst = leg
        }
        return worst
    }
}
