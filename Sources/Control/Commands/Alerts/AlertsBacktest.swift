import ArgumentParser
import Backtest
import ConfigurationTree
import Daemon
import Foundation
import ManagerSettings

/// `alerts backtest`: what a configuration would have done with alerts of the past.
struct AlertsBacktest: ControlCommand {
    static let configuration = CommandConfiguration(
        commandName: "backtest",
        abstract: "Replays alerts of the past through a configuration and says what it would have done.",
        discussion: """
            Needs no running manager and runs nothing. Without --config it replays the home's configuration; with it, \
            both, and shows the difference. Responses with mode observe are replayed as if they were enforced.
            """)

    @Option(help: ArgumentHelp("The configuration to try (default: the home's).", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("What to compare it with (default: the home's).", valueName: "file"))
    var current: String?

    @Option(help: ArgumentHelp("How many targets, agents and reasons are named per response.", valueName: "count"))
    var top = 10

    @Option(help: ArgumentHelp("How many differing alerts are named per response and side.", valueName: "count"))
    var examples = 3

    @Argument(
        help: ArgumentHelp("Files of alerts, one a line, plain or by gzip; - for standard input.", valueName: "file"))
    var files: [String]

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard top > 0 else { throw ValidationError("--top must be at least 1") }
        guard examples >= 0 else { throw ValidationError("--examples must be at least 0") }
    }

    func perform(in session: ControlSession) async throws(ControlError) {
        let home = Home.resolve(option: options.home)
        let candidate = try load(config, home, session.console)
        let present = try loadCurrent(home, session.console)
        let agents = await BacktestAgents.find(session, ledger: home.state + "/manager.db")
        let history = try History(files)
        for name in history.duplicates {
            session.console.complain("\"\(Terminal.safe(name))\" is given twice and read once")
        }
        var replay = Replay(
            candidate: candidate.policy, current: present?.policy, agents: agents.agents, host: LocalHost.name,
            examples: examples)
        let started = ContinuousClock.now
        for name in history.files {
            let file = try HistoryFile(name)
            replay.begin(file: name)
            try file.forEachLine { line in
                replay.take(line)
                return true
            }
        }
        let outcome = BacktestOutcome(
            candidate: config ?? home.etc, current: present == nil ? nil : current ?? home.etc,
            agentsFrom: agents.origin, seconds: started.duration(to: .now) / .seconds(1),
            report: replay.report(top: top))
        switch session.format {
        case .json: session.console.print(try BacktestDocument(outcome).json())
        case .human: session.console.print(BacktestText(outcome, times: session.times).text)
        }
    }

    /// Nil when there is nothing to compare with: no candidate, or a home without a configuration.
    private func loadCurrent(_ home: Home, _ console: Console) throws(ControlError) -> ManagerConfiguration? {
        if let current { return try load(current, home, console) }
        let exists = ManagerConfiguration.fileNames.contains {
            FileManager.default.fileExists(atPath: "\(home.etc)/\($0)")
        }
        return config != nil && exists ? try load(nil, home, console) : nil
    }

    /// Reads a configuration; its errors are printed as by `config check`.
    private func load(_ file: String?, _ home: Home, _ console: Console) throws(ControlError) -> ManagerConfiguration {
        let diagnostics = Diagnostics()
        let loaded = LoadedConfiguration(.manager, file: file, etc: home.etc, diagnostics: diagnostics)
        guard let configuration = loaded.manager else {
            for line in ConfigurationReport(kinds: [.manager], diagnostics: diagnostics).lines { console.error(line) }
            throw .invalidConfiguration(file ?? home.etc)
        }
        return configuration
    }
}
