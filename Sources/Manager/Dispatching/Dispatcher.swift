import ActiveResponse
import Alerts
import Daemon
import Logging
import Policy
import Wire

/// Sends what was decided to where it is to run, and keeps the ledger of it.
///
/// Orders leave at once; their ledger entries are committed meanwhile (DESIGN.md, "Never lose", 3). An order
/// counts as delivered when its agent has it in its journal; until then it is sent again over every new link.
actor Dispatcher {
    private let ledger: any Ledger
    private let registry: AgentRegistry
    private let context: DecisionContext
    private let alertsLog: AlertsLog
    private let factory: OrderFactory
    private let logger: Logger
    private var links: [String: any AgentLink] = [:]
    private var journals: [String: String] = [:]
    private var pending = PendingOrders()
    private let uncommitted = UncommittedDispatches()
    private var filter = KnownDispatchFilter()

    init(
        ledger: any Ledger, registry: AgentRegistry, context: DecisionContext, alertsLog: AlertsLog,
        managerName: String, logger: Logger
    ) {
        self.ledger = ledger
        self.registry = registry
        self.context = context
        self.alertsLog = alertsLog
        self.factory = OrderFactory(managerName: managerName)
        self.logger = logger
    }

    /// The orders that no agent has confirmed yet.
    var pendingCount: Int { pending.count }

    /// Takes up again what the last run of the manager left undelivered.
    ///
    /// Call it before the first link.
    func resume() async throws(LedgerError) {
        for id in try await ledger.allDispatchIDs() { filter.insert(id) }
        for dispatch in try await ledger.pending() where dispatch.state != .held {
            do throws(WireError) {
                let order = try Order(encoded: dispatch.order)
                if dispatch.state == .queued { pending.add(order) }
            } catch {
                logger.error(
                    "Order in the ledger cannot be read and is left out",
                    metadata: .of([.dispatch: dispatch.id, .error: error]))
            }
        }
    }

    // MARK: Deciding → dispatching

    /// Takes over what a source found: sends what is new and commits it together with the source's position.
    ///
    /// - Parameter committed: called once everything is durable. While the disk is full the ledger holds it back: the
    ///   source waits, nothing is lost.
    /// - Returns: the ids of all dispatches that the batch means, new or known.
    @discardableResult
    func take(_ batch: SourceBatch, committed: @escaping @Sendable () -> Void) async -> [DispatchID] {
        var changes: [LedgerChange] = []
        var ids: [DispatchID] = []
        if !batch.fired.isEmpty {
            let now = Timestamp.now()
            let agents = context.current.agents
            for fired in batch.fired {
                let planned = factory.orders(for: fired, agents: agents, now: now)
                ids += planned.map(\.order.id)
                let new = await new(planned)
                if new.isEmpty { continue }
                // Scripts on this machine may look the alert up, so for them it has to be there first. Otherwise the
                // orders go first and the bookkeeping comes after.
                let runsHere = new.contains { $0.order.agentID == OrderFactory.managerID }
                if runsHere { log(fired.alert) }
                for plan in new { send(plan) }
                if !runsHere { log(fired.alert) }
                for plan in new { changes.append(entry(for: plan, at: now)) }
            }
        }
        if let position = batch.position { changes.append(.position(source: batch.source, value: position)) }
        commit(changes, completion: committed)
        return ids
    }

    /// Takes over what came by a request, which is answered once everything is durable.
    func takeDurably(_ batch: SourceBatch) async -> [DispatchID] {
        let (durable, continuation) = AsyncStream.makeStream(of: Void.self)
        let ids = await take(batch) { continuation.finish() }
        for await _ in durable {}
        return ids
    }

    /// Leaves out what the ledger knows, or will know in a moment, and marks the rest as being on its way there.
    private func new(_ planned: [PlannedOrder]) async -> [PlannedOrder] {
        var candidates = planned.filter { !uncommitted.contains($0.order.id) }
        let doubtful = candidates.map(\.order.id).filter(filter.mayContain)
        if !doubtful.isEmpty {
            do throws(LedgerError) {
                let known = try await ledger.known(doubtful)
                candidates.removeAll { known.contains($0.order.id) }
            } catch {
                // The agent knows its dispatches too and runs none twice, so doubt is resolved in favour of sending.
                logger.error("Ledger cannot be read; the order is sent anyway", metadata: .of([.error: error]))
            }
        }
        for plan in candidates { filter.insert(plan.order.id) }
        return candidates.filter { uncommitted.insert($0.order.id) }
    }

    private func log(_ alert: Alert) {
        do throws(DaemonError) {
            try alertsLog.append(alert)
        } catch {
            logger.error("Alert cannot be written to alerts.log", metadata: .of([.alert: alert.id, .error: error]))
        }
    }

    private func send(_ plan: PlannedOrder) {
        guard !plan.isObserved else { return }
        links[plan.order.agentID]?.send(plan.order)
        pending.add(plan.order)
    }

    /// The ledger's entry for an order that was sent, or that waits for its agent.
    private func entry(for plan: PlannedOrder, at now: Int64) -> LedgerChange {
        let order = plan.order
        let decided = "\(order.activeResponse): alert \(order.alertID), rule \(order.ruleID)"
        var events = [DispatchEvent(dispatch: order.id, at: now, name: "decided", detail: decided)]
        if plan.isObserved {
            events.append(
                DispatchEvent(
                    dispatch: order.id, at: now, name: "observed", state: .done,
                    detail: "mode observe: the script was not run"))
        } else {
            let isConnected = links[order.agentID] != nil
            events.append(
                DispatchEvent(
                    dispatch: order.id, at: now, name: "queued", state: .queued,
                    detail: isConnected ? "" : "agent \(order.agentID) is not connected; the order waits"))
        }
        logger.info(
            "Response fires",
            metadata: .of([
                .activeResponse: order.activeResponse, .agent: order.agentID, .alert: order.alertID,
                .dispatch: order.id, .rule: order.ruleID, .state: plan.isObserved ? "observed" : "queued",
            ]))
        return .dispatch(NewDispatch(facts: DispatchFacts(order, created: now), order: order.encoded(), events: events))
    }

    /// Commits changes.
    ///
    /// - Parameter completion: called once they are durable. After a failure it is not: a source then keeps its
    ///   position and an agent its reports.
    private func commit(_ changes: [LedgerChange], completion: @escaping @Sendable () -> Void) {
        guard !changes.isEmpty else { return completion() }
        let ids = changes.compactMap { change -> DispatchID? in
            if case .dispatch(let new) = change { new.facts.id } else { nil }
        }
        ledger.enqueue(changes) { [uncommitted, logger] result in
            uncommitted.remove(ids)
            switch result {
            case .success: completion()
            case .failure(let error): logger.error("Ledger did not take an entry", metadata: .of([.error: error]))
            }
        }
    }

    // MARK: Links

    /// A link to an agent is up: everything that it has not confirmed is sent over it.
    ///
    /// - Parameter journal: names the agent's journal, whose numbers its reports carry.
    func linkUp(_ link: any AgentLink, agent: String, journal: String) {
        if let old = links[agent], old !== link { old.close(reason: "the agent connected again") }
        links[agent] = link
        journals[agent] = journal
        for order in pending.orders(for: agent) { link.send(order) }
    }

    /// A link is down.
    ///
    /// One that was already replaced changes nothing.
    ///
    /// - Returns: whether the agent is without a link now.
    @discardableResult
    func linkDown(_ link: any AgentLink, agent: String) -> Bool {
        guard links[agent] === link else { return false }
        links[agent] = nil
        journals[agent] = nil
        return true
    }

    /// Takes what an agent reports, in its order, and acknowledges it once it is durable.
    func reports(_ reports: [ResponseEvent], agent: String, over link: any AgentLink) {
        guard links[agent] === link, let journal = journals[agent], let last = reports.last else { return }
        for report in reports { note(report, agent: agent) }
        let changes = reports.map { LedgerChange.event(ReportTranslation.event($0, agent: agent, journal: journal)) }
        commit(changes) { link.acknowledge(through: last.sequence) }
    }

    private func note(_ report: ResponseEvent, agent: String) {
        switch report.kind {
        case .received: pending.confirm(report.dispatchID, agent: agent, undoToo: false)
        case .undoing, .undone, .undoFailed, .refused: pending.confirm(report.dispatchID, agent: agent, undoToo: true)
        default: break
        }
        logger.info(
            "Response event",
            metadata: .of([
                .agent: agent, .dispatch: report.dispatchID, .state: "\(report.kind)", .reason: report.detail,
            ]))
    }

    /// Cuts an agent off, whose certificate is worth nothing any more.
    ///
    /// What waits for it is cancelled.
    func remove(agent: String) {
        links.removeValue(forKey: agent)?.close(reason: "the agent was removed")
        journals[agent] = nil
        let now = Timestamp.now()
        let changes = pending.removeAll(for: agent).filter { $0.kind == .run }.map { order in
            LedgerChange.event(
                DispatchEvent(
                    dispatch: order.id, at: now, name: "cancelled", state: .cancelled, detail: "the agent was removed"))
        }
        commit(changes) {}
    }

    /// Takes back orders that waited too long for their agent.
    func expire(now: Int64) {
        let changes = pending.expire(now: now).map { order -> LedgerChange in
            logger.warning(
                "Response expired; its agent was not connected in time",
                metadata: .of([.agent: order.agentID, .alert: order.alertID, .dispatch: order.id]))
            return .event(
                DispatchEvent(
                    dispatch: order.id, at: now, name: "expired", state: .expired,
                    detail: "agent \(order.agentID) was not connected in time"))
        }
        commit(changes) {}
    }

    // MARK: By hand

    /// Sends orders that somebody gave by hand and returns once they are in the ledger.
    func run(_ orders: [Order]) async throws(LedgerError) {
        let now = Timestamp.now()
        let changes = orders.map { order -> LedgerChange in
            _ = uncommitted.insert(order.id)
            filter.insert(order.id)
            let plan = PlannedOrder(order: order, isObserved: false)
            send(plan)
            return entry(for: plan, at: now)
        }
        defer { uncommitted.remove(orders.map(\.id)) }
        try await ledger.append(changes)
    }

    /// Asks the agent to undo a response now; the order is repeated until the agent acts on it.
    ///
    /// - Returns: false when the agent is not connected: nothing was done.
    func undo(_ order: Order, by: String) async throws(LedgerError) -> Bool {
        guard let link = links[order.agentID] else { return false }
        var undo = order
        undo.kind = .undo(by: by)
        pending.add(undo)
        link.send(undo)
        try await ledger.append([
            .event(
                DispatchEvent(dispatch: order.id, at: Timestamp.now(), name: "undo_requested", detail: "by \(by)"))
        ])
        return true
    }

    /// Takes back an order that no agent has confirmed.
    ///
    /// - Returns: false when it is too late for that: it is, or may be, on its agent.
    func cancel(_ id: DispatchID, agent: String, by: String) async throws(LedgerError) -> Bool {
        guard links[agent] == nil, pending.cancel(id, agent: agent) else { return false }
        try await ledger.append([
            .event(
                DispatchEvent(
                    dispatch: id, at: Timestamp.now(), name: "cancelled", state: .cancelled, detail: "by \(by)"))
        ])
        return true
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
