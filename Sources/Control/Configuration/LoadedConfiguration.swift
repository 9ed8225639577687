import AgentSettings
import ConfigurationTree
import ManagerSettings

/// A configuration as one of the daemons reads it, with what it says about it.
struct LoadedConfiguration {
    let kind: DaemonKind
    /// The sections that the daemon knows.
    let sections: [ConfigNode]
    /// Nil when it is the other daemon's, or when there are errors.
    private(set) var manager: ManagerConfiguration?
    private(set) var agent: AgentConfiguration?

    /// Reads a file, or the usual place in `etc` when `file` is nil; what is wrong is in `diagnostics`.
    ///
    /// A part of an agent's configuration need not name a manager.
    init(_ kind: DaemonKind, file: String?, etc: String, diagnostics: Diagnostics) {
        self.kind = kind
        switch kind {
        case .manager:
            sections = ManagerConfiguration.sections(file: file, etc: etc, diagnostics: diagnostics)
            let configuration = ManagerConfiguration(sections: sections, diagnostics: diagnostics)
            if !diagnostics.hasErrors { manager = configuration }
        case .agent:
            sections = AgentConfiguration.sections(file: file, etc: etc, diagnostics: diagnostics)
            let configuration = AgentConfiguration(sections: sections, diagnostics: diagnostics)
            if !diagnostics.hasErrors { agent = configuration }
        }
    }

    /// Reads sections that were not in a file of their own.
    init(_ kind: DaemonKind, text: String, format: ConfigurationFile.Format, diagnostics: Diagnostics) {
        self.kind = kind
        let all = ConfigurationFile.parse(
            Array(text.utf8), name: "the result", format: format, diagnostics: diagnostics)
        switch kind {
        case .manager:
            sections = all.sections(named: ManagerConfiguration.sectionNames, diagnostics: diagnostics)
            manager = ManagerConfiguration(sections: sections, diagnostics: diagnostics)
        case .agent:
            sections = all.sections(named: AgentConfiguration.sectionNames, diagnostics: diagnostics)
            agent = AgentConfiguration(sections: sections, diagnostics: diagnostics)
        }
    }
}
