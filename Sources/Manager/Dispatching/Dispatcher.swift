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
/// Orders leave at once; their ledger entries are committed meanwhile (DESIGN.md, "Never lose", 3), except for those by
/// hand, which leave after that. An order
/// counts as delivered when its agent has it in its journal; until then it is sent again over every new link.
///
/// A lock and not an actor guards its state: a source's thread decides and sends in one go, and a change of thread
/// would cost a tenth of the whole way from the alert to the script. An order is sent and its entry enqueued under one
/// hold of the lock, or sent after that, so that nothing that its agent reports can come before it in the ledger.
final class Dispatcher: Sendable {
    struct State: Sendable {
        var delivery = Delivery()
        var filter = KnownDispatchFilter()
        var talks = JournalTalks()
        var lifts = Lifts()
        var counters = LimitCounters()
        /// By agent, the last report that was noted, and the journal that numbers it.
        var noted: [String: (journal: String, sequence: UInt64)] = [:]
        /// Held responses whose answer is on its way to the ledger.
        var answering: Set<DispatchID> = []

        mutating func cut(_ agent: String, reason: String) {
            delivery.cut(agent, reason: reason)
            talks.forget(agent)
        }
    }

    let ledger: any Ledger
    let context: DecisionContext
    /// When held responses want their default answer.
    let holdAlarm = HoldAlarm()
    let alertsLog: AlertsLog
    /// Why the last alert could not be written there; nil when it was.
    let logTrouble = Mutex<String?>(nil)
    let factory: OrderFactory
    let stopMark: StopMark
    let logger: Logger
    let uncommitted = UncommittedDispatches()
    let reportsUnderway = ReportsUnderway()
    let state = Mutex(State())

    /// - Parameter stopMark: where a stop is marked that the ledger cannot take.
    init(
        ledger: any Ledger, context: DecisionContext, alertsLog: AlertsLog, managerName: String, stopMark: StopMark,
        logger: Logger
    ) {
        self.ledger = ledger
        self.context = context
        self.alertsLog = alertsLog
        self.factory = OrderFactory(managerName: managerName)
        self.stopMark = stopMark
        self.logger = logger
    }

    /// The orders that no agent has confirmed yet.
    var pendingCount: Int { state.withLock { $0.delivery.count } }

    /// Takes up again what the last run of the manager left undelivered.
    ///
    /// Call it before the first link.
    func resume() async throws(LedgerError) {
        try await ledger.forEachDispatchID { id in self.state.withLock { $0.filter.insert(id) } }
        var stop = try await ledger.stop()
        if stop == nil, let marked = stopMark.stop {
            stop = marked
            commit([.stop(marked), .event(.change("stopped", detail: marked.description, at: marked.at))])
        }
        let underWay = try await ledger.underWay()
        let recent = try await ledger.recentRuns(since: Timestamp.now() - 60_000)
        state.withLock { state in
            if let stop { _ = state.delivery.begin(stop) }
            for dispatch in underWay {
                state.counters.begin(
                    dispatch.id, activeResponse: dispatch.activeResponse, agent: dispatch.agentID)
            }
            for run in recent.reversed() { state.counters.countRun(of: run.activeResponse, at: run.at) }
        }
        if let stop { logger.warning("Everything is stopped", metadata: .of([.reason: stop.description])) }
        for dispatch in try await ledger.queued() {
            do throws(WireError) {
                let order = try Order(encoded: dispatch.order)
                state.withLock { $0.delivery.give(order) }
            } catch {
                unreadable(dispatch.id, error)
            }
        }
        for request in try await ledger.undoRequests() {
            do throws(WireError) {
                var undo = try Order(encoded: request.order)
                undo.kind = .undo(by: request.by)
                state.withLock { $0.delivery.give(undo) }
            } catch {
                unreadable(request.id, error)
            }
        }
        for lift in try await ledger.lifts() { state.withLock { $0.lifts.add(lift) } }
        // The removal of an agent may have been the last that the manager did.
        commit([.lost(agent: nil, at: Timestamp.now(), reason: Self.removed)])
    }

    /// Why the responses of an agent that was removed are given up.
    static let removed = "the agent was removed; what is in force there it undoes by itself, if it still runs"

    func unreadable(_ id: DispatchID, _ error: WireError) {
        logger.error(
            "Order in the ledger cannot be read and is left out", metadata: .of([.dispatch: id, .error: error]))
    }

    /// Commits changes together.
    ///
    /// The ledger itself logs what it cannot keep.
    ///
    /// - Parameter completion: called once they, and everything that was to be committed before them, are durable, or
    ///   failed.
    func commit(
        _ changes: [LedgerChange], completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void = { _ in }
    ) {
        let ids = changes.compactMap { change -> DispatchID? in
            if case .dispatch(let new) = change { new.facts.id } else { nil }
        }
        ledger.enqueue(changes) { [uncommitted, holdAlarm] result in
            uncommitted.remove(ids)
            holdAlarm.set(for: changes)
            completion(result)
        }
    }

    /// How long what was undone by hand is not applied again by alerts, in milliseconds.
    var undoGrace: Int64 { context.current.policy.undoGrace.components.seconds * 1000 }
}
