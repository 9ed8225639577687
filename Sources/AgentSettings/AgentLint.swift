package import ConfigurationTree

/// Finds what is legal in an agent's configuration, but surely not meant.
package enum AgentLint {
    /// - Parameter sections: the ones that `configuration` was read from.
    package static func check(
        _ configuration: AgentConfiguration, sections: [ConfigNode], diagnostics: Diagnostics
    ) {
        let blocks = sections.filter { $0.name == "active-response" }
        if configuration.isDisabled {
            let disabled = blocks.flatMap(\.children).first { $0.name == "disabled" }
            diagnostics.notice(
                "(1350): Active response disabled. The agent refuses every order; set disabled to no to change that",
                at: (disabled ?? sections.first)?.location)
        }
        if let list = blocks.flatMap(\.children).first(where: { $0.name == "repeated_offenders" }) {
            diagnostics.lint(
                repeatedOffenders: configuration.repeatedOffenders.map(Int.init), at: list.valueLocation)
        }
        let client = sections.first { $0.name == "client" }
        for (index, server) in configuration.servers.enumerated()
        where configuration.servers.prefix(index).contains(server) {
            diagnostics.warning("the manager \(server) is given twice; remove one", at: client?.location)
        }
    }
}
