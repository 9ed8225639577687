package import ConfigurationTree

/// Finds what is legal in a policy, but surely not meant: blocks that can never fire, options without effect, what is
/// there twice.
///
/// Only what is certain from the configuration alone; what loading warns about already is not said again.
package struct PolicyLint {
    let policy: PolicyDefinition
    let diagnostics: Diagnostics
    private let sections: [SourceLocation: ConfigNode]
    /// The entries of each white list.
    private let whiteLists: [[ConfigNode]]

    /// - Parameter sections: the ones that `policy` was read from.
    package init(_ policy: PolicyDefinition, sections: [ConfigNode], diagnostics: Diagnostics) {
        self.policy = policy
        self.diagnostics = diagnostics
        self.sections = Dictionary(sections.map { ($0.location, $0) }, uniquingKeysWith: { first, _ in first })
        let holders =
            [sections.filter { $0.name == "global" }.flatMap(\.children)]
            + sections.filter { $0.name == "active-response" }.map(\.children)
        whiteLists = holders.map { $0.filter { $0.name == "white_list" || $0.name == "allow_list" } }
    }

    /// Reports everything, as warnings and notices.
    package func check() {
        for nodes in whiteLists { checkWhiteList(nodes) }
        checkUsers()
        for response in policy.responses {
            if response.disabled {
                diagnostics.notice(
                    "the active response '\(response.name)' is disabled and never fires; set disabled to no, or "
                        + "remove it", at: response.sourceLocation)
            } else {
                checkLevel(response)
                checkGroups(response)
                checkAgents(response)
                checkOffences(response)
            }
        }
        checkOverlaps()
    }

    /// Where an option of a response stands; the response itself when it has no such option.
    func place(_ option: String, of response: ActiveResponseDefinition) -> SourceLocation {
        sections[response.sourceLocation]?.children.last { $0.name == option }?.valueLocation
            ?? response.sourceLocation
    }

    private func checkUsers() {
        for command in policy.commands {
            let users = policy.responses.filter { $0.command.name == command.name }
            if users.isEmpty {
                diagnostics.warning(
                    "no active response uses the command '\(command.name)'; add one, or remove the command "
                        + "(only 'edr-control run' could start it)", at: command.location)
            } else if users.allSatisfy(\.disabled) {
                diagnostics.notice(
                    "only disabled active responses use the command '\(command.name)'", at: command.location)
            }
        }
    }

    /// The highest level that a rule of the peers can have.
    private static let highestLevel = 16

    private func checkLevel(_ response: ActiveResponseDefinition) {
        guard let level = response.level, level > Self.highestLevel else { return }
        let effect =
            response.ruleIDs.isEmpty
            ? "this active response never fires" : "only rules_id makes this active response fire"
        diagnostics.warning(
            "\(effect): no rule has a level above \(Self.highestLevel), and \(level) is asked for; lower the level",
            at: place("level", of: response))
    }

    private func checkAgents(_ response: ActiveResponseDefinition) {
        guard case .definedAgent(let agents) = response.location else { return }
        let place = place("agent_id", of: response)
        if agents.isEmpty {
            diagnostics.warning(
                "this active response runs nowhere: no agent is left in agent_id; name one, or use location server",
                at: place)
        }
        var seen: Set<String> = []
        for agent in agents where !seen.insert(agent).inserted {
            diagnostics.warning("the agent '\(agent)' is given twice in agent_id; remove one", at: place)
        }
    }

    private func checkOffences(_ response: ActiveResponseDefinition) {
        let minutes = response.repeatedOffenders
        guard !minutes.isEmpty else { return }
        let place = place("repeated_offenders", of: response)
        if response.timeout == .zero {
            diagnostics.warning(
                "repeated_offenders has no effect: the active response is never undone, so that nothing can be "
                    + "lengthened; give it a timeout, with a command that allows one", at: place)
            return
        }
        diagnostics.lint(repeatedOffenders: minutes, at: place)
        if let last = minutes.max(), .seconds(last * 60) <= response.timeout {
            diagnostics.warning(
                "repeated_offenders has no effect: none of its minutes is longer than the timeout of "
                    + "\(response.timeout.components.seconds) s, which is never shortened; give longer ones",
                at: place)
        }
    }
}
