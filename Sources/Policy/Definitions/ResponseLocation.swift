/// Where a response runs.
package enum ResponseLocation: Sendable, Hashable {
    /// On the agent that the alert is about.
    case local
    /// On the manager.
    case server
    /// On these agents, given by id or by name.
    case definedAgent([String])
    /// On every agent and the manager.
    case all
}

extension ResponseLocation: CustomStringConvertible {
    /// The word of the configuration.
    package var description: String {
        switch self {
        case .local: "local"
        case .server: "server"
        case .definedAgent: "defined-agent"
        case .all: "all"
        }
    }
}

/// How the agent of `location local` is found.
package enum AgentMatch: String, Sendable, CaseIterable {
    /// By the alert's `agent.name`; by its id only when it carries no name.
    case name
    /// By the alert's `agent.id`, for installations whose agent ids are those of Wazuh.
    case id
}

/// Whether a response acts or only tells what it would do.
package enum ResponseMode: String, Sendable, CaseIterable {
    case enforce
    case observe
}
