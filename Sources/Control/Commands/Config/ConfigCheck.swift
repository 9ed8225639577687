import ArgumentParser
import ConfigurationTree
import Daemon
import Foundation
import ManagerSettings
import AgentSettings
import Policy

/// `config check`: what is wrong with a configuration, and what is legal but surely not meant.
struct ConfigCheck: ControlCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Says what is wrong with a configuration, and what is legal but surely not meant.",
        discussion: """
            Without FILE it checks the home's etc/edr-manager.* or etc/edr-agent.* (or both) with etc/conf.d. Exit \
            status: 0 when the configuration can be used, warnings or not; 78 when it has errors.
            """)

    @Argument(help: ArgumentHelp("The one file to check, instead of the home's.", valueName: "file"))
    var file: String?

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("Whose file it is (else found out by its name and contents).", valueName: "daemon"))
    var daemon: DaemonKind?

    @OptionGroup var options: GlobalOptions

    func perform(in session: ControlSession) async throws(ControlError) {
        let home = Home.resolve(option: options.home)
        let diagnostics = Diagnostics()
        let kinds = kinds(in: home)
        for kind in kinds { check(kind, home, diagnostics) }
        let report = ConfigurationReport(kinds: kinds, diagnostics: diagnostics)
        switch session.format {
        case .json: session.console.print(try report.json())
        case .human:
            for line in report.lines { session.console.error(line) }
            session.console.print(report.summary(of: file ?? home.etc))
        }
        if diagnostics.hasErrors { throw .invalidConfiguration(file ?? home.etc) }
    }

    private func kinds(in home: Home) -> [DaemonKind] {
        if let daemon { return [daemon] }
        if let file { return [DaemonKind(guessing: file)] }
        let present = DaemonKind.allCases.filter { kind in
            kind.fileNames.contains { FileManager.default.fileExists(atPath: "\(home.etc)/\($0)") }
        }
        return present.isEmpty ? [.manager] : present
    }

    private func check(_ kind: DaemonKind, _ home: Home, _ diagnostics: Diagnostics) {
        let loaded = LoadedConfiguration(kind, file: file, etc: home.etc, diagnostics: diagnostics)
        if let manager = loaded.manager {
            // One file may be a part of a configuration whose sources stand in another.
            if file == nil, manager.sources.isEmpty {
                let place = loaded.sections.first?.location.file ?? home.etc
                diagnostics.warning(ManagerConfiguration.noSource, at: .start(of: place))
            }
            PolicyLint(manager.policy, sections: loaded.sections, diagnostics: diagnostics).check()
            ScriptLint(folder: home.responseScripts, diagnostics: diagnostics)
                .check(manager.policy, sections: loaded.sections)
        }
        if let agent = loaded.agent {
            if agent.servers.isEmpty {
                let place = file ?? loaded.sections.first?.location.file ?? home.etc
                diagnostics.error(AgentConfiguration.noManager, at: .start(of: place))
            }
            AgentLint.check(agent, sections: loaded.sections, diagnostics: diagnostics)
        }
    }
}
