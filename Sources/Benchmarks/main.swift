import Foundation

// Prints measured figures; run by hand in release: swift run -c release Benchmarks decide|latency|burst|footprint
let benchmarks = ["decide", "latency", "burst", "footprint"]
let chosen = Array(CommandLine.arguments.dropFirst())
guard chosen.allSatisfy(benchmarks.contains) else {
    print("usage: Benchmarks [\(benchmarks.joined(separator: "|"))]…")
    exit(64)
}
for name in chosen.isEmpty ? benchmarks : chosen {
    print("== \(name)")
    switch name {
    case "decide": DecideBenchmark.run()
    case "latency": try await LatencyBenchmark.run()
    case "burst": try await BurstBenchmark.run()
    default: try await FootprintBenchmark.run()
    }
}
