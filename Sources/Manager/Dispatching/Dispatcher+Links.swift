import ActiveResponse
import Daemon
import Logging
import Policy
import Synchronization

/// What goes over the links: orders there, reports back.
extension Dispatcher {
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
            state.talks.forget(agent)
            state.delivery.linkUp(link, agent, journal: journal)
            return true
        }
    }

    /// Whether this is the link to its agent: not one that was cut or replaced.
    func isUp(_ link: any AgentLink, agent: String) -> Bool {
        state.withLock { $0.delivery.isUp(link, agent) }
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
            guard state.delivery.isUp(link, agent) else { return !state.delivery.isConnected(agent) }
            state.delivery.linkDown(agent)
            state.talks.forget(agent)
            return true
        }
    }

    /// Takes what agents report, in its order, and acknowledges it once it is durable.
    ///
    /// A report that the ledger can never keep is acknowledged too: the agent would send it for ever. Each report is a
    /// call of its own, so that such a one takes no other with it.
    func reports(_ batches: [ReportBatch]) {
        DaemonLog.together {
            state.withLock { state in
                for batch in batches { take(batch, &state) }
            }
        }
    }

    private func take(_ batch: ReportBatch, _ state: inout State) {
        let (agent, link, reports) = (batch.agent, batch.link, batch.reports)
        guard let journal = state.delivery.journal(of: agent, over: link), let last = reports.last else { return }
        // The manager's own executor has no link that could be cut.
        guard agent == OrderFactory.managerID || reportsUnderway.begin(agent) else {
            logger.warning("Too many reports wait for the ledger", metadata: .of([.agent: agent]))
            return state.cut(agent, reason: "too many of its reports wait for the ledger")
        }
        for (index, report) in reports.enumerated() {
            var changes = [ReportTranslation.change(report, agent: agent, journal: journal)]
            if case .event(let event) = report {
                changes += note(event, agent: agent, journal: journal, &state)
            }
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

    /// Takes what an agent says of orders beside its reports.
    ///
    /// What it could not keep waits here, and is sent again when it can.
    func noticed(_ notice: OrderNotice, agent: String, over link: any AgentLink) {
        state.withLock { state in
            guard state.delivery.isUp(link, agent) else { return }
            switch notice {
            case .turnedAway(let id, let reason):
                guard state.delivery.turnAway(id, agent) else { return }
                logger.warning(
                    "Agent cannot take a response for the time being; it waits",
                    metadata: .of([.agent: agent, .dispatch: id, .reason: reason]))
                commit([
                    .event(
                        DispatchEvent(
                            dispatch: id, at: Timestamp.now(), name: "turned_away",
                            detail: "agent \(agent) cannot take it for the time being, so it waits: \(reason)"))
                ])
            case .ready: state.delivery.ready(agent)
            }
        }
    }

    /// Draws the conclusions from a report that is new: one that comes again may be about an earlier order.
    ///
    /// - Returns: what else the ledger has to keep.
    private func note(
        _ report: ResponseEvent, agent: String, journal: String, _ state: inout State
    ) -> [LedgerChange] {
        if let last = state.noted[agent], last.journal == journal, last.sequence >= report.sequence { return [] }
        state.noted[agent] = (journal, report.sequence)
        switch report.kind {
        case .received: state.delivery.confirm(report.dispatchID, agent, undoToo: false)
        case .undoing, .undone, .undoFailed, .refused:
            state.delivery.confirm(report.dispatchID, agent, undoToo: true)
        default: break
        }
        if report.kind.endsResponse {
            state.counters.end(
                report.dispatchID, agent: agent, isDecided: state.filter.mayContain(report.dispatchID))
        }
        logger.info(
            "Response event",
            metadata: .of([
                .agent: agent, .dispatch: report.dispatchID, .state: report.kind.name, .reason: report.detail,
            ]))
        guard report.kind == .undone else { return [] }
        let until = Timestamp.now() + undoGrace
        return state.lifts.undone(report.dispatchID, agent: agent, until: until).map { [.lift($0)] } ?? []
    }
}
