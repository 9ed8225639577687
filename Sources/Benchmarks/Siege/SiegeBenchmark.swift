import Foundation
import NIOCore
import NIOPosix
import Synchronization
import TestSupport

/// A manager with many idle agents, under all attacks of a ``Siege`` together: what memory they take, and how long a good
/// agent waits for its orders meanwhile.
///
/// `EDR_BENCHMARK_AGENTS` says how many agents (10,000), `EDR_BENCHMARK_SECONDS` for how long (30).
enum SiegeBenchmark {
    private static let seconds = Double(ProcessInfo.processInfo.environment["EDR_BENCHMARK_SECONDS"] ?? "") ?? 30

    static func run() async throws {
        let fleet = try Fleet(policy: FleetBenchmark.policy)
        let manager = try await fleet.startManager()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let arrivals = Arrivals()
        let count = FleetBenchmark.count
        let token = try fleet.control("enroll", "token", "--uses", "\(count + 1)").output
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let enrollment = try SwarmEnrollment(token: token, port: fleet.port, group: group)
        let witness = try await enrollment.enroll(name: "witness")
        let agents = try await FleetBenchmark.inParallel(Array(0..<count)) { number in
            let agent = try await enrollment.enroll(name: "web-\(number)")
            try await agent.connect(port: fleet.port, group: group) { arrivals.note($0, $1) }
            return agent
        }
        try await witness.connect(port: fleet.port, group: group) { arrivals.note($0, $1) }
        try await FleetBenchmark.settle(fleet, connected: count + 1)

        let before = FleetBenchmark.memory(of: manager.pid)
        print("\(count) idle agents: the manager has \(before / 1024) MB")
        try FleetBenchmark.witnessed("before", fleet, arrivals) { Thread.sleep(forTimeInterval: 5) }
        let highest = HighestMemory(of: manager.pid)
        let siege = try Siege(token: token, port: fleet.port, group: group)
        try FleetBenchmark.witnessed("under siege", fleet, arrivals) { Thread.sleep(forTimeInterval: seconds) }
        let counts = siege.stop()
        for attack in Siege.Attack.allCases { print("  \(counts[attack] ?? 0) \(attack.rawValue)") }
        // What still waits for the end of its time is over then.
        try await Task.sleep(for: .seconds(12))
        let after = FleetBenchmark.memory(of: manager.pid)
        print(
            "the manager has \(after / 1024) MB afterwards, and had \(highest.stop() / 1024) MB at most; "
                + "\(manager.lines.count) lines of log")
        try await FleetBenchmark.settle(fleet, connected: count + 1)
        print("all \(count + 1) agents are still connected")
        for agent in agents + [witness] { try await agent.disconnect() }
        await manager.stop()
        try await group.shutdownGracefully()
    }
}

/// Looks ten times a second how much memory a process has.
private final class HighestMemory: Sendable {
    private let isOver = Atomic(false)
    private let highest = Mutex(0)

    init(of pid: pid_t) {
        Thread.detachNewThread { [self] in
            while !isOver.load(ordering: .relaxed) {
                let memory = FleetBenchmark.memory(of: pid)
                highest.withLock { $0 = max($0, memory) }
                usleep(100_000)
            }
        }
    }

    /// The most that was seen, in kB.
    func stop() -> Int {
        isOver.store(true, ordering: .relaxed)
        return highest.withLock { $0 }
    }
}
