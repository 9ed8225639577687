import ActiveResponse
import Foundation
import GRDB

extension SQLiteLedger {
    func held(_ ids: [DispatchID]) throws(LedgerError) -> [ResponseOnHold] {
        do {
            return try decisions.read { database in
                let statement = try database.cachedStatement(
                    sql: """
                        SELECT \(Hold.columns), created, expires, encoded
                        FROM dispatch JOIN dispatch_hold USING (seq) JOIN dispatch_order USING (seq)
                        WHERE id = ? AND state = 'held'
                        """)
                return try ids.compactMap { id in
                    guard let row = try Row.fetchOne(statement, arguments: [id.blob]), let hold = Hold(row: row)
                    else { return nil }
                    let (created, expires): (Int64, Int64?) = (row["created"], row["expires"])
                    let order: Data = row["encoded"]
                    return ResponseOnHold(
                        id: id, hold: hold, lifetime: expires.map { max(1, $0 - created) } ?? 0, order: Array(order))
                }
            }
        } catch {
            throw LedgerError(error)
        }
    }

    func nextHoldDeadline() async throws(LedgerError) -> Int64? {
        try await read { database in
            try Int64.fetchOne(
                database,
                sql: "SELECT min(hold_deadline) FROM dispatch JOIN dispatch_hold USING (seq) WHERE state = 'held'")
        }
    }

    func overdueHolds(at now: Int64, limit: Int) async throws(LedgerError) -> [DispatchID] {
        try await read { database in
            try Data.fetchAll(
                database,
                sql: """
                    SELECT id FROM dispatch JOIN dispatch_hold USING (seq)
                    WHERE state = 'held' AND hold_deadline <= ? ORDER BY seq LIMIT ?
                    """, arguments: [now, limit]
            ).map { try DispatchID(blob: $0) }
        }
    }

    func underWay() async throws(LedgerError) -> [DispatchUnderWay] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT id, active_response, agent_id FROM dispatch
                    WHERE (state IN ('queued', 'delivered', 'running', 'undoing') OR \(SQL.isInForce))
                    AND \(SQL.isServed)
                    """
            ).map { row in
                DispatchUnderWay(
                    id: try DispatchID(blob: row["id"]), activeResponse: row["active_response"],
                    agentID: row["agent_id"])
            }
        }
    }

    func recentRuns(since: Int64) async throws(LedgerError) -> [RecentRun] {
        try await read { database in
            // Decisions are numbered in the order of their times, so that the newest are found without an index.
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT active_response, created, EXISTS (
                        SELECT 1 FROM event WHERE dispatch_id = id AND event IN ('queued', 'approved')
                    ) AS ran FROM dispatch ORDER BY seq DESC
                    """)
            var runs: [RecentRun] = []
            while let row = try rows.next() {
                let at: Int64 = row["created"]
                guard at > since else { break }
                if row["ran"] { runs.append(RecentRun(activeResponse: row["active_response"], at: at)) }
            }
            return runs
        }
    }

    func undoable(
        agent: String?, command: String?, after: Int64, limit: Int
    ) async throws(LedgerError) -> [(sequence: Int64, order: [UInt8])] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT seq, encoded FROM dispatch JOIN dispatch_order USING (seq)
                    WHERE seq > ?1 AND stateful
                    AND (state IN ('delivered', 'running', 'undo_failed') OR \(SQL.isInForce))
                    AND undo_by IS NULL AND agent_id = coalesce(?2, agent_id) AND command = coalesce(?3, command)
                    AND \(SQL.isServed) ORDER BY seq LIMIT ?4
                    """, arguments: [after, agent, command, limit]
            ).map { row in
                let order: Data = row["encoded"]
                return (row["seq"], Array(order))
            }
        }
    }

    func stop() async throws(LedgerError) -> Stop? {
        try await read { database in
            try Row.fetchOne(database, sql: "SELECT at, by, reason FROM stop").map { row in
                Stop(at: row["at"], by: row["by"], reason: row["reason"])
            }
        }
    }
}

private enum SQL {
    /// A stateful run that failed may have done a part of its work: it is in force until its undo.
    static let isInForce = "(state = 'active' OR state = 'failed' AND stateful AND undo_due IS NOT NULL)"
    /// The response's agent is enrolled, or it is the manager's own.
    static let isServed = "(agent_id = '000' OR agent_id IN (SELECT id FROM agent WHERE removed IS NULL))"
}
