/// One entry for the ledger.
///
/// The changes of one call are committed together or not at all.
enum LedgerChange: Sendable, Equatable {
    /// A new response with its first events; nothing happens when the ledger knows its id.
    case dispatch(NewDispatch)
    /// Something that happened to a response. A report that an agent sends again is recognised and left out. The
    /// response itself may come later: then the event already counts for its state.
    case event(DispatchEvent)
    /// A held response may run; nothing happens when it is not held any more.
    case release(Release)
    /// Nothing new may run from now on; nil: it may again.
    case stop(Stop?)
    /// How far a source is read; the text is the source's own.
    case position(source: String, value: String)
    /// An agent was heard of.
    case sighting(AgentSighting)
    /// An agent has said which authorities it trusts: their fingerprints, the oldest first.
    case trusts(agent: String, authorities: [String])
    /// What an agent's journal holds: where the ledger says something else, it is corrected.
    case reconcile(Reconciliation)
    /// Every response that is in the hands of an agent is given up; `nil`: of all agents that are not enrolled.
    case lost(agent: String?, at: Int64, reason: String)
    /// An undo by hand, in place of an earlier one of the same target.
    case lift(Lift)
    /// An API token was used; nothing happens when it was revoked meanwhile.
    case apiTokenUse(APITokenUse)

    /// What it is about, for the log.
    var summary: String {
        switch self {
        case .dispatch(let new): "dispatch \(new.facts.id)"
        case .event(let event): "event \(event.name) of \(event.dispatch)"
        case .release(let release): "release of \(release.event.dispatch)"
        case .stop(let stop): stop == nil ? "end of the stop" : "stop"
        case .position(let source, _): "position of \(source)"
        case .sighting(let seen): "sighting of agent \(seen.agent)"
        case .trusts(let agent, _): "trust of agent \(agent)"
        case .reconcile(let reconciliation): "journal of agent \(reconciliation.agent)"
        case .lost(let agent, _, _): "end of \(agent.map { "agent \($0)" } ?? "agents that were removed")"
        case .lift(let lift): "undo by hand of \(lift.dispatch)"
        case .apiTokenUse: "use of an API token"
        }
    }
}

/// When and how an agent was last heard of.
struct AgentSighting: Sendable, Equatable {
    let agent: String
    /// Unix milliseconds.
    let at: Int64
    /// `nil` leaves what is known.
    var version: String?
    /// `nil` leaves what is known.
    var address: String?
}
