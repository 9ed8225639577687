import ActiveResponse
import Daemon
import Dispatch
import Logging
import Policy
import Synchronization

/// What somebody orders by hand.
extension Dispatcher {
    /// Sends orders that somebody gave by hand, once they are in the ledger, and returns then.
    ///
    /// Unlike an alert, which its source still has, nothing but the ledger knows who gave them and why: so they do not leave
    /// before. No limit holds them; while everything is stopped they are held.
    ///
    /// - Parameter author: who gave them, and why.
    /// - Returns: whether they are held.
    /// - Throws: ``LedgerError/heldUp(reason:)`` while the ledger is known to be stuck, and ``LedgerError/waits(reason:)`` for
    ///   those that found that out.
    @discardableResult
    func run(_ orders: [Order], author: String) async throws(LedgerError) -> Bool {
        if let trouble = ledger.trouble { throw .heldUp(reason: trouble) }
        var isHeld = false
        do throws(LedgerError) {
            try await settled(patience: Self.patience) { settle in
                state.withLock { state in
                    let now = Timestamp.now()
                    isHeld = state.delivery.stop != nil
                    let given = orders.map { PlannedOrder(order: $0, isObserved: false, author: author) }
                    let plans = screen(given, context.current, isByHand: true, now: now, &state)
                    let changes = plans.flatMap { plan in
                        _ = uncommitted.insert(plan.order.id)
                        state.filter.insert(plan.order.id)
                        // Who applies by hand what was lifted by hand means it: alerts may prolong it again.
                        let ended = state.lifts.end(for: plan.order).map(LedgerChange.lift)
                        return [entry(for: plan, at: now, state)] + (ended.map { [$0] } ?? [])
                    }
                    commit(changes) { result in
                        if case .success = result { self.sendCommitted(plans) }
                        settle(result)
                    }
                }
            }
        } catch {
            guard case .delayed(let reason) = error else { throw error }
            throw .waits(reason: reason)
        }
        return isHeld
    }

    /// Sends orders that the ledger has got meanwhile, but none to an agent that was removed meanwhile.
    private func sendCommitted(_ plans: [PlannedOrder]) {
        state.withLock { state in
            let (agents, now) = (context.current.agents, Timestamp.now())
            var cancelled: [LedgerChange] = []
            for plan in plans where plan.fate == .send {
                let (id, agent) = (plan.order.id, plan.order.agentID)
                if agent == OrderFactory.managerID || agents.entry(id: agent) != nil {
                    send(plan, &state)
                    continue
                }
                state.counters.end(id, agent: agent)
                cancelled.append(
                    .event(
                        DispatchEvent(
                            dispatch: id, at: now, name: "cancelled", state: .cancelled,
                            detail: "the agent was removed")))
            }
            if !cancelled.isEmpty { commit(cancelled) }
        }
    }

    /// Asks the agents to undo responses now.
    ///
    /// The order waits for an agent that is not connected, and is repeated, also after a restart, until the agent acts
    /// on it.
    ///
    /// - Parameters:
    ///   - author: who asks, as the agent is told.
    ///   - detail: for the timeline: who asks and why.
    ///   - patience: as in ``durably(patience:_:)``.
    /// - Throws: ``LedgerError/waits(reason:)`` when the patience is over and an agent is not connected.
    func undo(
        _ orders: [Order], author: String, detail: String, patience: DispatchTimeInterval? = nil
    ) async throws(LedgerError) {
        do throws(LedgerError) {
            _ = try await durably(patience: patience) { state in
                requests(orders, author: author, detail: detail, &state)
            }
        } catch {
            // What waits for an agent is in memory alone until the ledger has it.
            guard case .delayed(let reason) = error,
                state.withLock({ state in orders.contains { !state.delivery.isConnected($0.agentID) } })
            else { throw error }
            throw .waits(reason: reason)
        }
    }

    /// Sends orders to undo; returns their entries in the ledger.
    func requests(
        _ orders: [Order], author: String, detail: String, _ state: inout State
    ) -> [LedgerChange] {
        let (now, grace) = (Timestamp.now(), undoGrace)
        let delivery = state.delivery
        state.lifts.prune { $0.until > now || delivery.holdsUndo(of: $0.dispatch, $0.agent) }
        return orders.flatMap { order in
            var undo = order
            undo.kind = .undo(by: author)
            let isConnected = state.delivery.isConnected(order.agentID)
            state.delivery.give(undo)
            let waits = isConnected ? "" : "; waits for agent \(order.agentID), which is not connected"
            let request = LedgerChange.event(
                DispatchEvent(
                    dispatch: order.id, at: now, name: "undo_requested", detail: detail + waits,
                    undoRequest: .made(by: author)))
            guard grace > 0 else { return [request] }
            let lift = Lift(
                agent: order.agentID, key: ResponseKey(of: order), dispatch: order.id, by: author, at: now,
                until: now + grace)
            state.lifts.add(lift)
            return [request, .lift(lift)]
        }
    }

    /// Takes back an order that no agent has confirmed.
    ///
    /// - Returns: false when it is too late for that: it is, or may be, on its agent.
    func cancel(_ id: DispatchID, agent: String, by: String) async throws(LedgerError) -> Bool {
        try await durably { state in
            guard state.delivery.cancel(id, agent) else { return [] }
            state.counters.end(id, agent: agent)
            return [
                .event(
                    DispatchEvent(
                        dispatch: id, at: Timestamp.now(), name: "cancelled", state: .cancelled, detail: "by \(by)"))
            ]
        }
    }
}
