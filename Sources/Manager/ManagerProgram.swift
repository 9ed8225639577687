import ArgumentParser
import Daemon
import Foundation

/// The program `edr-manager`: reads its arguments, does what they say, exits.
package enum ManagerProgram {
    package static func main() async {
        await ManagerCommand.main()
    }
}

/// The command line of `edr-manager` (INTERFACE.md, "Programs").
private struct ManagerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "edr-manager",
        abstract: "Reads security alerts and dispatches active responses to agents.",
        discussion: "Stays in the foreground; stops on SIGTERM, reloads its configuration on SIGHUP.",
        version: programVersion)

    @Option(help: "Everything the manager reads or writes lives here (EDR_HOME, else /var/edr).")
    var home: String?

    @Option(help: "The configuration (else etc/edr-manager.conf or etc/edr-manager.yaml).")
    var config: String?

    @Flag(name: [.customShort("t"), .customLong("test-config")], help: "Check the configuration and exit: 0 or 78.")
    var testConfig = false

    mutating func run() async throws {
        let daemon = ManagerDaemon(home: Home.resolve(option: home), configurationFile: config)
        let print = { (line: String) in FileHandle.standardError.write(Data((line + "\n").utf8)) }
        let status = testConfig ? daemon.testConfiguration(print: print) : await daemon.run(print: print)
        throw ExitCode(status)
    }
}
