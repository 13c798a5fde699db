internal import MediaPlane
internal import Primitives
package import Signalling

// What hosts are told on their events sockets: which layers are wanted.
extension SimulatedRoom {
    /// A host has an events socket from now on, or no longer; then it sends everything again.
    package mutating func setTold(_ host: Int, _ isTold: Bool) {
        setTold(resource(of: host), isTold, byWorkerOf: host)
        if !isTold, hosts[host] != nil { orders.append((now, host, [])) }
    }

    mutating func noteOrders(in news: [MediaReport]) {
        for case .wantedLayers(let resource, let layers) in news {
            guard let host = scriptedHosts.first(where: { self.resource(of: $0) == resource })
            else { continue }
            let stopped = layers.filter { !$0.isActive }.map(\.rid)
            orders.append((now + hosts[host]!.script.toldDelay, host, Set(stopped)))
        }
    }

    /// What was said of the layers of a host that are wanted: each time those that are.
    package func wanted(of host: Int) -> [[String]] {
        reports.compactMap { report in
            guard case .wantedLayers(resource(of: host), let layers) = report else { return nil }
            return layers.filter(\.isActive).map(\.rid)
        }
    }

    /// The layers that a host was last said to send.
    package func layersSent(by host: Int) -> [LayerReport] {
        for case .layers(resource(of: host), let layers) in reports.reversed() { return layers }
        return []
    }
}
