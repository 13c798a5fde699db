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
func module(_ name: String, _ dependencies: [Target.Dependency]) -> [Target] {
    [
        .target(name: name, dependencies: dependencies, swiftSettings: house),
        .testTarget(
            name: "\(name)Tests",
            dependencies: [.byName(name: name)] + dependencies + (testSupport[name] ?? []),
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
/// Floor 8: the command line and the graph, and the executable around them.
func roof(
    _ name: String, executable: String, on modules: String..., products: [Target.Dependency]
) -> [Target] {
    module(name, named(["Primitives"] + modules) + products) + [
        .executableTarget(
            name: executable, dependencies: [.byName(name: name)], swiftSettings: house)
    ]
}
/// Floor 7: HTTP and WebSocket.
func edge(
    _ name: String, on modules: String..., products: [Target.Dependency] = []
) -> [Target] {
    module(name, named(["Primitives"] + modules) + products)
}

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let jwt = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let httpClient: [Target.Dependency] = [
    .product(name: "AsyncHTTPClient", package: "async-http-client"),
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    logging,
]
let lifecycle = Target.Dependency.product(
    name: "ServiceLifecycle", package: "swift-service-lifecycle")
let http: [Target.Dependency] = [
    .product(name: "HummingbirdCore", package: "hummingbird"),
    .product(name: "HummingbirdTLS", package: "hummingbird"),
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "NIOWebSocket", package: "swift-nio"),
    .product(name: "NIOExtras", package: "swift-nio-extras"),
    .product(name: "NIOSSL", package: "swift-nio-ssl"),
    logging, lifecycle,
]

let commandLine: [Target.Dependency] = [
    .product(name: "ArgumentParser", package: "swift-argument-parser"),
    .product(name: "Configuration", package: "swift-configuration"),
    .product(name: "UnixSignals", package: "swift-service-lifecycle"),
    lifecycle,
]

/// What a module's tests need besides the module and what it is built on.
let testSupport: [String: [Target.Dependency]] = [
    "Congestion": ["Flows", "Links"],
    "Forwarding": ["BitStrings"],
    "MediaPlane": ["Simulation"],
    "MediaSecurity": ["COracle"],
    "RTP": ["BitStrings"],
    "Storage": ["StorageConformance"],
    "StorageSQLite": ["StorageConformance"],
]

var targets: [Target] = []
targets += c("CPlatform") + c("CSecurity", linking: "ssl", "crypto")
targets += c("CSigning", linking: "hogweed", "nettle", "gmp")
targets += ground("Primitives")
targets += wire("RTP") + wire("SDP")
targets += core("ICE", c: "CSecurity")
targets += core("MediaSecurity", c: "CSecurity")
targets += core("Congestion", on: "RTP")
targets += core("Forwarding", on: "RTP", "Congestion")
targets += core("Peering", on: "RTP", "SDP", "ICE", "MediaSecurity", "Congestion", "Forwarding")
targets += core("Signalling") + core("Stages") + core("Links")
targets += core("ParticipantTokens", c: "CSigning", products: [jwt, crypto])
targets += core("SyntheticMedia", on: "RTP")
targets += core("Webhooks", products: [crypto])
targets += port("DatagramIO", c: "CPlatform")
targets += port("Telemetry", products: [logging])
targets += port("Storage")
targets += engine("StorageSQLite", on: "Storage", products: [grdb])
targets += engine(
    "WebhookDelivery", on: "Webhooks", "Storage", products: httpClient)
targets += engine(
    "MediaPlane", on: "RTP", "SDP", "ICE", "MediaSecurity", "Congestion", "Forwarding", "Peering",
    "Signalling", "DatagramIO", "Telemetry")
targets += engine(
    "LoadGenerator", on: "RTP", "SDP", "ICE", "MediaSecurity", "Congestion", "Forwarding",
    "Peering",
    "SyntheticMedia", "DatagramIO", "Telemetry")
targets += engine("Impairment", on: "Links", "DatagramIO", "Telemetry")
targets += service(
    "StageAPI", on: "Stages", "ParticipantTokens", "Signalling", "Webhooks", "Storage",
    "Telemetry",
    products: [crypto, logging])
targets += edge(
    "Gateway", on: "Signalling", "Storage", "StageAPI", products: http)
targets += roof(
    "StageServer", executable: "rostrum",
    on: "RTP", "SDP", "ICE", "MediaSecurity", "Peering", "SyntheticMedia", "DatagramIO",
    "Telemetry", "Storage", "StorageSQLite", "ParticipantTokens", "Signalling", "Stages",
    "MediaPlane", "LoadGenerator", "Links", "Impairment", "Webhooks", "WebhookDelivery", "StageAPI",
    "Gateway",
    products: commandLine + httpClient)

/// The media plane with all that it is built on, for what drives a worker without a server.
let mediaPlane = named([
    "Primitives", "RTP", "SDP", "ICE", "MediaSecurity", "Congestion", "Forwarding", "Peering",
    "Signalling", "DatagramIO", "Telemetry", "MediaPlane",
])
targets += [
    .target(
        name: "StorageConformance", dependencies: named(["Primitives", "Storage"]),
        path: "Tests/Support/StorageConformance", swiftSettings: house),
    .target(
        name: "BitStrings", path: "Tests/Support/BitStrings", swiftSettings: house),
    .target(
        name: "COracle", path: "Tests/Support/COracle",
        linkerSettings: [.linkedLibrary("srtp2")]),
    .target(
        name: "Flows", dependencies: named(["Links", "Primitives"]), path: "Tests/Support/Flows",
        swiftSettings: house),
    .target(
        name: "Simulation", dependencies: mediaPlane + named(["BitStrings", "Links"]),
        path: "Tests/Support/Simulation",
        swiftSettings: house),
    .testTarget(
        name: "Scenarios", dependencies: mediaPlane + named(["Flows", "Links", "Simulation"]),
        path: "Tests/Scenarios", swiftSettings: house),
    .target(name: "CAllocations", path: "Tests/Benchmarks/CAllocations"),
    .executableTarget(
        name: "ForwardingBenchmark",
        dependencies: mediaPlane + named(["CAllocations"]),
        path: "Tests/Benchmarks/Forwarding"),
]

let package = Package(
    name: "rostrum",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: targets)
