import ArgumentParser
import Daemon

/// A command that only holds others.
protocol VerbGroup: ParsableCommand {}

/// The root of the command line.
struct EDRControl: VerbGroup {
    static let configuration = CommandConfiguration(
        commandName: "edr-control",
        abstract: "Shows and steers the edr-manager of this machine.",
        discussion: """
            Talks to the manager over HOME/run/manager.sock, which only root may use. Exit status: 0 done, 1 failed, \
            64 usage, 69 manager unreachable, 78 configuration invalid.
            """,
        version: "edr-control \(programVersion)",
        subcommands: [
            Status.self, Agents.self, Enroll.self, Responses.self, Run.self, Send.self, StopAll.self,
            Resume.self, UndoAll.self, Changes.self, Alerts.self, Config.self, Reload.self,
            AuditCommands.self, AuthorityCommands.self,
        ])

    /// Here as well as in each verb, so that the options may stand before the verb and after it.
    @OptionGroup var options: GlobalOptions
}

/// What every verb understands.
struct GlobalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The manager's home (default: EDR_HOME, else \(Home.defaultPath)).", valueName: "dir"))
    var home: String?

    /// Not `--output`, which is a file of `alerts process`.
    @Option(
        name: [.customShort("o"), .customLong("format")],
        help: ArgumentHelp("For people, or one JSON document.", valueName: "format"))
    var output: OutputFormat = .human
}

/// How results are printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    case human
    case json
}
