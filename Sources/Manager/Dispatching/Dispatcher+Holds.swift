import ActiveResponse
import Daemon
import Logging
import Policy
import Synchronization
import Wire

/// What is held instead of run, and what becomes of it (docs/how-to/limit-the-blast-radius.md).
extension Dispatcher {
    /// Those of a batch of overdue responses that are answered in one commit.
    private static let batch = 500

    /// Counts what is let out and holds what must not be.
    ///
    /// Called under the lock and in the order of the orders: each counts for the next.
    ///
    /// - Parameters:
    ///   - isByHand: somebody gave the order, so that nobody has to be asked; only a stop holds it.
    ///   - now: unix milliseconds.
    func screen(
        _ plans: [PlannedOrder], _ snapshot: DecisionSnapshot, isByHand: Bool = false, now: Int64,
        _ state: inout State
    ) -> [PlannedOrder] {
        plans.map { plan in
            guard plan.fate == .send else { return plan }
            let order = plan.order
            let (reason, byDefault) = objection(to: plan, snapshot, isByHand: isByHand, now: now, state)
            guard let reason else {
                state.counters.letOut(order.id, activeResponse: order.activeResponse, agent: order.agentID, now: now)
                return plan
            }
            let wait = plan.approval.deadline.components.seconds * 1000
            return plan.held(
                Hold(reason: reason, deadline: now + wait, isApprovedByDefault: byDefault == .approve))
        }
    }

    /// Why an order is held, and the answer that counts when nobody gives one.
    private func objection(
        to plan: PlannedOrder, _ snapshot: DecisionSnapshot, isByHand: Bool, now: Int64, _ state: borrowing State
    ) -> (reason: String?, byDefault: ApprovalTerms.Answer) {
        // Whoever stops everything does not want things to run because nobody says anything.
        if let stop = state.delivery.stop { return (stop.description, .deny) }
        if isByHand { return (nil, .deny) }
        let answer = plan.approval.byDefault
        if plan.approval.isRequired { return ("the active response requires approval", answer) }
        let global = snapshot.policy.limits
        if plan.limits.isEmpty, global.isEmpty { return (nil, answer) }
        let limit = state.counters.objection(
            to: plan.order.activeResponse, limits: plan.limits, global: global, agent: plan.order.agentID,
            enrolled: snapshot.agents.count, now: now)
        return (limit, answer)
    }

    // MARK: Answers

    /// Lets held responses run; their orders leave once that is in the ledger.
    ///
    /// - Returns: those that were held and may run now; none while everything is stopped.
    func approve(_ ids: [DispatchID], by: String) async throws(LedgerError) -> Set<DispatchID> {
        try await answer(ids) { _, stop in stop == nil ? .approve(detail: "by \(by)") : nil }
    }

    /// Takes held responses back.
    ///
    /// - Returns: those that were held.
    func deny(_ ids: [DispatchID], by: String) async throws(LedgerError) -> Set<DispatchID> {
        try await answer(ids) { _, _ in .deny(detail: "by \(by)") }
    }

    /// Gives those whose deadline is over the answer that counts then.
    func settleOverdueHolds() async throws(LedgerError) {
        while true {
            let ids = try await ledger.overdueHolds(at: Timestamp.now(), limit: Self.batch)
            guard !ids.isEmpty else { return }
            let agents = context.current.agents
            let settled = try await answer(ids) { order, stop in
                guard order.hold.isApprovedByDefault else {
                    return .deny(detail: "nobody answered in time, and the default is to deny")
                }
                if stop != nil { return .deny(detail: "nobody answered in time, and everything is stopped") }
                guard order.agentID == OrderFactory.managerID || agents.entry(id: order.agentID) != nil else {
                    return .deny(detail: "the agent was removed")
                }
                return .approve(detail: "nobody answered in time, and the default is to approve")
            }
            // Somebody else's answers to the rest are on their way to the ledger.
            guard !settled.isEmpty else { return }
        }
    }

    private enum Answer {
        case approve(detail: String)
        case deny(detail: String)
    }

    /// A held response as somebody who decides about it sees it.
    private struct Question {
        let agentID: String
        let hold: Hold
    }

    /// Answers for each that is held and that nobody else is answering; nil leaves it held.
    ///
    /// An approved order is sent after the commit, unlike one that is let out at once: a crash in between may cost a
    /// moment, but never runs what the ledger calls held.
    private func answer(
        _ ids: [DispatchID], _ decide: (Question, Stop?) -> Answer?
    ) async throws(LedgerError) -> Set<DispatchID> {
        var trouble: LedgerError?
        var answered: Set<DispatchID> = []
        var approved: [Order] = []
        defer { state.withLock { $0.answering.subtract(answered) } }
        _ = try await durably { state in
            var changes: [LedgerChange] = []
            do throws(LedgerError) {
                let now = Timestamp.now()
                for held in try ledger.held(ids.filter { !state.answering.contains($0) }) {
                    let order = readable(held)
                    var answer = decide(Question(agentID: order?.agentID ?? "", hold: held.hold), state.delivery.stop)
                    if order == nil, answer != nil { answer = .deny(detail: "its order cannot be read") }
                    switch answer {
                    case .approve(let detail):
                        guard var order else { continue }
                        order.expiresAt = held.lifetime > 0 ? now + held.lifetime : 0
                        approved.append(order)
                        changes.append(release(order, detail: detail, at: now, state))
                    case .deny(let detail):
                        changes.append(
                            .event(
                                DispatchEvent(
                                    dispatch: held.id, at: now, name: "denied", state: .cancelled, detail: detail)))
                    case nil: continue
                    }
                    answered.insert(held.id)
                }
            } catch {
                trouble = error
            }
            state.answering.formUnion(answered)
            return changes
        }
        if let trouble { throw trouble }
        state.withLock { state in
            let now = Timestamp.now()
            for order in approved {
                state.counters.letOut(order.id, activeResponse: order.activeResponse, agent: order.agentID, now: now)
                state.delivery.give(order)
            }
        }
        return answered
    }

    private func release(
        _ order: Order, detail: String, at now: Int64, _ state: borrowing State
    ) -> LedgerChange {
        let waits =
            state.delivery.isConnected(order.agentID)
            ? "" : "; waits for agent \(order.agentID), which is not connected"
        return .release(
            Release(
                expires: order.expiresAt > 0 ? order.expiresAt : nil, order: order.encoded(),
                event: DispatchEvent(
                    dispatch: order.id, at: now, name: "approved", state: .queued, detail: detail + waits)))
    }

    private func readable(_ held: ResponseOnHold) -> Order? {
        do throws(WireError) {
            return try Order(encoded: held.order)
        } catch {
            unreadable(held.id, error)
            return nil
        }
    }
}
