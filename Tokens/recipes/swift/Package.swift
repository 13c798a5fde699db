// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "mint",
    platforms: [.macOS(.v13)],
    dependencies: [
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.0.0")
    ],
    targets: [
        .executableTarget(
            name: "mint", dependencies: [.product(name: "JWTKit", package: "jwt-kit")])
    ]
)
