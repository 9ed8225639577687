import ArgumentParser
import Daemon

/// A command that only holds others.
protocol VerbGroup: ParsableCommand {}

/// The root of the command line.
struct EDRControl: VerbGroup {
    static let configuration = CommandConfiguration(
        commandName: "edr-control",
        abstract: "Shows and steers an edr-manager.",
        discussion: """
            Talks to the manager of this machine over HOME/run/manager.sock, which only root may use, or with --url to \
            any manager over TLS. Exit status: 0 done, 1 failed, 64 usage, 69 manager unreachable, 78 configuration \
            invalid.
            """,
        version: "edr-control \(programVersion)",
        subcommands: [
            Status.self, Agents.self, Enroll.self, APITokens.self, Responses.self, Run.self, Send.self, StopAll.self,
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

    @Option(
        help: ArgumentHelp("Another machine's manager: https://HOST:PORT (EDR_URL).", valueName: "url"))
    var url: ManagerURL?

    @Option(
        help: ArgumentHelp("The file that holds the API token for --url (EDR_TOKEN_FILE).", valueName: "file"))
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "A copy of that manager's etc/tls/ca.pem (EDR_CA_FILE; default: that of the home).", valueName: "file"))
    var ca: String?

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
