import ActiveResponse
import Alerts
import Daemon
import Logging
import Policy
import Synchronization

/// From what was decided to orders that are sent and entries in the ledger.
extension Dispatcher {
    /// Takes over what a source found: sends what is new and commits it together with the source's position.
    ///
    /// - Parameter settled: called once everything is durable, or failed. While the ledger cannot be written it is
    ///   held back: the source waits, nothing is lost.
    /// - Returns: the ids of all dispatches that the batch means, new or known.
    @discardableResult
    func take(
        _ batch: SourceBatch, settled: @escaping @Sendable (Result<Void, LedgerError>) -> Void
    ) -> [DispatchID] {
        DaemonLog.together {
            state.withLock { state in take(batch, settled: settled, &state) }
        }
    }

    private func take(
        _ batch: SourceBatch, settled: @escaping @Sendable (Result<Void, LedgerError>) -> Void, _ state: inout State
    ) -> [DispatchID] {
        var changes: [LedgerChange] = []
        var ids: [DispatchID] = []
        if !batch.fired.isEmpty {
            let now = Timestamp.now()
            let snapshot = context.current
            for fired in batch.fired {
                let planned = factory.orders(
                    for: fired, agents: snapshot.agents, now: now, repetition: batch.repetition)
                ids += planned.map(\.order.id)
                let unknown = new(planned, &state)
                if unknown.isEmpty { continue }
                let new = screen(judged(unknown, at: now, state), snapshot, now: now, &state)
                // Scripts on this machine may look the alert up, so for them it has to be there first. Otherwise
                // the orders go first and the bookkeeping comes after.
                let runsHere = new.contains { $0.order.agentID == OrderFactory.managerID }
                if runsHere { log(fired.alert) }
                for plan in new { send(plan, &state) }
                if !runsHere { log(fired.alert) }
                for plan in new { changes.append(entry(for: plan, at: now, state)) }
            }
        }
        if let position = batch.position { changes.append(.position(source: batch.source, value: position)) }
        // Without anything new of its own it still waits for others' entries on their way: whoever is told that
        // an alert is taken never sends it again.
        if changes.isEmpty, ids.isEmpty { settled(.success(())) } else { commit(changes, completion: settled) }
        return ids
    }

    /// Takes over what came by a request, which is answered once everything is durable.
    ///
    /// - Throws: ``LedgerError/heldUp(reason:)`` while the ledger is known to be stuck, and
    ///   ``LedgerError/delayed(reason:)`` for what found that out. Both can be sent again: what was taken is recognised.
    func takeDurably(_ batch: SourceBatch) async throws(LedgerError) -> [DispatchID] {
        if !batch.fired.isEmpty, let trouble = ledger.trouble { throw .heldUp(reason: trouble) }
        var ids: [DispatchID] = []
        try await settled(patience: Self.patience) { settle in
            // In pieces: others want the lock too.
            var rest = batch.fired[...]
            repeat {
                var piece = batch
                piece.fired = Array(rest.prefix(Self.piece))
                rest = rest.dropFirst(Self.piece)
                let isLast = rest.isEmpty
                ids += take(piece) { result in
                    if case .failure = result { settle(result) } else if isLast { settle(result) }
                }
            } while !rest.isEmpty
        }
        return ids
    }

    /// So many alerts of a request are decided in one go.
    private static let piece = 200

    /// Leaves out what the ledger knows, or will know in a moment, and marks the rest as being on its way there.
    private func new(_ planned: [PlannedOrder], _ state: inout State) -> [PlannedOrder] {
        var candidates = planned.filter { !uncommitted.contains($0.order.id) }
        let doubtful = candidates.map(\.order.id).filter(state.filter.mayContain)
        if !doubtful.isEmpty {
            do throws(LedgerError) {
                let known = try ledger.known(doubtful)
                candidates.removeAll { known.contains($0.order.id) }
            } catch {
                // The agent knows its dispatches too and runs none twice, so doubt is resolved in favour of sending.
                logger.error("Ledger cannot be read; the order is sent anyway", metadata: .of([.error: error]))
            }
        }
        for plan in candidates { state.filter.insert(plan.order.id) }
        return candidates.filter { uncommitted.insert($0.order.id) }
    }

    /// Notes which orders are not sent because somebody has just undone the same by hand.
    private func judged(_ planned: [PlannedOrder], at now: Int64, _ state: borrowing State) -> [PlannedOrder] {
        guard context.current.policy.undoGrace > .zero else { return planned }
        return planned.map { plan in
            guard plan.fate == .send, let lift = state.lifts.lift(of: plan.order) else { return plan }
            let isUnderWay = state.delivery.holdsUndo(of: lift.dispatch, lift.agent)
            guard let objection = lift.objection(now: now, isUnderWay: isUnderWay) else { return plan }
            return plan.cancelled(objection)
        }
    }

    private func log(_ alert: Alert) {
        do throws(DaemonError) {
            try alertsLog.append(alert)
            logTrouble.withLock { $0 = nil }
        } catch {
            // Once for each reason: on a full disk the log would be filled with it.
            let text = "\(error)"
            guard
                logTrouble.withLock({ trouble in
                    defer { trouble = text }
                    return trouble != text
                })
            else { return }
            logger.error(
                "Alerts cannot be written to alerts.log; further ones are not reported",
                metadata: .of([.alert: alert.id, .error: text]))
        }
    }

    func send(_ plan: PlannedOrder, _ state: inout State) {
        if plan.fate == .send { state.delivery.give(plan.order) }
    }

    /// The ledger's entry for an order that was sent, or that waits for its agent.
    func entry(for plan: PlannedOrder, at now: Int64, _ state: borrowing State) -> LedgerChange {
        let order = plan.order
        let decided =
            plan.author.map { "\(order.command): by \($0)" }
            ?? "\(order.activeResponse): alert \(order.alertID), rule \(order.ruleID)"
        var events = [DispatchEvent(dispatch: order.id, at: now, name: "decided", detail: decided)]
        let fate: String
        var hold: Hold?
        switch plan.fate {
        case .observe:
            fate = "observed"
            events.append(
                DispatchEvent(
                    dispatch: order.id, at: now, name: "observed", state: .done,
                    detail: "mode observe: the script was not run"
                        + (order.isStateful ? "; it would have been undone after \(order.timeout) s" : "")))
        case .refuse(let reason):
            fate = "refused"
            logger.warning(
                "Response is refused; no agent would run it with these values",
                metadata: .of([.alert: order.alertID, .dispatch: order.id, .reason: reason]))
            events.append(
                DispatchEvent(dispatch: order.id, at: now, name: "refused", state: .refused, detail: reason))
        case .cancel(let reason):
            fate = "cancelled"
            events.append(
                DispatchEvent(dispatch: order.id, at: now, name: "cancelled", state: .cancelled, detail: reason))
        case .hold(let why):
            fate = "held"
            hold = why
            let answer = why.isApprovedByDefault ? "approved" : "denied"
            let deadline = Timestamp.iso8601(milliseconds: why.deadline)
            events.append(
                DispatchEvent(
                    dispatch: order.id, at: now, name: "held", state: .held,
                    detail: "\(why.reason); \(answer) at \(deadline) unless somebody answers before"))
        case .send:
            fate = "queued"
            let isConnected = state.delivery.isConnected(order.agentID)
            events.append(
                DispatchEvent(
                    dispatch: order.id, at: now, name: "queued", state: .queued,
                    detail: isConnected ? "" : "agent \(order.agentID) is not connected; the order waits"))
        }
        var metadata: Logger.Metadata = .of([
            .activeResponse: order.activeResponse, .agent: order.agentID, .alert: order.alertID,
            .dispatch: order.id, .rule: order.ruleID, .state: fate,
        ])
        if let hold { metadata[LogKey.reason.rawValue] = .string(hold.reason) }
        logger.info("Response fires", metadata: metadata)
        return .dispatch(
            NewDispatch(
                facts: DispatchFacts(order, created: now), order: order.encoded(), events: events, hold: hold))
    }
}

extension DispatchFacts {
    /// The facts of an order.
    init(_ order: Order, created: Int64) {
        self.init(
            id: order.id, command: order.command, activeResponse: order.activeResponse, agentID: order.agentID,
            agentName: order.agentName, alertID: order.alertID, ruleID: order.ruleID, user: order.user,
            sourceAddress: order.sourceAddress, filename: order.filename, created: created,
            expires: order.expiresAt > 0 ? order.expiresAt : nil, isStateful: order.isStateful)
    }
}
