import ActiveResponse
import Daemon
import Logging
import Synchronization

/// Orders that nobody will carry out any more.
extension Dispatcher {
    /// Cuts an agent off, whose certificate is worth nothing any more.
    ///
    /// What waits for it is cancelled; what is in its hands is given up: nobody will hear of it any more.
    func remove(agent: String) {
        state.withLock { state in
            state.cut(agent, reason: "the agent was removed")
            state.counters.remove(agent: agent)
            let now = Timestamp.now()
            state.noted[agent] = nil
            let changes = state.delivery.removeAll(for: agent).map { order in
                let isRun = order.kind == .run
                return LedgerChange.event(
                    DispatchEvent(
                        dispatch: order.id, at: now, name: isRun ? "cancelled" : "undo_dropped",
                        state: isRun ? .cancelled : nil, detail: "the agent was removed",
                        undoRequest: isRun ? nil : .dropped))
            }
            commit(changes + [.lost(agent: agent, at: now, reason: Self.removed)])
        }
    }

    /// Takes back orders that waited too long for their agent.
    func expire(now: Int64) {
        state.withLock { state in
            let changes = state.delivery.expire(now: now).map { order, reason -> LedgerChange in
                state.counters.end(order.id, agent: order.agentID)
                logger.warning(
                    "Response expired",
                    metadata: .of([
                        .agent: order.agentID, .alert: order.alertID, .dispatch: order.id, .reason: reason,
                    ]))
                return .event(
                    DispatchEvent(
                        dispatch: order.id, at: now, name: "expired", state: .expired, detail: reason))
            }
            if !changes.isEmpty { commit(changes) }
        }
    }
}
