import ActiveResponse
import Audit
import Foundation
import GRDB

extension SQLiteLedger {
    func known(_ ids: [DispatchID]) throws(LedgerError) -> Set<DispatchID> {
        do {
            return try decisions.read { database in
                let statement = try database.cachedStatement(
                    sql: """
                        SELECT 1 FROM dispatch WHERE id = ?1
                        UNION ALL SELECT 1 FROM removed_dispatch WHERE id = ?1
                        """)
                return Set(try ids.filter { try Row.fetchOne(statement, arguments: [$0.blob]) != nil })
            }
        } catch {
            throw LedgerError(error)
        }
    }

    func forEachDispatchID(_ take: @escaping @Sendable (DispatchID) -> Void) async throws(LedgerError) {
        try await read { database in
            let blobs = try Data.fetchCursor(
                database, sql: "SELECT id FROM dispatch UNION ALL SELECT id FROM removed_dispatch")
            while let blob = try blobs.next() {
                if let id = DispatchID(bytes: Array(blob)) { take(id) }
            }
        }
    }

    func dispatch(_ id: DispatchID) async throws(LedgerError) -> DispatchRecord? {
        try await read { database in
            let row = try Row.fetchOne(
                database, sql: "SELECT \(DispatchRecord.columns) FROM \(DispatchRecord.tables) WHERE id = ?",
                arguments: [id.blob])
            guard let row else { return nil }
            var record = try DispatchRecord(row: row)
            let output = try Data.fetchOne(
                database, sql: "SELECT output FROM event WHERE seq = ?", arguments: [record.progress.outputEvent])
            record.output = output.map(Array.init)
            return record
        }
    }

    func order(_ id: DispatchID) async throws(LedgerError) -> [UInt8]? {
        try await read { database in
            let sql = "SELECT encoded FROM dispatch JOIN dispatch_order USING (seq) WHERE id = ?"
            return try Data.fetchOne(database, sql: sql, arguments: [id.blob]).map(Array.init)
        }
    }

    func dispatchIDs(prefix: String, limit: Int) async throws(LedgerError) -> [DispatchID] {
        let missing = 32 - prefix.utf8.count
        guard missing >= 0,
            let first = DispatchID(hex: prefix + String(repeating: "0", count: missing)),
            let last = DispatchID(hex: prefix + String(repeating: "f", count: missing))
        else { return [] }
        return try await read { database in
            try Data.fetchAll(
                database, sql: "SELECT id FROM dispatch WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?",
                arguments: [first.blob, last.blob, limit]
            ).map { try DispatchID(blob: $0) }
        }
    }

    func dispatches(_ filter: DispatchFilter) async throws(LedgerError) -> [DispatchRecord] {
        var conditions: [String] = []
        var arguments = StatementArguments()
        if let agent = filter.agent {
            conditions.append("agent_id = ?")
            arguments += [agent]
        }
        if filter.state == .active {
            conditions.append(
                """
                (state IN ('active', 'undoing', 'undo_failed')
                OR state = 'failed' AND stateful AND undo_due IS NOT NULL)
                """)
        } else if let state = filter.state {
            conditions.append("state = ?")
            arguments += [state.rawValue]
        }
        let condition = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        let sql =
            "SELECT \(DispatchRecord.columns) FROM \(DispatchRecord.tables) \(condition) ORDER BY seq DESC LIMIT ?"
        let all = arguments + [filter.limit]
        return try await read { database in
            try Row.fetchAll(database, sql: sql, arguments: all).map { try DispatchRecord(row: $0) }
        }
    }

    func timeline(_ id: DispatchID) async throws(LedgerError) -> [DispatchEvent] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT \(DispatchEvent.columns) FROM event WHERE dispatch_id = ?1 AND (reporter IS NULL
                    OR reporter = coalesce((SELECT agent_id FROM dispatch WHERE id = ?1), reporter)) ORDER BY seq
                    """, arguments: [id.blob]
            ).map { try DispatchEvent(row: $0) }
        }
    }

    func changes(limit: Int) async throws(LedgerError) -> [DispatchEvent] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT \(DispatchEvent.columns) FROM event
                    WHERE dispatch_id = ? AND reporter IS NULL AND event <> ? ORDER BY seq DESC LIMIT ?
                    """, arguments: [DispatchID.zero.blob, RemovedRun.eventName, limit]
            ).map { try DispatchEvent(row: $0) }
        }
    }

    func queued() async throws(LedgerError) -> [QueuedDispatch] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT id, encoded FROM dispatch JOIN dispatch_order USING (seq)
                    WHERE state = 'queued' ORDER BY seq
                    """
            ).map { row in
                let order: Data = row["encoded"]
                return QueuedDispatch(id: try DispatchID(blob: row["id"]), order: Array(order))
            }
        }
    }

    func undoRequests() async throws(LedgerError) -> [UndoRequest] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT id, undo_by, encoded FROM dispatch JOIN dispatch_order USING (seq)
                    WHERE undo_by IS NOT NULL ORDER BY seq
                    """
            ).map { row in
                let order: Data = row["encoded"]
                return UndoRequest(id: try DispatchID(blob: row["id"]), by: row["undo_by"], order: Array(order))
            }
        }
    }

    func lifts() async throws(LedgerError) -> [Lift] {
        try await read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM lift ORDER BY at").map { row in
                Lift(
                    agent: row["agent_id"],
                    key: ResponseKey(
                        command: row["command"], user: row["user"], sourceAddress: row["srcip"],
                        object: row["filename"]),
                    dispatch: try DispatchID(blob: row["dispatch_id"]), by: row["by"], at: row["at"],
                    until: row["until"])
            }
        }
    }

    func counts() async throws(LedgerError) -> [DispatchState: Int] {
        try await read { database in
            let rows = try Row.fetchAll(database, sql: "SELECT state, count(*) AS n FROM dispatch GROUP BY state")
            return try rows.reduce(into: [:]) { $0[try DispatchState(column: $1["state"])] = $1["n"] }
        }
    }

    func positions() async throws(LedgerError) -> [String: String] {
        try await read { database in
            let rows = try Row.fetchAll(database, sql: "SELECT source, value FROM source_position")
            return rows.reduce(into: [:]) { $0[$1["source"]] = $1["value"] }
        }
    }
}
