import ConfigurationTree
import Daemon
import Logging
import ManagerSettings
import Policy

/// Takes over a changed configuration while the manager runs.
struct Reloader: Sendable {
    let file: String?
    let home: Home
    let context: DecisionContext
    /// The configuration of the start, for what only a restart can change.
    let started: ManagerConfiguration
    let logger: Logger

    /// Reads the configuration again.
    ///
    /// With an error in it, the old one stays in force.
    ///
    /// - Returns: the errors, one line each; empty when the new configuration is in force.
    func reload() async -> [String] {
        let diagnostics = Diagnostics()
        guard let new = ManagerConfiguration.load(file: file, etc: home.etc, diagnostics: diagnostics) else {
            let errors = diagnostics.all.filter { $0.severity == .error }.map(\.description)
            for error in errors { logger.error("Configuration is invalid", metadata: .of([.error: error])) }
            logger.error("(1202): Configuration error: it was not reloaded; the old one stays in force")
            return errors
        }
        context.replace(policy: Policy(new.policy))
        if new.port != started.port || new.localAddress != started.localAddress || new.sources != started.sources
            || new.name != started.name
        {
            logger.warning("Changes of remote, manager and alert_source take effect at the next start")
        }
        logger.notice(
            "Configuration was reloaded", metadata: .of([.count: new.policy.responses.count]))
        return []
    }
}
