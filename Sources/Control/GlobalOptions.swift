import ArgumentParser
import Daemon

/// What every verb understands, beside the manager's URL (``ManagerURL/take(from:)``).
struct GlobalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The manager's home (default: EDR_HOME, else \(Home.defaultPath)).", valueName: "dir"))
    var home: String?

    @Option(
        help: ArgumentHelp("The file that holds the API token for --url (EDR_TOKEN_FILE).", valueName: "file"))
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "For --url: a copy of that manager's etc/tls/ca.pem (EDR_CA_FILE; default: that of the home).",
            valueName: "file"))
    var ca: String?

    /// Not `--output`, which is a file of `alerts process`.
    @Option(
        name: [.customShort("o"), .customLong("format")],
        help: ArgumentHelp("For people, or one JSON document.", valueName: "format"))
    var output: OutputFormat = .human
}
