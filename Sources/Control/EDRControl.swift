import ArgumentParser
import Daemon

/// A command that only holds others.
protocol VerbGroup: ParsableCommand {}

/// The root of the command line.
struct EDRControl: VerbGroup {
    static let configuration = CommandConfiguration(
        commandName: "edr-control",
        abstract: "Shows and steers an edr-manager.",
        usage: """
            edr-control [--home <dir>] [-o <format>] <verb>
            edr-control --url <url> --token-file <file> [--ca <file>] [-o <format>] <verb>
            """,
        discussion: """
            Talks to the manager of this machine over HOME/run/manager.sock, which only root may use, or over \
            TLS to any manager: --url https://HOST:PORT (EDR_URL), with an API token. Exit status: 0 done, 1 failed, \
            64 usage, 69 manager unreachable, 78 configuration invalid.
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

/// How results are printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    case human
    case json
}
