import AgentSettings
import ArgumentParser
import ConfigurationTree
import Foundation
import ManagerSettings

/// Whose configuration a file is.
enum DaemonKind: String, CaseIterable, ExpressibleByArgument, Sendable {
    case manager
    case agent

    /// The names of the main file in `etc/`.
    var fileNames: [String] {
        switch self {
        case .manager: ManagerConfiguration.fileNames
        case .agent: AgentConfiguration.fileNames
        }
    }

    /// The kind that a file is most likely of: by its name, else by what it holds.
    ///
    /// Only an agent has managers to connect to; a machine that is both has commands as well.
    init(guessing file: String) {
        let name = (file as NSString).lastPathComponent
        for kind in Self.allCases where name.hasPrefix("edr-\(kind.rawValue)") {
            self = kind
            return
        }
        let sections = ConfigurationFile.load(file, diagnostics: Diagnostics()).map(\.name)
        let isManagers = sections.contains { $0 == "command" || $0 == "alert_source" }
        self = sections.contains("client") && !isManagers ? .agent : .manager
    }
}
