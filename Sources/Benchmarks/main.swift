import Foundation

// Prints measured figures; run by hand in release: swift run -c release Benchmarks NAME…
let benchmarks: [(name: String, run: @Sendable () async throws -> Void)] = [
    ("decide", { DecideBenchmark.run() }),
    ("backtest", { BacktestBenchmark.run() }),
    ("latency", { try await LatencyBenchmark.run() }),
    ("burst", { try await BurstBenchmark.run() }),
    ("handshakes", { try await HandshakeBenchmark.run() }),
    ("fleet", { try await FleetBenchmark.run() }),
    ("siege", { try await SiegeBenchmark.run() }),
    ("reconnect", { try await ReconnectBenchmark.run() }),
    ("footprint", { try await FootprintBenchmark.run() }),
    ("bans", { try BansBenchmark.run() }),
    ("ledger", { try await LedgerBenchmark.run() }),
]
let chosen = CommandLine.arguments.dropFirst()
guard chosen.allSatisfy({ name in benchmarks.contains { $0.name == name } }) else {
    print("usage: Benchmarks [\(benchmarks.map(\.name).joined(separator: "|"))]…")
    exit(64)
}
for benchmark in benchmarks where chosen.isEmpty || chosen.contains(benchmark.name) {
    print("== \(benchmark.name)")
    do {
        try await benchmark.run()
    } catch {
        print("failed: \(error)")
        exit(1)
    }
}
