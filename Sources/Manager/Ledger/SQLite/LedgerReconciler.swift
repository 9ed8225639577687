import ActiveResponse
import GRDB

/// Brings the ledger's responses that are not over in line with what is known of their agents, inside the transaction
/// of the caller.
struct LedgerReconciler {
    /// Whether a response is in the hands of its agent; the index `dispatch_open` has the same words.
    ///
    /// A stateful run that failed may have done a part of its work: it is in force until its undo.
    static let open = """
        (state IN ('delivered', 'running', 'active', 'undoing', 'undo_failed')
        OR state = 'failed' AND stateful AND undo_due IS NOT NULL)
        """

    /// An undo time that differs by less, in milliseconds, is the same one by two clocks.
    private static let tolerance: UInt64 = 1000

    /// Goes on with the chain of the caller, who takes it back.
    private(set) var writer: LedgerChangeWriter

    init(writer: LedgerChangeWriter) {
        self.writer = writer
    }

    /// Compares with what the agent's journal holds.
    mutating func reconcile(_ reconciliation: Reconciliation) throws {
        let (agent, at) = (reconciliation.agent, reconciliation.at)
        var differences = Reconciliation.Differences()
        var left = Dictionary(reconciliation.held.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let sql = "SELECT id, \(DispatchProgress.columns) FROM dispatch WHERE agent_id = ? AND \(Self.open)"
        for row in try Row.fetchAll(writer.database, sql: sql, arguments: [agent]) {
            let id = try DispatchID(blob: row["id"])
            let progress = try DispatchProgress(row: row)
            if let held = left.removeValue(forKey: id) {
                try compare(held, progress, at: at, &differences)
            } else if try lose(id, progress, at: at, because: "the agent's journal does not know it") {
                differences.lost.append(id)
            }
        }
        // In the journal's order.
        for held in reconciliation.held where left[held.id] != nil {
            guard let row = try writer.progress(of: held.id) else {
                differences.unknown.append(held.id)
                continue
            }
            let owner: String = row["agent_id"]
            if owner == agent { try compare(held, DispatchProgress(row: row), at: at, &differences) }
        }
        reconciliation.findings.value = differences
    }

    /// Gives up every response that is in the hands of an agent.
    ///
    /// - Parameter agent: nil for all agents that are not enrolled any more.
    mutating func loseAll(of agent: String?, at: Int64, because reason: String) throws {
        let owner =
            agent == nil
            ? "agent_id NOT IN (SELECT id FROM agent WHERE removed IS NULL) AND agent_id <> '\(OrderFactory.managerID)'"
            : "agent_id = ?"
        let sql = "SELECT id, \(DispatchProgress.columns) FROM dispatch WHERE \(owner) AND \(Self.open)"
        let arguments: StatementArguments = agent.map { [$0] } ?? []
        for row in try Row.fetchAll(writer.database, sql: sql, arguments: arguments) {
            _ = try lose(try DispatchID(blob: row["id"]), DispatchProgress(row: row), at: at, because: reason)
        }
    }

    private mutating func compare(
        _ held: HeldDispatch, _ progress: DispatchProgress, at: Int64, _ differences: inout Reconciliation.Differences
    ) throws {
        // What else the agent is about to do it reports in a moment.
        guard held.stage == .active else { return }
        switch progress.state {
        // One whose script failed is in force as well, see `ReportTranslation`.
        case .active, .failed:
            guard let due = held.undoDue, !Self.isSame(progress.undoDue ?? 0, due) else { return }
            differences.moved += 1
            try writer.correct(
                DispatchEvent(
                    dispatch: held.id, at: at, name: "undo_due", detail: "by the agent's journal", undoDue: due))
        case let state:
            let sql = "SELECT active_response FROM dispatch WHERE id = ?"
            let response = try String.fetchOne(writer.database, sql: sql, arguments: [held.id.blob]) ?? ""
            differences.active.append(.init(id: held.id, activeResponse: response))
            try writer.correct(
                DispatchEvent(
                    dispatch: held.id, at: at, name: "active", state: .active,
                    detail: "the agent's journal holds it as active; the ledger had it as \(state.rawValue)",
                    undoDue: held.undoDue))
        }
    }

    /// Whether two undo times are one; `due` is what the agent says, any number.
    private static func isSame(_ known: Int64, _ due: Int64) -> Bool {
        let (difference, isBeyond) = known.subtractingReportingOverflow(due)
        return !isBeyond && difference.magnitude <= tolerance
    }

    /// - Returns: false when there is nothing to lose: an undo that failed for good.
    private mutating func lose(
        _ id: DispatchID, _ progress: DispatchProgress, at: Int64, because reason: String
    ) throws -> Bool {
        if progress.state == .undoFailed {
            guard progress.undoRetry != nil else { return false }
            let detail = reason + "; the undo is not tried again"
            try writer.correct(
                DispatchEvent(dispatch: id, at: at, name: "unknown", state: .undoFailed, detail: detail))
        } else {
            try writer.correct(
                DispatchEvent(dispatch: id, at: at, name: "unknown", state: .unknown, detail: reason))
        }
        return true
    }
}
