import Foundation
import TestSupport

/// What an idle, connected agent occupies and uses.
enum FootprintBenchmark {
    private static let seconds: UInt32 = 30

    static func run() async throws {
        let fleet = try Fleet(policy: "")
        let manager = try await fleet.startManager()
        let home = try fleet.enrollAgent(named: "web-03")
        let agent = try await fleet.startAgent(home)
        sleep(2)
        let before = try ticks(of: agent.pid)
        sleep(seconds)
        let used = Double(try ticks(of: agent.pid) - before) / Double(sysconf(Int32(_SC_CLK_TCK)))
        let memory = try memory(of: agent.pid)
        print("idle agent: RSS \(memory["Rss"] ?? 0) kB, ", terminator: "")
        print("of its own \(memory["Private_Dirty"] ?? 0) kB ", terminator: "")
        print("(and \(memory["Private_Clean"] ?? 0) kB of files that nobody else has mapped), ", terminator: "")
        print(String(format: "CPU %.3f %% over %d s", used / Double(seconds) * 100, seconds))
        await agent.stop()
        await manager.stop()
    }

    /// User and system time in clock ticks, from /proc/PID/stat (proc(5)).
    private static func ticks(of pid: pid_t) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
        return (Int(fields[12]) ?? 0) + (Int(fields[13]) ?? 0)
    }

    private static func memory(of pid: pid_t) throws -> [String: Int] {
        let text = try String(contentsOfFile: "/proc/\(pid)/smaps_rollup", encoding: .utf8)
        var values: [String: Int] = [:]
        for line in text.split(separator: "\n").dropFirst() {
            let parts = line.split(whereSeparator: { $0 == ":" || $0 == " " })
            guard parts.count >= 2, let number = Int(parts[1]) else { continue }
            values[String(parts[0])] = number
        }
        return values
    }
}
