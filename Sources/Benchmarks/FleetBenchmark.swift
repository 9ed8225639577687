import ActiveResponse
import Foundation
import NIOCore
import NIOPosix
import Synchronization
import TestSupport

/// A manager with many agents: enrolling and connecting them, one alert for all of them, and backlogs that drain while
/// others go on.
///
/// The agents live in this process, with real certificates and links and without scripts; one of them is the witness,
/// whose orders must not wait for what the manager does for the others.
enum FleetBenchmark {
    /// How many agents; each takes a descriptor in both processes.
    ///
    /// `EDR_BENCHMARK_AGENTS` changes it.
    static let count = Int(ProcessInfo.processInfo.environment["EDR_BENCHMARK_AGENTS"] ?? "") ?? 10_000
    private static let backlog = 10_000
    /// Handshakes at the same time.
    private static let atOnce = 64

    static func run() async throws {
        let fleet = try Fleet(policy: policy)
        let manager = try await fleet.startManager()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let arrivals = Arrivals()

        let token = try fleet.control("enroll", "token", "--uses", "\(count + 1)").output
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let enrollment = try SwarmEnrollment(token: token, port: fleet.port, group: group)
        let witness = try await enrollment.enroll(name: "witness")
        let connect: @Sendable (SwarmAgent) async throws -> Bool = { agent in
            try await agent.connect(port: fleet.port, group: group) { arrivals.note($0, $1) }
        }
        _ = try await connect(witness)
        // The code that agents need is in memory now.
        let empty = memory(of: manager.pid)
        var agents: [SwarmAgent] = []
        let enrolling = try await timed {
            agents = try await inParallel(Array(0..<count)) { try await enrollment.enroll(name: "web-\($0)") }
        }
        print("\(count) agents enrolled: \(rate(count, enrolling))")

        try await connected("first connections", agents, manager, connect)
        sleep(6)
        let idle = memory(of: manager.pid)
        print(
            "the manager has \(idle / 1024) MB, "
                + String(format: "%.1f kB for each agent", Double(idle - empty) / Double(count)))
        try witnessed("nothing else to do", fleet, arrivals) { Thread.sleep(forTimeInterval: 2) }

        try witnessed("one alert for \(count) agents, all of whose runs are in the ledger", fleet, arrivals) {
            let start = Date()
            try fleet.append(alert: Fleet.alert(id: "1.1", agent: "web-1", srcip: "198.51.100.1", rule: "5712"))
            // The witness gets one too.
            let arrived = try arrivals.wait(for: count + 1, rule: "5712")
            try awaitReported(agents)
            let acknowledged = try lastAcknowledgement(in: fleet, of: agents, since: start)
            print(
                "one alert for \(count) agents: the last order came after \(milliseconds(arrived, since: start)) ms, the last "
                    + "acknowledgement after \(milliseconds(acknowledged, since: start)) ms")
        }
        try await settle(fleet)

        try await inParallelVoid(agents) { try await $0.disconnect() }
        try await settle(fleet, connected: 1)
        try await witnessedAsync("\(count) agents come back", fleet, arrivals) {
            try await connected("reconnect storm", agents, manager, connect)
        }
        try await inParallelVoid(agents) { try await $0.disconnect() }
        try await settle(fleet, connected: 1)
        try fleet.append(alert: Fleet.alert(id: "1.2", agent: "web-1", srcip: "198.51.100.2", rule: "5720"))
        try await awaitQueued(fleet, count)
        try await witnessedAsync("\(count) agents come back, an order waits for each", fleet, arrivals) {
            try await connected("reconnect storm with orders", agents, manager, connect)
            try arrivals.wait(for: count + 1, rule: "5720")
            try awaitReported(agents)
        }
        try await settle(fleet)

        guard let one = agents.first(where: { $0.name == "web-0" }) else { throw NotSeen("web-0 is not enrolled") }
        try await one.disconnect()
        try await settle(fleet, connected: count)
        let lines = (0..<backlog).map {
            Fleet.alert(
                id: "2.\($0)", agent: one.name, agentID: one.id, srcip: "198.51.\($0 / 250).\($0 % 250)", rule: "5730")
        }
        try fleet.append(alert: lines.joined(separator: "\n"))
        try await awaitQueued(fleet, backlog)
        try await witnessedAsync("one agent comes back, \(backlog) orders wait for it", fleet, arrivals) {
            _ = try await connect(one)
            try arrivals.wait(for: backlog, rule: "5730")
            try awaitReported([one])
        }
        try await settle(fleet)
        print("the manager has \(memory(of: manager.pid) / 1024) MB")
        try await inParallelVoid(agents + [witness]) { try await $0.disconnect() }
        await manager.stop()
        try await group.shutdownGracefully()
    }

    static let policy = """
        <command><name>block</name><executable>block</executable></command>
        <active-response>
          <name>witness</name><command>block</command><location>local</location><rules_id>5700</rules_id>
        </active-response>
        <active-response>
          <name>all</name><command>block</command><location>all</location><rules_id>5712,5720</rules_id>
        </active-response>
        <active-response>
          <name>one</name><command>block</command><location>local</location><rules_id>5730</rules_id>
        </active-response>
        """

    // MARK: - The witness

    static func witnessed(
        _ what: String, _ fleet: Fleet, _ arrivals: Arrivals, _ body: () throws -> Void
    ) throws {
        let witness = try Witness(fleet, arrivals)
        let start = ContinuousClock.now
        try body()
        report(what, ContinuousClock.now - start, witness.stop())
    }

    private static func witnessedAsync(
        _ what: String, _ fleet: Fleet, _ arrivals: Arrivals, _ body: () async throws -> Void
    ) async throws {
        let witness = try Witness(fleet, arrivals)
        let start = ContinuousClock.now
        try await body()
        report(what, ContinuousClock.now - start, witness.stop())
    }

    private static func report(_ what: String, _ duration: Duration, _ waits: [Double]) {
        let sorted = waits.sorted()
        guard let longest = sorted.last else { return print("\(what): the witness saw nothing") }
        print(
            "\(what): \(milliseconds(duration)) ms; meanwhile an alert for the witness took "
                + String(format: "%.1f ms p50, %.1f ms at most", sorted[sorted.count / 2], longest)
                + " (\(sorted.count) alerts)")
    }

    // MARK: - Helpers

    /// Connects all agents and tells how long it took, what it cost the manager, how many sessions were resumed, and how long
    /// the unluckiest agent waited.
    private static func connected(
        _ what: String, _ agents: [SwarmAgent], _ manager: DaemonProcess,
        _ connect: @escaping @Sendable (SwarmAgent) async throws -> Bool
    ) async throws {
        let start = ContinuousClock.now
        let before = processorTime(of: manager.pid)
        let connections = try await inParallel(agents) { agent in
            let start = ContinuousClock.now
            return (isResumed: try await connect(agent), took: ContinuousClock.now - start)
        }
        let spent = processorTime(of: manager.pid) - before
        let resumed = connections.count { $0.isResumed }
        let longest = connections.map(\.took).max() ?? .zero
        print(
            "\(what): \(connections.count) agents in \(rate(connections.count, ContinuousClock.now - start)); "
                + String(
                    format: "%.0f per core-second of the manager, %.1f %% resumed, the slowest took %d ms",
                    Double(connections.count) / spent, 100 * Double(resumed) / Double(connections.count),
                    milliseconds(longest)))
    }

    /// When the manager noted the last of the acknowledgements that each of these agents gave of an order, by its log.
    private static func lastAcknowledgement(
        in fleet: Fleet, of agents: [SwarmAgent], since start: Date
    ) throws -> Date {
        let awaited = Set(agents.map(\.id))
        var times: [String: Date] = [:]
        let log = try String(contentsOfFile: fleet.managerHome.path + "/logs/edr-manager.log", encoding: .utf8)
        for line in log.split(separator: "\n") where line.contains("Response event") && line.contains("state=received")
        {
            let words = line.split(separator: " ")
            guard let agent = words.first(where: { $0.hasPrefix("agent=") })?.dropFirst(6), let time = words.first,
                awaited.contains(String(agent)),
                let date = try? Date(String(time), strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)),
                date >= start
            else { continue }
            times[String(agent)] = date
        }
        guard times.count == agents.count, let last = times.values.max() else {
            throw NotSeen("\(times.count) of \(agents.count) orders were acknowledged")
        }
        return last
    }

    /// Waits until the manager has every report of the agents, for good.
    private static func awaitReported(_ agents: [SwarmAgent]) throws {
        for _ in 0..<1200 {
            if agents.allSatisfy(\.isReported) { return }
            usleep(50_000)
        }
        throw NotSeen("\(agents.count { !$0.isReported }) agents have reports that were not acknowledged")
    }

    private static func inParallelVoid<T: Sendable>(
        _ elements: [T], _ body: @escaping @Sendable (T) async throws -> Void
    ) async throws {
        _ = try await inParallel(elements, body)
    }

    /// Calls the body for all elements, some at a time; the results are in no order.
    static func inParallel<T: Sendable, R: Sendable>(
        _ elements: [T], _ body: @escaping @Sendable (T) async throws -> R
    ) async throws -> [R] {
        try await withThrowingTaskGroup(of: R.self) { group in
            var results: [R] = []
            for (index, element) in elements.enumerated() {
                if index >= atOnce, let result = try await group.next() { results.append(result) }
                group.addTask { try await body(element) }
            }
            for try await result in group { results.append(result) }
            return results
        }
    }

    /// Waits until nothing is on its way: no order is pending and the ledger's queue is empty.
    static func settle(_ fleet: Fleet, connected: Int? = nil) async throws {
        for _ in 0..<600 {
            let status = try fleet.controlJSON("status") as? [String: Any] ?? [:]
            let queues = status["queues"] as? [String: Int] ?? [:]
            let agents = status["agents"] as? [String: Int] ?? [:]
            if let connected {
                if agents["active"] == connected { return }
            } else if queues.values.allSatisfy({ $0 == 0 }) {
                return
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw NotSeen("the manager did not come to rest")
    }

    private static func awaitQueued(_ fleet: Fleet, _ count: Int) async throws {
        for _ in 0..<600 {
            let status = try fleet.controlJSON("status") as? [String: Any] ?? [:]
            let dispatches = status["dispatches"] as? [String: Int] ?? [:]
            if dispatches["queued"] ?? 0 >= count { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw NotSeen("\(count) orders were not queued")
    }

    private static func timed(_ body: () async throws -> Void) async rethrows -> Duration {
        let start = ContinuousClock.now
        try await body()
        return ContinuousClock.now - start
    }

    private static func rate(_ count: Int, _ duration: Duration) -> String {
        "\(milliseconds(duration)) ms, \(Int(Double(count) / (duration / .seconds(1)))) a second"
    }

    private static func milliseconds(_ duration: Duration) -> Int { Int(duration / .milliseconds(1)) }

    private static func milliseconds(_ date: Date, since start: Date) -> Int {
        Int(date.timeIntervalSince(start) * 1000)
    }

    /// What a process has used of the processors, in seconds.
    private static func processorTime(of pid: pid_t) -> Double {
        let stat = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
        // After the name, which may hold spaces: utime and stime are the 14th and the 15th (proc(5)).
        let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Resident memory in kB.
    static func memory(of pid: pid_t) -> Int {
        let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    }
}

/// The orders that arrived, by rule, and when the witness' alerts did.
final class Arrivals: Sendable {
    private struct State {
        var counts: [String: Int] = [:]
        var latest: [String: Date] = [:]
        var times: [String: UInt64] = [:]
    }

    private let state = Mutex(State())

    func note(_ agent: SwarmAgent, _ order: Order) {
        let now = DispatchTime.now().uptimeNanoseconds
        state.withLock { state in
            state.counts[order.ruleID, default: 0] += 1
            state.latest[order.ruleID] = Date()
            if order.ruleID == "5700" { state.times[order.alertID] = now }
        }
    }

    /// When the witness got the order that an alert caused.
    func time(of alert: String) -> UInt64? { state.withLock { $0.times[alert] } }

    /// Waits until as many orders of a rule came.
    ///
    /// - Returns: when the last of them came.
    @discardableResult func wait(for count: Int, rule: String) throws -> Date {
        for _ in 0..<6000 {
            let (arrived, latest) = state.withLock { ($0.counts[rule] ?? 0, $0.latest[rule]) }
            if arrived >= count, let latest { return latest }
            usleep(20_000)
        }
        throw NotSeen("\(state.withLock { $0.counts[rule] ?? 0 }) of \(count) orders came")
    }
}

/// Raises an alert for the witness every 50 ms and notes how long its order took.
final class Witness: Sendable {
    private let isStopping = Atomic<Bool>(false)
    private let done = DispatchSemaphore(value: 0)
    private let waits = Mutex<[Double]>([])
    private static let serial = Atomic<Int>(0)

    init(_ fleet: Fleet, _ arrivals: Arrivals) throws {
        Thread.detachNewThread { [self] in
            while !isStopping.load(ordering: .relaxed) {
                let number = Self.serial.add(1, ordering: .relaxed).newValue
                let id = "3.\(number)"
                let start = DispatchTime.now().uptimeNanoseconds
                try? fleet.append(
                    alert: Fleet.alert(id: id, agent: "witness", srcip: "192.0.2.\(number % 250)", rule: "5700"))
                while arrivals.time(of: id) == nil, DispatchTime.now().uptimeNanoseconds - start < 60_000_000_000 {
                    usleep(2000)
                }
                let end = arrivals.time(of: id) ?? DispatchTime.now().uptimeNanoseconds
                waits.withLock { $0.append(Double(end - start) / 1e6) }
                usleep(50_000)
            }
            done.signal()
        }
    }

    /// Milliseconds from each alert to its order.
    func stop() -> [Double] {
        isStopping.store(true, ordering: .relaxed)
        done.wait()
        return waits.withLock { $0 }
    }
}
