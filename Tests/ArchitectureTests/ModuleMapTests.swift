import Foundation
import TestSupport
import Testing

/// The module map of docs/explanation/architecture.md, held against the manifest and against what files import.
@Suite struct `The module map` {
    /// Which of our modules a module may import.
    ///
    /// What is not here must not be.
    static let allowed: [String: Set<String>] = [
        "Wire": [],
        "ConfigurationTree": ["CYAML"],
        "Alerts": [],
        "TLS": ["COpenSSL"],
        "AgentProtocol": ["Wire"],
        "Daemon": [],
        "Audit": ["Daemon", "TLS"],
        "Policy": ["Alerts", "ConfigurationTree"],
        "ActiveResponse": ["Alerts", "Wire", "CSpawn"],
        "Backtest": ["ActiveResponse", "Alerts", "Policy"],
        "AgentSettings": ["Alerts", "ConfigurationTree"],
        "ManagerSettings": ["Alerts", "ConfigurationTree", "Policy"],
        "Agent": [
            "ActiveResponse", "AgentProtocol", "AgentSettings", "ConfigurationTree", "Daemon", "TLS", "Wire",
        ],
        "Manager": [
            "ActiveResponse", "AgentProtocol", "Alerts", "Audit", "ConfigurationTree", "Daemon", "ManagerSettings",
            "Policy", "TLS", "Wire",
        ],
        "Control": [
            "ActiveResponse", "AgentSettings", "Alerts", "Audit", "Backtest", "CZlib", "ConfigurationTree", "Daemon",
            "ManagerSettings", "Policy", "TLS",
        ],
        "ChaosChecking": [],
        "edr-manager": ["Manager"],
        "edr-agent": ["Agent"],
        "edr-control": ["Control"],
    ]

    /// Which modules of packages a module may import.
    static let packages: [String: Set<String>] = [
        "TLS": ["NIOCore"],
        "AgentProtocol": ["NIOCore"],
        "Daemon": ["Logging"],
        "Audit": ["GRDB"],
        "ActiveResponse": ["Logging"],
        "AgentSettings": ["Logging"],
        "ManagerSettings": ["Logging"],
        "Agent": ["Logging", "NIOCore", "NIOPosix", "ServiceLifecycle", "UnixSignals"],
        "Manager": [
            "ArgumentParser", "GRDB", "Hummingbird", "HummingbirdCore", "Logging", "NIOCore", "NIOPosix",
            "ServiceLifecycle", "UnixSignals",
        ],
        "Control": ["ArgumentParser", "GRDBSQLite", "NIOCore", "NIOHTTP1", "NIOPosix"],
    ]

    static let toolchain: Set<String> = ["Glibc", "Synchronization", "Dispatch"]

    /// Full Foundation would double what an agent occupies; only what runs on the manager's side may have it.
    static let withFoundation: Set<String> = ["Audit", "Manager", "Control", "edr-manager", "edr-control"]

    /// The modules that a file imports.
    static func imports(of file: String) throws -> Set<String> {
        var found: Set<String> = []
        for line in try Repository.text(of: file).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard let index = words.firstIndex(of: "import"), index <= 2, words.count > index + 1,
                words[..<index].allSatisfy({ ["package", "internal", "private", "fileprivate"].contains($0) })
            else { continue }
            found.insert(String(words[index + 1].split(separator: ".")[0]))
        }
        return found
    }

    @Test(arguments: allowed.keys.sorted())
    func `a module imports only what the map allows`(module: String) throws {
        let files = Repository.files(below: "Sources/\(module)", suffix: ".swift")
        #expect(!files.isEmpty)
        var permitted = Self.allowed[module, default: []].union(Self.packages[module, default: []])
        permitted.formUnion(Self.toolchain)
        if Self.withFoundation.contains(module) { permitted.insert("Foundation") }
        for file in files {
            let foreign = try Self.imports(of: file).subtracting(permitted)
            #expect(foreign.isEmpty, "\(file) imports \(foreign.sorted().joined(separator: ", "))")
        }
    }

    @Test func `the manifest gives no module more of ours than the map allows`() throws {
        let manifest = try Repository.text(of: "Package.swift")
        let ours = Set(Self.allowed.keys).union(["CSpawn", "CYAML", "CZlib", "COpenSSL"])
        let target = /\.(?:executableTarget|target)\(\s*name: "([^"]+)"(?:, dependencies: \[([^\]]*)\])?/
        var seen: Set<String> = []
        for match in manifest.matches(of: target) {
            let name = String(match.1)
            guard let allowed = Self.allowed[name] else { continue }
            seen.insert(name)
            let listed = (match.2 ?? "").matches(of: /"([^"]+)"/).map { String($0.1) }.filter(ours.contains)
            #expect(Set(listed).isSubset(of: allowed), "\(name) depends on \(listed)")
        }
        #expect(seen == Set(Self.allowed.keys))
    }

    @Test func `every folder of Sources is in the map or is known to be none of it`() throws {
        let others: Set<String> = [
            "CSpawn", "CYAML", "CZlib", "COpenSSL", "Benchmarks", "Fuzz", "HandshakeFloor", "VforkFloor", "Chaos",
            "ChaosRecorder",
        ]
        let folders = try FileManager.default.contentsOfDirectory(atPath: Repository.path + "/Sources")
        #expect(Set(folders) == Set(Self.allowed.keys).union(others))
    }

    @Test func `the map has no cycle`() {
        func reaches(_ from: String, _ to: String, _ seen: Set<String>) -> Bool {
            Self.allowed[from, default: []].contains { next in
                next == to || (!seen.contains(next) && reaches(next, to, seen.union([next])))
            }
        }
        for module in Self.allowed.keys { #expect(!reaches(module, module, [module]), "\(module) reaches itself") }
    }
}
