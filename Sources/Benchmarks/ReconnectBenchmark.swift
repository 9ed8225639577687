import Foundation
import TestSupport

/// An agent with a thousand active responses is killed and started again: until the manager has compared its journal
/// with the ledger, from the start of the process, and from the moment at which it is connected.
enum ReconnectBenchmark {
    private static let count = 1000
    private static let rounds = 5

    static func run() async throws {
        let fleet = try Fleet(
            policy: """
                <command><name>ban</name><executable>ban</executable><timeout_allowed>yes</timeout_allowed></command>
                <active-response>
                  <command>ban</command><location>local</location><level>7</level><timeout>1d</timeout>
                </active-response>
                """)
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        try home.addScript("ban", "#!/bin/sh\n")
        var agent = try await fleet.startAgent(home)
        let alerts = (0..<count).map { number in
            Fleet.alert(id: "1744557901.\(number)", srcip: "198.51.\(number / 250).\(1 + number % 250)")
        }
        try fleet.append(alert: alerts.joined(separator: "\n"))
        try await waitUntilActive(fleet)

        var whole: [Double] = []
        var connected: [Double] = []
        for _ in 0..<rounds {
            await agent.crash()
            try await waitUntilAway(fleet)
            let start = DispatchTime.now().uptimeNanoseconds
            let seen = manager.lines.count
            agent = try DaemonProcess("edr-agent", ["--home", home.path])
            try await wait(manager, from: seen, for: "Agent is connected")
            let up = DispatchTime.now().uptimeNanoseconds
            try await wait(manager, from: seen, for: "Agent's journal agrees with the ledger", "count=\(count)")
            let end = DispatchTime.now().uptimeNanoseconds
            whole.append(Double(end - start) / 1e6)
            connected.append(Double(end - up) / 1e6)
        }
        await agent.stop()
        await manager.stop()
        print("\(count) active responses, \(rounds) restarts")
        report("from the start of the agent to the end of the comparison", whole)
        report("from the connection to the end of the comparison", connected)
    }

    private static func waitUntilActive(_ fleet: Fleet) async throws {
        for _ in 0..<600 {
            let status = try fleet.controlJSON("status") as? [String: Any]
            if (status?["dispatches"] as? [String: Int])?["active"] == count { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw NotSeen("not all responses became active")
    }

    private static func waitUntilAway(_ fleet: Fleet) async throws {
        for _ in 0..<600 {
            let status = try fleet.controlJSON("status") as? [String: Any]
            if (status?["agents"] as? [String: Int])?["active"] == 0 { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw NotSeen("the agent did not disconnect")
    }

    private static func wait(_ process: DaemonProcess, from seen: Int, for parts: String...) async throws {
        for _ in 0..<30_000 {
            if process.lines.dropFirst(seen).contains(where: { line in parts.allSatisfy(line.contains) }) { return }
            usleep(1000)
        }
        throw NotSeen("the manager did not say \"\(parts[0])\"")
    }

    private static func report(_ name: String, _ values: [Double]) {
        let sorted = values.sorted()
        let median = sorted.isEmpty ? 0 : sorted[sorted.count / 2]
        print("\(name), ms: median \(String(format: "%.0f", median)), max \(String(format: "%.0f", sorted.last ?? 0))")
    }
}
