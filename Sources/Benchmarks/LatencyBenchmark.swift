import Foundation
import TestSupport

/// From the write of an alert's line to the first instruction of the script on an agent, against a C program that
/// does nothing but start the same script by vfork.
///
/// Both are measured in turns in one run, because the machine's mood changes; the script tells by a FIFO that it runs.
enum LatencyBenchmark {
    private static let rounds = 6
    private static let shotsPerRound = 50

    static func run() async throws {
        let fleet = try Fleet(
            policy: """
                <command><name>first</name><executable>first</executable></command>
                <active-response><command>first</command><location>local</location><level>7</level></active-response>
                """)
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        let fifo = home.path + "/first"
        guard mkfifo(fifo, 0o600) == 0 else { throw NotSeen("cannot make a FIFO") }
        try home.addScript("first", "#!/bin/sh\necho x >\(fifo)\n")
        let agent = try await fleet.startAgent(home)
        let reader = open(fifo, O_RDWR | O_CLOEXEC)

        var floor: [Double] = []
        var pipeline: [Double] = []
        for round in 0..<rounds {
            floor += try floorShots(script: home.path + "/active-response/bin/first", fifo: fifo)
            for shot in 0..<shotsPerRound {
                pipeline.append(try pipelineShot(fleet, reader: reader, number: round * shotsPerRound + shot))
            }
        }
        close(reader)
        await agent.stop()
        await manager.stop()
        report("floor (vfork in C)", floor)
        report("alert line to script", pipeline)
        let ratio = percentile(pipeline, 50) / percentile(floor, 50)
        let cost = percentile(pipeline, 50) - percentile(floor, 50)
        let tail = percentile(pipeline, 99) / percentile(floor, 50)
        print(
            "pipeline p50: \(format(ratio)) x the floor's, \(format(cost)) us more; p99: \(format(tail)) x the floor's p50"
        )
    }

    private static func floorShots(script: String, fifo: String) throws -> [Double] {
        let result = try ShellCommand.run(
            DaemonProcess.binaries + "/VforkFloor", [script, fifo, String(shotsPerRound)])
        guard result.status == 0 else { throw NotSeen("VforkFloor failed: \(result.errors)") }
        return result.output.split(separator: "\n").compactMap { Double($0) }.map { $0 / 1000 }
    }

    private static func pipelineShot(_ fleet: Fleet, reader: Int32, number: Int) throws -> Double {
        let alert = Fleet.alert(id: "1744557901.\(number)")
        let start = DispatchTime.now().uptimeNanoseconds
        try fleet.append(alert: alert)
        var descriptor = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
        guard poll(&descriptor, 1, 10_000) == 1 else { throw NotSeen("shot \(number) did not reach the script") }
        let end = DispatchTime.now().uptimeNanoseconds
        var bytes = [UInt8](repeating: 0, count: 16)
        _ = read(reader, &bytes, bytes.count)
        // One at a time: the script's end and its report are over before the next shot.
        usleep(10_000)
        return Double(end - start) / 1000
    }

    private static func report(_ name: String, _ values: [Double]) {
        let figures = [50, 90, 99].map { "p\($0) \(format(percentile(values, $0)))" }.joined(separator: ", ")
        print("\(name): \(values.count) shots, us: \(figures), max \(format(values.max() ?? 0))")
    }

    private static func percentile(_ values: [Double], _ percent: Int) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, sorted.count * percent / 100)]
    }

    private static func format(_ value: Double) -> String {
        value >= 100 ? String(Int(value)) : String(format: "%.2f", value)
    }
}
