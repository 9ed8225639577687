// swift-tools-version: 6.2
import PackageDescription

/// Applied to every Swift target of ours: Swift 6 mode, the upcoming features, warnings as errors.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let sqlite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")

let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")

let package = Package(
    name: "edr-manager",
    products: [
        .executable(name: "edr-manager", targets: ["edr-manager"]),
        .executable(name: "edr-agent", targets: ["edr-agent"]),
        .executable(name: "edr-control", targets: ["edr-control"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: ["FullFoundation"]),
    ],
    targets: [
        // C: system libraries and the spawn primitive. Unsafe calls stop at the Swift target above each.
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CSpawn"),

        // Leaves.
        .target(name: "Wire", swiftSettings: strict),
        .testTarget(name: "WireTests", dependencies: ["Wire"], swiftSettings: strict),

        .target(name: "ConfigurationTree", dependencies: ["CYAML"], swiftSettings: strict),
        .testTarget(name: "ConfigurationTreeTests", dependencies: ["ConfigurationTree"], swiftSettings: strict),

        .target(name: "Alerts", swiftSettings: strict),
        .testTarget(name: "AlertsTests", dependencies: ["Alerts"], swiftSettings: strict),

        .target(name: "TLS", dependencies: ["COpenSSL", nioCore], swiftSettings: strict),
        .testTarget(
            name: "TLSTests", dependencies: ["COpenSSL", "TLS", "TestSupport", nioCore, nioPosix, nioEmbedded],
            swiftSettings: strict),

        .target(name: "AgentProtocol", dependencies: ["Wire", nioCore], swiftSettings: strict),
        .testTarget(
            name: "AgentProtocolTests", dependencies: ["AgentProtocol", "Wire", nioCore, nioEmbedded],
            swiftSettings: strict),

        // What proves what was done.
        .target(name: "Audit", dependencies: ["Daemon", "TLS", grdb], swiftSettings: strict),
        .testTarget(
            name: "AuditTests",
            dependencies: ["ActiveResponse", "Audit", "Daemon", "TestSupport", grdb, logging], swiftSettings: strict),

        .target(name: "Daemon", dependencies: [logging], swiftSettings: strict),
        .testTarget(name: "DaemonTests", dependencies: ["Daemon", "TestSupport", logging], swiftSettings: strict),

        // The core: deciding and acting.
        .target(name: "Policy", dependencies: ["Alerts", "ConfigurationTree"], swiftSettings: strict),
        .testTarget(
            name: "PolicyTests", dependencies: ["Policy", "Alerts", "ConfigurationTree"], swiftSettings: strict),

        .target(name: "ActiveResponse", dependencies: ["Alerts", "Wire", "CSpawn", logging], swiftSettings: strict),
        .testTarget(
            name: "ActiveResponseTests", dependencies: ["ActiveResponse", "Alerts", "TestSupport", logging],
            swiftSettings: strict),

        .target(name: "Backtest", dependencies: ["ActiveResponse", "Alerts", "Policy"], swiftSettings: strict),
        .testTarget(
            name: "BacktestTests",
            dependencies: ["Backtest", "ActiveResponse", "Alerts", "ConfigurationTree", "Policy"],
            swiftSettings: strict),

        // What the daemons read from their files.
        .target(
            name: "ManagerSettings", dependencies: ["Alerts", "ConfigurationTree", "Policy", logging],
            swiftSettings: strict),
        .target(name: "AgentSettings", dependencies: ["Alerts", "ConfigurationTree", logging], swiftSettings: strict),
        .testTarget(
            name: "SettingsTests",
            dependencies: [
                "AgentSettings", "Alerts", "ConfigurationTree", "ManagerSettings", "Policy", "TestSupport",
            ],
            swiftSettings: strict),

        // The daemons.
        .target(
            name: "Agent",
            dependencies: [
                "ActiveResponse", "AgentProtocol", "AgentSettings", "ConfigurationTree", "Daemon", "TLS", "Wire",
                nioCore,
                nioPosix,
                logging,
                lifecycle, unixSignals,
            ], swiftSettings: strict),
        .testTarget(
            name: "AgentTests",
            dependencies: [
                "Agent", "AgentSettings", "ConfigurationTree", "Daemon", "TestSupport", "TLS", logging, nioCore,
                nioPosix,
            ], swiftSettings: strict),
        .target(
            name: "Manager",
            dependencies: [
                "ActiveResponse", "AgentProtocol", "Alerts", "Audit", "ConfigurationTree", "Daemon", "ManagerSettings",
                "Policy", "TLS", "Wire", argumentParser, grdb,
                hummingbird, hummingbirdCore, nioCore, nioPosix, logging, lifecycle, unixSignals,
            ], swiftSettings: strict),
        .testTarget(
            name: "ManagerTests",
            dependencies: [
                "Manager", "ActiveResponse", "AgentProtocol", "Alerts", "Audit", "ConfigurationTree", "Daemon",
                "ManagerSettings", "Policy", "TestSupport", "TLS", "Wire", hummingbird, logging, grdb, nioCore,
                nioEmbedded, nioPosix,
            ],
            swiftSettings: strict),

        // The administrator's command.
        .target(
            name: "Control",
            dependencies: [
                "ActiveResponse", "AgentSettings", "Alerts", "Audit", "Backtest", "CZlib", "ConfigurationTree",
                "Daemon",
                "ManagerSettings", "Policy", "TLS", argumentParser, sqlite, nioCore, nioPosix, nioHTTP1,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ControlTests", dependencies: ["Control", "TestSupport", nioCore, nioPosix, nioHTTP1],
            swiftSettings: strict),

        .executableTarget(name: "edr-manager", dependencies: ["Manager"], swiftSettings: strict),
        .executableTarget(name: "edr-agent", dependencies: ["Agent"], swiftSettings: strict),
        .executableTarget(name: "edr-control", dependencies: ["Control"], swiftSettings: strict),

        // Tests across modules and benchmarks.
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
        .testTarget(
            name: "IntegrationTests",
            dependencies: ["ActiveResponse", "AgentProtocol", "TLS", "TestSupport", nioCore, nioPosix],
            swiftSettings: strict),
        .testTarget(name: "ArchitectureTests", dependencies: ["TestSupport"], swiftSettings: strict),
        .testTarget(name: "ResponseScriptTests", dependencies: ["TestSupport"], swiftSettings: strict),
        .target(
            name: "HostileInput",
            dependencies: [
                "ActiveResponse", "AgentProtocol", "Alerts", "ConfigurationTree", "Policy", "Wire", nioCore,
                nioEmbedded,
            ], path: "Tests/HostileInput", exclude: ["Corpus", "Findings"], swiftSettings: strict),
        .testTarget(
            name: "HostileInputTests",
            dependencies: ["HostileInput", "ActiveResponse", "Alerts", "TestSupport"], swiftSettings: strict),
        .executableTarget(name: "VforkFloor"),
        .executableTarget(
            name: "HandshakeFloor", linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),

        // The proof by killing everything (scripts/chaos).
        .target(name: "ChaosChecking", swiftSettings: strict),
        .executableTarget(name: "ChaosRecorder"),
        .executableTarget(
            name: "Chaos", dependencies: ["ActiveResponse", "ChaosChecking", "TestSupport", argumentParser],
            swiftSettings: strict),
        .testTarget(
            name: "ChaosTests", dependencies: ["ChaosChecking", "TestSupport"], swiftSettings: strict),
        .executableTarget(
            name: "Benchmarks",
            dependencies: [
                "ActiveResponse", "AgentProtocol", "Alerts", "Backtest", "ConfigurationTree", "Policy", "TLS",
                "TestSupport", grdb, nioCore, nioEmbedded, nioPosix,
            ],
            swiftSettings: strict),
    ]
)

// Set by scripts/fuzz, whose build has a folder of its own: our code is then compiled for libFuzzer, and there is a
// target more, the program `Fuzz`.
if Context.environment["EDR_FUZZ"] == "1" {
    package.targets.append(
        .executableTarget(
            name: "Fuzz", dependencies: ["HostileInput"], swiftSettings: strict,
            // gold, the default, fails on libFuzzer's archive.
            linkerSettings: [.unsafeFlags(["-use-ld=lld", "-sanitize=fuzzer"])]))
    for target in package.targets { target.swiftSettings? += [.unsafeFlags(["-sanitize=fuzzer"])] }
}
