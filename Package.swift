// swift-tools-version: 6.2
import PackageDescription

// The floors of the house (see ARCHITECTURE.md): a module imports only from lower floors, and this
// file is written so that a core cannot even spell an engine.

let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .strictMemorySafety(), .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"), .enableExperimentalFeature("Lifetimes"),
]

/// A module with the house settings, and its test target.
func module(
    _ name: String, _ dependencies: [Target.Dependency], tests: [Target.Dependency]? = []
) -> [Target] {
    let target = Target.target(name: name, dependencies: dependencies, swiftSettings: house)
    guard let tests else { return [target] }
    return [
        target,
        .testTarget(
            name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies + tests,
            swiftSettings: house),
    ]
}

func named(_ names: [String]) -> [Target.Dependency] { names.map { .byName(name: $0) } }

/// Floor 0: a C boundary.
func c(_ name: String, linking libraries: String...) -> [Target] {
    [.target(name: name, linkerSettings: libraries.map { .linkedLibrary($0) })]
}
/// Floor 1: no dependency at all.
func ground(_ name: String) -> [Target] { module(name, []) }
/// Floor 2: bytes that some document defines.
func wire(_ name: String) -> [Target] { module(name, named(["Primitives"])) }
/// Floor 3: a pure core.
func core(
    _ name: String, on modules: String..., c: String? = nil, products: [Target.Dependency] = []
) -> [Target] {
    module(name, named(["Primitives"] + modules + (c.map { [$0] } ?? [])) + products)
}
/// Floor 4: one kind of effect, behind a protocol.
func port(
    _ name: String, on modules: String..., c: String? = nil, products: [Target.Dependency] = []
) -> [Target] {
    module(name, named(["Primitives"] + modules + (c.map { [$0] } ?? [])) + products)
}
/// Floor 5: the real thing behind a port, or what drives cores with a clock and threads.
func engine(
    _ name: String, on modules: String..., products: [Target.Dependency] = []
) -> [Target] {
    module(name, named(["Primitives"] + modules) + products)
}
/// Floor 6: what an API operation means.
func service(
    _ name: String, on modules: String..., products: [Target.Dependency] = []
) -> [Target] {
    module(name, named(["Primitives"] + modules) + products)
}
/// Floor 7: HTTP and WebSocket.
func edge(
    _ name: String, on modules: String..., products: [Target.Dependency] = []
) -> [Target] {
    module(name, named(["Primitives"] + modules) + products)
}

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let collections = Target.Dependency.product(name: "BasicContainers", package: "swift-collections")
let jwt = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")

var targets: [Target] = []
targets += c("CPlatform") + c("CSecurity", linking: "ssl", "crypto")
targets += ground("Primitives")
targets += wire("RTP") + wire("SDP")
targets += core("ICE", c: "CSecurity")
targets += core("MediaSecurity", c: "CSecurity")
targets += core("Congestion", on: "RTP")
targets += core("Forwarding", on: "RTP", "Congestion")
targets += core("Peering", on: "RTP", "SDP", "ICE", "MediaSecurity", "Congestion", "Forwarding")
targets += core("Signalling")
targets += core("ParticipantTokens", products: [jwt])
targets += core("Stages", on: "ParticipantTokens", "Storage", "Signalling")
targets += core("SyntheticMedia", on: "RTP")
targets += port("DatagramIO", c: "CPlatform")
targets += port("Telemetry", products: [logging])
targets += port("Storage")
targets += engine("StorageSQLite", on: "Storage", products: [grdb])
targets += engine(
    "MediaPlane", on: "RTP", "SDP", "ICE", "MediaSecurity", "Congestion", "Forwarding", "Peering",
    "Signalling", "DatagramIO", "Telemetry", "CPlatform")
targets += service(
    "StageAPI", on: "Stages", "ParticipantTokens", "Signalling", "Storage", "Telemetry",
    products: [crypto, logging])
