import Foundation

// Prints measured figures; run by hand in release: swift run -c release Benchmarks decide|latency|burst|fleet|footprint
let benchmarks = ["decide", "latency", "burst", "fleet", "footprint"]
let chosen = Array(CommandLine.arguments.dropFirst())
guard chosen.allSatisfy(benchmarks.contains) else {
    print("usage: Benchmarks [\(benchmarks.joined(separator: "|"))]…")
    exit(64)
}
do {
    for name in chosen.isEmpty ? benchmarks : chosen {
        print("== \(name)")
        switch name {
        case "decide": DecideBenchmark.run()
        case "latency": try await LatencyBenchmark.run()
        case "burst": try await BurstBenchmark.run()
        case "fleet": try await FleetBenchmark.run()
        default: try await FootprintBenchmark.run()
        }
    }
} catch {
    print("failed: \(error)")
    exit(1)
}
