import ActiveResponse
import Alerts
import Daemon
import Dispatch
import Logging
import Policy
import Synchronization
import Wire

/// Sends what was decided to where it is to run, and keeps the ledger of it.
///
/// Orders leave at once; their ledger entries are committed meanwhile (DESIGN.md, "Never lose", 3). An order
/// counts as delivered when its agent has it in its journal; until then it is sent again over every new link.
///
/// A lock and not an actor guards its state: a source's thread decides and sends in one go, and a change of thread
/// would cost a tenth of the whole way from the alert to the script. An order is sent and its entry enqueued under one
/// hold of the lock, so that nothing that its agent reports can come before it in the ledger.
final class Dispatcher: Sendable {
    struct State: Sendable {
        var links: [String: any AgentLink] = [:]
        var journals: [String: String] = [:]
        var pending = PendingOrders()
        var filter = KnownDispatchFilter()
        var talks = JournalTalks()
        var lifts = Lifts()
        var counters = LimitCounters()
        /// Nothing new may run.
        var stop: Stop?
        /// Held responses whose answer is on its way to the ledger.
        var answering: Set<DispatchID> = []

        mutating func cut(_ agent: String, reason: String) {
            links.removeValue(forKey: agent)?.close(reason: reason)
            journals[agent] = nil
            talks.forget(agent)
        }
    }

    let ledger: any Ledger
    let context: DecisionContext
    /// When held responses want their default answer.
    let holdAlarm = HoldAlarm()
    private let alertsLog: AlertsLog
    private let factory: OrderFactory
    let logger: Logger
    let uncommitted = UncommittedDispatches()
    private let reportsUnderway = ReportsUnderway()
    let state = Mutex(State())

    init(
        ledger: any Ledger, context: DecisionContext, alertsLog: AlertsLog, managerName: String, logger: Logger
    ) {
        self.ledger = ledger
        self.context = context
        self.alertsLog = alertsLog
        self.factory = OrderFactory(managerName: managerName)
        self.logger = logger
    }

    /// The orders that no agent has confirmed yet.
    var pendingCount: Int { state.withLock { $0.pending.count } }

    /// Takes up again what the last run of the manager left undelivered.
    ///
    /// Call it before the first link.
    func resume() async throws(LedgerError) {
        let known = try await ledger.allDispatchIDs()
        let stop = try await ledger.stop()
        let underWay = try await ledger.underWay()
        let recent = try await ledger.recentRuns(since: Timestamp.now() - 60_000)
        state.withLock { state in
            for id in known { state.filter.insert(id) }
            state.stop = stop
            for dispatch in underWay {
                state.counters.begin(
                    dispatch.id, activeResponse: dispatch.activeResponse, agent: dispatch.agentID)
            }
            for run in recent.reversed() { state.counters.countRun(of: run.activeResponse, at: run.at) }
        }
        if let stop { logger.warning("Everything is stopped", metadata: .of([.reason: stop.description])) }
        for dispatch in try await ledger.pending() where dispatch.state != .held {
            do throws(WireError) {
                let order = try Order(encoded: dispatch.order)
                if dispatch.state == .queued { state.withLock { $0.pending.add(order) } }
            } catch {
                unreadable(dispatch.id, error)
            }
        }
        for request in try await ledger.undoRequests() {
            do throws(WireError) {
                var undo = try Order(encoded: request.order)
                undo.kind = .undo(by: request.by)
                state.withLock { $0.pending.add(undo) }
            } catch {
                unreadable(request.id, error)
            }
        }
        for lift in try await ledger.lifts() { state.withLock { $0.lifts.add(lift) } }
        // The removal of an agent may have been the last that the manager did.
        commit([.lost(agent: nil, at: Timestamp.now(), reason: Self.removed)])
    }

    /// Why the responses of an agent that was removed are given up.
    private static let removed = "the agent was removed; what is in force there it undoes by itself, if it still runs"

    func unreadable(_ id: DispatchID, _ error: WireError) {
        logger.error(
            "Order in the ledger cannot be read and is left out", metadata: .of([.dispatch: id, .error: error]))
    }

    // MARK: Deciding → dispatching

    /// Takes over what a source found: sends what is new and commits it together with the source's position.
    ///
    /// - Parameter settled: called once everything is durable, or failed. While the ledger cannot be written it is
    ///   held back: the source waits, nothing is lost.
    /// - Returns: the ids of all dispatches that the batch means, new or known.
    @discardableResult
    func take(
        _ batch: SourceBatch, settled: @escaping @Sendable (Result<Void, LedgerError>) -> Void
    ) -> [DispatchID] {
        state.withLock { state in
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
            commit(changes, completion: settled)
            return ids
        }
    }

    /// Takes over what came by a request, which is answered once everything is durable.
    func takeDurably(_ batch: SourceBatch) async throws(LedgerError) -> [DispatchID] {
        let (results, continuation) = AsyncStream.makeStream(of: Result<Void, LedgerError>.self)
        let ids = take(batch) { continuation.yield($0) }
        for await result in results {
            try result.get()
            return ids
        }
        throw .cancelled
    }

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
            let isUnderWay = state.pending.holdsUndo(of: lift.dispatch, agent: lift.agent)
            guard let objection = lift.objection(now: now, isUnderWay: isUnderWay) else { return plan }
            return plan.cancelled(objection)
        }
    }

    private func log(_ alert: Alert) {
        do throws(DaemonError) {
            try alertsLog.append(alert)
        } catch {
            logger.error("Alert cannot be written to alerts.log", metadata: .of([.alert: alert.id, .error: error]))
        }
    }

    private func send(_ plan: PlannedOrder, _ state: inout State) {
        if plan.fate == .send { dispatch(plan.order, &state) }
    }

    /// Sends an order, now or when its agent is connected and nothing is stopped.
    func dispatch(_ order: Order, _ state: inout State) {
        if state.stop == nil { state.links[order.agentID]?.send(order) }
        state.pending.add(order)
    }

    /// The ledger's entry for an order that was sent, or that waits for its agent.
    private func entry(for plan: PlannedOrder, at now: Int64, _ state: borrowing State) -> LedgerChange {
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
            let isConnected = state.links[order.agentID] != nil
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

    /// Commits changes together.
    ///
    /// The ledger itself logs what it cannot keep.
    ///
    /// - Parameter completion: called once they are durable, or failed.
    func commit(
        _ changes: [LedgerChange], completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void = { _ in }
    ) {
        guard !changes.isEmpty else { return completion(.success(())) }
        let ids = changes.compactMap { change -> DispatchID? in
            if case .dispatch(let new) = change { new.facts.id } else { nil }
        }
        ledger.enqueue(changes) { [uncommitted, holdAlarm] result in
            uncommitted.remove(ids)
            holdAlarm.set(for: changes)
            completion(result)
        }
    }

    // MARK: Links

    /// A link to an agent is up: everything that it has not confirmed is sent over it.
    ///
    /// - Parameters:
    ///   - journal: names the agent's journal, whose numbers its reports carry.
    ///   - isAdmitted: whether the agent may still have a link. Asked under the lock: a removal that it does not see
    ///     yet finds the link and cuts it.
    /// - Returns: false when it may not; nothing was sent then.
    @discardableResult
    func linkUp(
        _ link: any AgentLink, agent: String, journal: String, isAdmitted: () -> Bool = { true }
    ) -> Bool {
        state.withLock { state in
            guard isAdmitted() else { return false }
            if let old = state.links[agent], old !== link { old.close(reason: "the agent connected again") }
            state.links[agent] = link
            state.journals[agent] = journal
            state.talks.forget(agent)
            link.pause(state.stop != nil)
            for order in state.pending.orders(for: agent) where state.stop == nil || order.kind != .run {
                link.send(order)
            }
            return true
        }
    }

    /// Whether this is the link to its agent: not one that was cut or replaced.
    func isUp(_ link: any AgentLink, agent: String) -> Bool {
        state.withLock { $0.links[agent] === link }
    }

    /// Cuts the link to an agent.
    ///
    /// What waits for the agent goes over its next link.
    func cut(agent: String, reason: String) {
        state.withLock { $0.cut(agent, reason: reason) }
    }

    /// A link is down.
    ///
    /// One that was already replaced changes nothing.
    ///
    /// - Returns: whether the agent is without a link now.
    @discardableResult
    func linkDown(_ link: any AgentLink, agent: String) -> Bool {
        state.withLock { state in
            guard state.links[agent] === link else { return state.links[agent] == nil }
            state.links[agent] = nil
            state.journals[agent] = nil
            state.talks.forget(agent)
            return true
        }
    }

    /// Takes what an agent reports, in its order, and acknowledges it once it is durable.
    ///
    /// A report that the ledger can never keep is acknowledged too: the agent would send it for ever. Each report is a
    /// call of its own, so that such a one takes no other with it.
    func reports(_ reports: [AgentReport], agent: String, over link: any AgentLink) {
        state.withLock { state in
            guard state.links[agent] === link, let journal = state.journals[agent], let last = reports.last else {
                return
            }
            // The manager's own executor has no link that could be cut.
            guard agent == OrderFactory.managerID || reportsUnderway.begin(agent) else {
                logger.warning("Too many reports wait for the ledger", metadata: .of([.agent: agent]))
                return state.cut(agent, reason: "too many of its reports wait for the ledger")
            }
            for (index, report) in reports.enumerated() {
                var changes = [ReportTranslation.change(report, agent: agent, journal: journal)]
                if case .event(let event) = report { changes += note(event, agent: agent, &state) }
                let isLast = index == reports.count - 1
                commit(changes) { [reportsUnderway] result in
                    guard isLast else { return }
                    reportsUnderway.end(agent)
                    switch result {
                    case .success: link.acknowledge(through: last.sequence)
                    case .failure(let error): if error.isOfChange { link.acknowledge(through: last.sequence) }
                    }
                }
            }
        }
    }

    /// - Returns: what else the ledger has to keep.
    private func note(_ report: ResponseEvent, agent: String, _ state: inout State) -> [LedgerChange] {
        switch report.kind {
        case .received: state.pending.confirm(report.dispatchID, agent: agent, undoToo: false)
        case .undoing, .undone, .undoFailed, .refused:
            state.pending.confirm(report.dispatchID, agent: agent, undoToo: true)
        default: break
        }
        if report.kind.endsResponse {
            state.counters.end(report.dispatchID, isDecided: state.filter.mayContain(report.dispatchID))
        }
        logger.info(
            "Response event",
            metadata: .of([
                .agent: agent, .dispatch: report.dispatchID, .state: "\(report.kind)", .reason: report.detail,
            ]))
        guard report.kind == .undone else { return [] }
        let until = Timestamp.now() + undoGrace
        return state.lifts.undone(report.dispatchID, until: until).map { [.lift($0)] } ?? []
    }

    /// In milliseconds.
    private var undoGrace: Int64 { context.current.policy.undoGrace.components.seconds * 1000 }

    /// Cuts an agent off, whose certificate is worth nothing any more.
    ///
    /// What waits for it is cancelled; what is in its hands is given up: nobody will hear of it any more.
    func remove(agent: String) {
        state.withLock { state in
            state.cut(agent, reason: "the agent was removed")
            state.counters.remove(agent: agent)
            let now = Timestamp.now()
            let changes = state.pending.removeAll(for: agent).map { order in
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
            let changes = state.pending.expire(now: now).map { order -> LedgerChange in
                state.counters.end(order.id)
                logger.warning(
                    "Response expired; its agent was not connected in time",
                    metadata: .of([.agent: order.agentID, .alert: order.alertID, .dispatch: order.id]))
                return .event(
                    DispatchEvent(
                        dispatch: order.id, at: now, name: "expired", state: .expired,
                        detail: "agent \(order.agentID) was not connected in time"))
            }
            commit(changes)
        }
    }

    // MARK: By hand

    /// Sends orders that somebody gave by hand and returns once they are in the ledger.
    ///
    /// No limit holds them; while everything is stopped they are held.
    ///
    /// - Parameter author: who gave them, and why.
    /// - Returns: whether they are held.
    @discardableResult
    func run(_ orders: [Order], author: String) async throws(LedgerError) -> Bool {
        let ids = orders.map(\.id)
        defer { uncommitted.remove(ids) }
        var isHeld = false
        _ = try await durably(patience: Self.patience) { state in
            let now = Timestamp.now()
            isHeld = state.stop != nil
            let plans = orders.map { PlannedOrder(order: $0, isObserved: false, author: author) }
            return screen(plans, context.current, isByHand: true, now: now, &state).flatMap { plan in
                _ = uncommitted.insert(plan.order.id)
                state.filter.insert(plan.order.id)
                send(plan, &state)
                // Who applies by hand what was lifted by hand means it: alerts may prolong it again.
                let ended = state.lifts.end(for: plan.order).map(LedgerChange.lift)
                return [entry(for: plan, at: now, state)] + (ended.map { [$0] } ?? [])
            }
        }
        return isHeld
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
    func undo(
        _ orders: [Order], author: String, detail: String, patience: DispatchTimeInterval? = nil
    ) async throws(LedgerError) {
        _ = try await durably(patience: patience) { state in
            let (now, grace) = (Timestamp.now(), undoGrace)
            return orders.flatMap { order in
                var undo = order
                undo.kind = .undo(by: author)
                state.pending.add(undo)
                let link = state.links[order.agentID]
                link?.send(undo)
                let waits = link == nil ? "; waits for agent \(order.agentID), which is not connected" : ""
                let request = LedgerChange.event(
                    DispatchEvent(
                        dispatch: order.id, at: now, name: "undo_requested", detail: detail + waits,
                        undoRequest: .made(by: author)))
                guard grace > 0 else { return [request] }
                let lift = Lift(
                    agent: order.agentID, key: ResponseKey(of: order), dispatch: order.id, by: author, at: now,
                    until: now + grace)
                let pending = state.pending
                state.lifts.add(lift) { $0.until > now || pending.holdsUndo(of: $0.dispatch, agent: $0.agent) }
                return [request, .lift(lift)]
            }
        }
    }

    /// Takes back an order that no agent has confirmed.
    ///
    /// - Returns: false when it is too late for that: it is, or may be, on its agent.
    func cancel(_ id: DispatchID, agent: String, by: String) async throws(LedgerError) -> Bool {
        try await durably { state in
            guard state.links[agent] == nil, state.pending.cancel(id, agent: agent) else { return [] }
            state.counters.end(id)
            return [
                .event(
                    DispatchEvent(
                        dispatch: id, at: Timestamp.now(), name: "cancelled", state: .cancelled, detail: "by \(by)"))
            ]
        }
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
