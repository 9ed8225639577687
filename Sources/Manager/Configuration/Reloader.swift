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
    let dispatcher: Dispatcher
    /// The configuration of the start, for what only a restart can change.
    let started: ManagerConfiguration
    let logger: Logger

    enum Outcome {
        /// The new configuration is in force but for these sections, which take effect at the next start.
        case inForce(except: [String])
        /// The old one stays in force; the errors, one line each.
        case invalid([String])
    }

    /// Reads the configuration again.
    ///
    /// With an error in it, the old one stays in force.
    ///
    /// - Parameter by: who wants it, for the audit record.
    func reload(by: String) async -> Outcome {
        let diagnostics = Diagnostics()
        guard let new = ManagerConfiguration.load(file: file, etc: home.etc, diagnostics: diagnostics) else {
            let errors = diagnostics.all.filter { $0.severity == .error }.map(\.description)
            for error in errors { logger.error("Configuration is invalid", metadata: .of([.error: error])) }
            logger.error("(1202): Configuration error: it was not reloaded; the old one stays in force")
            return .invalid(errors)
        }
        context.replace(policy: Policy(new.policy))
        do throws(LedgerError) {
            try await dispatcher.note("reloaded", detail: "\(new.policy.responses.count) active responses, by \(by)")
        } catch {
            logger.error("Reload is not in the audit record", metadata: .of([.error: error]))
        }
        let sections = new.sectionsFixedAtStart(changedSince: started)
        if !sections.isEmpty {
            logger.warning(
                "Changes of some sections take effect at the next start",
                metadata: .of([.name: sections.joined(separator: ",")]))
        }
        logger.notice(
            "Configuration was reloaded", metadata: .of([.count: new.policy.responses.count]))
        return .inForce(except: sections)
    }
}
