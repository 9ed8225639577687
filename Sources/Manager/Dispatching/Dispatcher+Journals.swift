import ActiveResponse
import Alerts
import Daemon
import Logging
import Synchronization

/// Comparing what the agents' journals hold with the ledger, at each connection.
extension Dispatcher {
    /// What is compared with, and asked of, the agents that are connected.
    struct JournalTalks: Sendable {
        /// As much as an agent's journal holds at most, and some.
        fileprivate static let limit = 200_000
        /// So many dispatches are asked for at a time: their answers are large.
        fileprivate static let questions = 64
        /// The ledger gets so many milliseconds to learn of dispatches by itself: after a crash of the manager it reads
        /// the alerts of the last moments again.
        fileprivate static let patience: Int64 = 5000
        /// So many milliseconds answers may take: a dispatch that is not told by then is over.
        fileprivate static let answerTime: Int64 = 60_000

        /// The parts of a summary that have come so far; nil when it was complete.
        fileprivate var parts: [String: [HeldDispatch]?] = [:]
        /// Dispatches that the ledger does not know, and from when on they are asked for.
        fileprivate var unknown: [String: (ids: ArraySlice<DispatchID>, askFrom: Int64)] = [:]
        /// Dispatches that were asked for, and until when their answers are waited for.
        fileprivate var asked: [String: (ids: Set<DispatchID>, until: Int64)] = [:]

        mutating func forget(_ agent: String) {
            parts[agent] = nil
            unknown[agent] = nil
            asked[agent] = nil
        }
    }

    /// A part of what an agent's journal holds has come; the last one is followed by the comparison.
    ///
    /// The reports before it were handed to the ledger before, so the comparison sees what they brought.
    func summary(_ part: JournalSummary, agent: String, over link: any AgentLink) {
        state.withLock { state in
            guard state.delivery.isUp(link, agent) else { return }
            // One for each link.
            guard var held = state.talks.parts[agent, default: []] else { return }
            held += part.held
            guard held.count < part.total else {
                state.talks.parts[agent] = .some(nil)
                return compare(held, agent: agent, over: link, &state)
            }
            state.talks.parts[agent] = held
            guard !part.held.isEmpty, held.count <= JournalTalks.limit else {
                logger.warning("Agent's summary of its journal makes no sense", metadata: .of([.agent: agent]))
                state.talks.parts[agent] = .some(nil)
                return
            }
        }
    }

    /// Called under the lock, so that what is reported next comes after the comparison.
    private func compare(
        _ held: [HeldDispatch], agent: String, over link: any AgentLink, _ state: inout State
    ) {
        let reconciliation = Reconciliation(agent: agent, at: Timestamp.now(), held: held)
        let active = held.filter { $0.stage == .active }.map(\.id)
        state.counters.expect(active, agent: agent)
        ledger.enqueue([.reconcile(reconciliation)]) { [weak self] result in
            guard let self else { return }
            let differences = (try? result.get()).map { reconciliation.findings.value }
            if let differences { log(differences, held: held.count, agent: agent) }
            self.state.withLock { state in
                for id in differences?.lost ?? [] { state.counters.end(id, agent: agent) }
                for found in differences?.active ?? [] {
                    state.counters.beginExpected(found.id, activeResponse: found.activeResponse, agent: agent)
                }
                state.counters.forgetExpected(active, agent: agent)
                guard let unknown = differences?.unknown, !unknown.isEmpty, state.delivery.isUp(link, agent) else {
                    return
                }
                state.talks.unknown[agent] = (unknown[...], Timestamp.now() + JournalTalks.patience)
            }
        }
    }

    private func log(_ differences: Reconciliation.Differences, held: Int, agent: String) {
        guard !differences.isEmpty else {
            return logger.info(
                "Agent's journal agrees with the ledger", metadata: .of([.agent: agent, .count: held]))
        }
        let found = [
            (differences.lost.count, "the journal does not know"),
            (differences.active.count, "only the journal holds as active"),
            (differences.moved, "with another undo time"), (differences.unknown.count, "the ledger does not know"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        logger.notice(
            "Agent's journal and the ledger differed; the ledger follows the journal",
            metadata: .of([.agent: agent, .count: held, .reason: found]))
    }

    /// Asks agents for what their journals hold and the ledger still does not know.
    func askForUnknown(now: Int64) {
        state.withLock { state in
            for agent in state.talks.unknown.keys { askForUnknown(of: agent, now: now, &state) }
        }
    }

    /// Asks an agent for the next dispatches, once it has told those that it was asked for before.
    private func askForUnknown(of agent: String, now: Int64, _ state: inout State) {
        if let asked = state.talks.asked[agent], !asked.ids.isEmpty, asked.until > now { return }
        guard let unknown = state.talks.unknown[agent], unknown.askFrom <= now,
            let link = state.delivery.link(to: agent)
        else { return }
        let next = unknown.ids.prefix(JournalTalks.questions)
        let candidates = next.filter { !uncommitted.contains($0) }
        // When the ledger cannot be read it is tried again.
        guard let known = try? ledger.known(candidates) else { return }
        let rest = unknown.ids.dropFirst(next.count)
        state.talks.unknown[agent] = rest.isEmpty ? nil : (rest, now)
        let asked = candidates.filter { !known.contains($0) }
        state.talks.asked[agent] = asked.isEmpty ? nil : (Set(asked), now + JournalTalks.answerTime)
        if !asked.isEmpty { link.describe(asked) }
    }

    /// An agent has told a dispatch that was asked for: the ledger gets it back.
    func found(_ found: HeldOrder, agent: String, over link: any AgentLink) {
        state.withLock { state in
            let id = found.held.id
            guard state.delivery.isUp(link, agent), state.talks.asked[agent]?.ids.remove(id) != nil else { return }
            defer { askForUnknown(of: agent, now: Timestamp.now(), &state) }
            guard Self.isOwn(found.order, agent: agent) else {
                return logger.warning(
                    "Agent's journal holds a dispatch that cannot be one of its own; it is left out",
                    metadata: .of([.agent: agent, .dispatch: id]))
            }
            let now = Timestamp.now()
            let event = DispatchEvent(
                dispatch: id, at: now, name: found.held.stage == .active ? "active" : "found",
                state: DispatchState(found.held.stage),
                detail: "the agent's journal holds it; the ledger did not know it", undoDue: found.held.undoDue)
            state.filter.insert(id)
            _ = uncommitted.insert(id)
            state.counters.begin(id, activeResponse: found.order.activeResponse, agent: agent)
            logger.notice(
                "Response is in the ledger again", metadata: .of([.agent: agent, .dispatch: id, .state: event.name]))
            commit([
                .dispatch(
                    NewDispatch(
                        facts: DispatchFacts(found.order, created: now), order: found.order.encoded(),
                        events: [event]))
            ])
        }
    }

    /// Whether a dispatch's id is the one that this agent's order has: an agent must not take the id of another one's.
    private static func isOwn(_ order: Order, agent: String) -> Bool {
        guard order.agentID == agent else { return false }
        let byHand = HandCommand.id(alertID: order.alertID, name: order.activeResponse, agent: agent)
        if order.id == byHand { return true }
        guard let alert = try? Alert(json: order.alertJSON) else { return false }
        return order.id
            == .of(
                alertIdentity: alert.identity.bytes, activeResponse: order.activeResponse, agent: agent, action: "add")
    }
}

extension DispatchState {
    fileprivate init(_ stage: HeldDispatch.Stage) {
        self =
            switch stage {
            case .waiting: .delivered
            case .running: .running
            case .active: .active
            case .undoing: .undoing
            case .undoFailed: .undoFailed
            }
    }
}
