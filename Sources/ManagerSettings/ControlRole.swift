/// What somebody may do with the control API; each role may do what those before it may.
package enum ControlRole: String, CaseIterable, Comparable, Sendable {
    /// Everything that only reads.
    case viewer
    /// What acts on hosts: responses and commands by hand, approvals, stopping everything, alerts.
    case `operator`
    /// What changes whom the manager trusts, and its configuration: agents, tokens, reload.
    case admin

    package static func < (first: ControlRole, second: ControlRole) -> Bool {
        first.rank < second.rank
    }

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .operator: 1
        case .admin: 2
        }
    }
}
