import ChaosChecking
import Foundation
import TestSupport

/// A daemon that is killed, stopped and started again; keeps the log of when it could do nothing.
final class Program {
    let name: String
    /// As which agent its scripts run.
    let agent: String
    let home: String
    private(set) var outages: [Outage] = []
    private(set) var deaths: [String] = []
    private var process: DaemonProcess?
    private var downSince: Int64?

    /// - Parameter name: of the executable.
    init(_ name: String, agent: String, home: String) {
        self.name = name
        self.agent = agent
        self.home = home
    }

    var isRunning: Bool {
        guard let process else { return false }
        return kill(process.pid, 0) == 0
    }

    func start() throws {
        process = try DaemonProcess(name, ["--home", home])
        if let from = downSince {
            outages.append(Outage(agent: agent, cause: .killed, from: from, to: MonotonicClock.now()))
        }
        downSince = nil
    }

    func wait(for line: String, within seconds: Int = 60) async throws {
        try await process?.line(containing: line, within: seconds)
    }

    /// kill -9.
    func crash() async {
        let from = MonotonicClock.now()
        let status = await process?.crash() ?? 0
        downSince = from
        if status != 128 + SIGKILL { noteDeath(status) }
    }

    /// The program may have ended, because there was nothing else that it could do: that is no violation.
    func startAgainIfEnded() throws {
        guard !isRunning else { return }
        downSince = downSince ?? MonotonicClock.now()
        try start()
    }

    func freeze() { process?.signal(SIGSTOP) }

    func thaw(since from: Int64) {
        process?.signal(SIGCONT)
        outages.append(Outage(agent: agent, cause: .stopped, from: from, to: MonotonicClock.now()))
    }

    /// SIGTERM, as an administrator would.
    func stop() async {
        guard let process else { return }
        let status = await process.stop()
        if status != 0 { noteDeath(status) }
    }

    private func noteDeath(_ status: Int32) {
        deaths.append("\(name) in \(home) ended with status \(status)")
    }
}
