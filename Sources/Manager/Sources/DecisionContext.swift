package import Policy
import Synchronization

/// What deciding depends on, as one consistent picture: the compiled policy and the enrolled agents.
package struct DecisionSnapshot: Sendable {
    package var policy: Policy
    package var agents: AgentDirectory
}

/// The current picture, shared by all sources.
///
/// A reload or an enrollment replaces it; whoever is in the middle of an alert finishes with the one it began with.
package final class DecisionContext: Sendable {
    private let snapshot: Mutex<DecisionSnapshot>
    private let count = Atomic<Int>(0)

    package init(policy: Policy, agents: AgentDirectory) {
        snapshot = Mutex(DecisionSnapshot(policy: policy, agents: agents))
    }

    /// Grows with each change, so that a source can see with one load whether its copy is still current.
    package var generation: Int { count.load(ordering: .acquiring) }

    package var current: DecisionSnapshot { snapshot.withLock { $0 } }

    package func replace(policy: Policy) {
        snapshot.withLock { $0.policy = policy }
        count.add(1, ordering: .releasing)
    }

    package func changeAgents(_ change: (inout AgentDirectory) -> Void) {
        snapshot.withLock { change(&$0.agents) }
        count.add(1, ordering: .releasing)
    }
}
