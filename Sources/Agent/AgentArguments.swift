package import AgentSettings

/// What `edr-agent` was told on its command line (INTERFACE.md, "Programs").
///
/// Parsed by hand: swift-argument-parser would bring FoundationEssentials into the agent, a third of its memory.
package struct AgentArguments: Equatable, Sendable {
    /// What the program is to do.
    package enum Action: Equatable, Sendable {
        case run
        case testConfiguration
        case showVersion
        case showHelp
        case release
        case enroll(token: String, manager: ManagerAddress, name: String?)
    }

    package var home: String?
    package var configuration: String?
    package var action: Action = .run

    /// A command line that cannot be understood, in one sentence.
    package struct UsageError: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// The text of `--help`.
    package static let help = """
        usage: edr-agent [--home DIR] [--config FILE] [-t|--test-config] [--version]
               edr-agent [--home DIR] --release
               edr-agent [--home DIR] --enroll TOKEN --manager HOST:PORT [--name NAME]

        Runs the active responses that the manager orders on this host.

          --home DIR           everything the agent reads or writes lives here (EDR_HOME, else /var/edr)
          --config FILE        the configuration (else etc/edr-agent.conf or etc/edr-agent.yaml)
          -t, --test-config    check the configuration and exit: 0 valid, 78 not
          --release            undo what cuts this host off (isolate), as root, and exit: 0 undone, 1 not
          --enroll TOKEN       make a key, get a certificate from the manager, write etc/ and exit;
                               "-" reads the token from standard input, so that no process list shows it
          --manager HOST:PORT  the manager to enroll with (port 7514 when left out)
          --name NAME          the name to enroll under (else the host name)
          --version            print the version and exit
          -h, --help           print this text and exit

        """

    /// Reads the arguments after the program's name.
    package init(_ arguments: [String]) throws(UsageError) {
        var rest = arguments[...]
        var token: String?
        var manager: String?
        var name: String?
        while let argument = rest.popFirst() {
            let (option, attached) = Self.split(argument)
            switch option {
            case "--home": home = try Self.value(option, attached, &rest)
            case "--config": configuration = try Self.value(option, attached, &rest)
            case "--enroll": token = try Self.value(option, attached, &rest)
            case "--manager": manager = try Self.value(option, attached, &rest)
            case "--name": name = try Self.value(option, attached, &rest)
            case "-t", "--test-config": action = .testConfiguration
            case "--release": action = .release
            case "--version": action = .showVersion
            case "-h", "--help": action = .showHelp
            default: throw UsageError(description: "unknown argument \"\(argument)\"; see edr-agent --help")
            }
        }
        guard action == .run else { return }
        if let token {
            guard let manager else {
                throw UsageError(description: "--enroll needs --manager HOST:PORT")
            }
            guard let address = ManagerAddress(manager) else {
                throw UsageError(
                    description: "\"\(manager)\" is no manager address; give HOST, HOST:PORT or [IPV6]:PORT")
            }
            action = .enroll(token: token, manager: address, name: name)
        } else if manager != nil || name != nil {
            throw UsageError(description: "--manager and --name go with --enroll TOKEN")
        }
    }

    private static func split(_ argument: String) -> (option: String, attached: String?) {
        guard argument.hasPrefix("--"), let equals = argument.firstIndex(of: "=") else { return (argument, nil) }
        return (String(argument[..<equals]), String(argument[argument.index(after: equals)...]))
    }

    private static func value(
        _ option: String, _ attached: String?, _ rest: inout ArraySlice<String>
    ) throws(UsageError) -> String {
        if let attached { return attached }
        guard let value = rest.popFirst() else { throw UsageError(description: "\(option) needs a value") }
        return value
    }
}
