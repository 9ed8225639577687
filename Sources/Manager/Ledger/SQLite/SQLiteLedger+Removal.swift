import ActiveResponse
import Audit
import Foundation
import GRDB

extension SQLiteLedger {
    func remove(_ removal: LedgerRemoval) async throws(LedgerError) -> LedgerRemoval.Outcome {
        let found = try await read { try RemovalSearch(removal, $0).run() }
        guard !found.dispatches.isEmpty || !found.records.isEmpty else {
            return LedgerRemoval.Outcome(next: found.next)
        }
        return try await write { database in
            var outcome = try LedgerRemover(database: database, removal: removal).remove(found)
            outcome.next = found.next
            return outcome
        }
    }

    func forget(at now: Int64, limit: Int) async throws(LedgerError) -> Bool {
        try await write { database in
            // A lift whose undo is under way still counts.
            try database.execute(
                sql: """
                    DELETE FROM lift WHERE rowid IN (
                        SELECT rowid FROM lift WHERE until < ?
                        AND dispatch_id NOT IN (SELECT id FROM dispatch WHERE undo_by IS NOT NULL) LIMIT ?)
                    """, arguments: [now, limit])
            let lifts = database.changesCount
            try database.execute(
                sql: """
                    DELETE FROM removed_dispatch WHERE seq IN (
                        SELECT seq FROM removed_dispatch WHERE until < ? ORDER BY until LIMIT ?)
                    """, arguments: [now, limit])
            return max(lifts, database.changesCount) >= limit
        }
    }

    func size() async throws(LedgerError) -> LedgerSize {
        try await read { database in
            func value(_ pragma: String) throws -> Int { try Int.fetchOne(database, sql: "PRAGMA \(pragma)") ?? 0 }
            let page = try value("page_size")
            let pages = try value("page_count")
            return LedgerSize(file: pages * page, used: (pages - (try value("freelist_count"))) * page)
        }
    }

    func shrink(limit: Int) async throws(LedgerError) {
        try await write { database in
            // The pages are given back one for each step of the statement.
            _ = try Row.fetchAll(database, sql: "PRAGMA incremental_vacuum(\(max(1, limit / 4_096)))")
        }
    }

    func head() async throws(LedgerError) -> ChainHead {
        try await read { try LedgerChain($0).head }
    }
}

/// What is removed in one go.
struct RemovableRecords: Sendable {
    /// The ids of responses that are over.
    var dispatches: [Data] = []
    /// The numbers of records that belong to no response.
    var records: [Int64] = []
    /// Where the search goes on; nil at its end.
    var next: Int64?
}

/// Looks for what may be removed, oldest first, beside the writer.
struct RemovalSearch {
    private let removal: LedgerRemoval
    private let database: Database

    /// Whether nothing more happens to a response; `:before` is where what is old ends.
    ///
    /// A stateful response that failed is over only when it never had an undo coming; one that got lost also when its
    /// time is long past. One whose undo failed is kept, since what it did may still be in force, but see
    /// ``isCovered(_:_:_:)``. Nobody will ever hear of either when its agent was removed.
    static let isOver = """
        undo_by IS NULL AND (state IN ('done', 'undone', 'expired', 'cancelled', 'refused')
        OR (state = 'failed' AND (undo_due IS NULL OR NOT stateful))
        OR (state = 'unknown' AND (undo_due IS NULL OR undo_due < :before))
        OR (state IN ('unknown', 'undo_failed') AND agent_id <> '\(OrderFactory.managerID)'
        AND agent_id NOT IN (SELECT id FROM agent WHERE removed IS NULL)))
        """

    /// Whether the undo of a response failed for good because another one took over, and that one is over.
    static func isCovered(_ id: Data, _ removal: LedgerRemoval, _ database: Database) throws -> Bool {
        let end = try database.cachedStatement(
            sql: """
                SELECT detail FROM dispatch JOIN event ON dispatch_id = id
                WHERE id = ? AND dispatch.state = 'undo_failed' AND dispatch.undo_retry IS NULL AND undo_by IS NULL
                AND event = 'undo_failed' AND reporter = agent_id ORDER BY event.seq DESC LIMIT 1
                """)
        guard let detail = try String.fetchOne(end, arguments: [id]), let successor = Takeover.successor(in: detail)
        else { return false }
        let find = try database.cachedStatement(sql: "SELECT \(isOver) FROM dispatch WHERE id = :id")
        // One that is not here any more was over.
        return try Bool.fetchOne(find, arguments: ["id": successor.blob, "before": removal.before]) ?? true
    }

    /// The responses whose undo by hand still counts: what is said to be lifted can be looked up.
    private let lifted: Set<Data>

    init(_ removal: LedgerRemoval, _ database: Database) throws {
        self.removal = removal
        self.database = database
        lifted = try Self.lifted(removal, database)
    }

    static func lifted(_ removal: LedgerRemoval, _ database: Database) throws -> Set<Data> {
        try Data.fetchSet(
            database, sql: "SELECT dispatch_id FROM lift WHERE until > ?", arguments: [removal.now])
    }

    func run() throws -> RemovableRecords {
        removal.scope == .orphans ? try orphans() : try oldest()
    }

    /// The reports that belong to no response, in the order in which the first ones of each came.
    private func orphans() throws -> RemovableRecords {
        var found = RemovableRecords()
        var taken = 0
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT seq, id, (SELECT count(*) FROM event WHERE dispatch_id = id) FROM orphan
                WHERE seq > ? ORDER BY seq
                """, arguments: [removal.after])
        while taken < removal.limit {
            guard let row = try rows.next() else {
                found.next = nil
                break
            }
            found.next = row[0]
            found.dispatches.append(row[1])
            taken += row[2]
        }
        return found
    }

    private func oldest() throws -> RemovableRecords {
        var found = RemovableRecords()
        var seen: Set<Data> = []
        var (looked, taken, young) = (0, 0, 0)
        let rows = try Row.fetchCursor(
            database, sql: "SELECT seq, dispatch_id, at, event, reporter FROM event WHERE seq > ? ORDER BY seq",
            arguments: [removal.after])
        while let row = try rows.next() {
            let (number, id, at): (Int64, Data, Int64) = (row["seq"], row["dispatch_id"], row["at"])
            let reporter: String? = row["reporter"]
            // Everything after so many young ones is younger. One alone may come from a clock that was wrong.
            young = reporter == nil && at >= removal.before ? young + 1 : 0
            if removal.scope == .old, young > 2 * removal.limit { break }
            looked += 1
            found.next = number
            if id == LedgerChain.noDispatch {
                if at < removal.before, try !isNeeded(number, row["event"]) {
                    found.records.append(number)
                    taken += 1
                }
            } else if seen.insert(id).inserted, let count = try removableRecords(of: id) {
                found.dispatches.append(id)
                taken += count
            }
            if taken >= removal.limit || looked >= 10 * removal.limit { return found }
        }
        found.next = nil
        return found
    }

    /// Whether the record tells of a gap that no later record tells of.
    private func isNeeded(_ number: Int64, _ event: String) throws -> Bool {
        guard event == RemovedRun.eventName else { return false }
        let statement = try database.cachedStatement(sql: "SELECT 1 FROM removed_run WHERE record = ?")
        return try Row.fetchOne(statement, arguments: [number]) != nil
    }

    /// How many records a response has that may be removed; nil when it may not.
    private func removableRecords(of id: Data) throws -> Int? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT (SELECT \(Self.isOver) FROM dispatch WHERE id = :id), count(*), max(at)
                FROM event WHERE dispatch_id = :id
                """)
        guard !lifted.contains(id),
            let row = try Row.fetchOne(statement, arguments: ["id": id, "before": removal.before])
        else { return nil }
        let (isOver, count, last): (Bool?, Int, Int64) = (row[0], row[1], row[2])
        // Reports can be here before their response. One that never came is of no use to anybody once they are old.
        guard let isOver else { return last < removal.before ? count : nil }
        guard removal.scope == .all || last < removal.before else { return nil }
        return try isOver || Self.isCovered(id, removal, database) ? count : nil
    }
}

/// Removes what was found, inside one transaction.
struct LedgerRemover {
    let database: Database
    let removal: LedgerRemoval

    func remove(_ found: RemovableRecords) throws -> LedgerRemoval.Outcome {
        var outcome = LedgerRemoval.Outcome()
        var numbers = found.records
        let lifted = try RemovalSearch.lifted(removal, database)
        let records = try database.cachedStatement(sql: "SELECT seq FROM event WHERE dispatch_id = ?")
        for id in found.dispatches {
            // Since the search somebody may have asked to undo it.
            guard !lifted.contains(id), try remove(dispatch: id) else { continue }
            numbers += try Int64.fetchAll(records, arguments: [id])
            outcome.responses += 1
        }
        guard !numbers.isEmpty else { return outcome }
        outcome.records = numbers.count
        let runs = try runs(of: numbers.sorted())
        // Before the records go: the chain goes on after the last that there ever was.
        var writer = try LedgerChangeWriter(database)
        let delete = try database.cachedStatement(sql: "DELETE FROM event WHERE seq = ?")
        for number in numbers { try delete.execute(arguments: [number]) }
        let reason = removal.scope == .old ? "older than is kept" : "the ledger is too large"
        try writer.append(
            .change(
                RemovedRun.eventName, detail: "\(outcome.responses) responses, \(outcome.records) records: \(reason)",
                at: removal.now, output: RemovedRun.encode(runs)))
        for run in runs { try keep(run, record: writer.last) }
        return outcome
    }

    private func remove(dispatch id: Data) throws -> Bool {
        let find = try database.cachedStatement(sql: "SELECT seq, \(RemovalSearch.isOver) FROM dispatch WHERE id = :id")
        if let row = try Row.fetchOne(find, arguments: ["id": id, "before": removal.before]) {
            let (number, isOver): (Int64, Bool) = (row[0], row[1])
            guard try isOver || RemovalSearch.isCovered(id, removal, database) else { return false }
            try database.cachedStatement(sql: "DELETE FROM dispatch_order WHERE seq = ?").execute(arguments: [number])
            try database.cachedStatement(sql: "DELETE FROM dispatch_hold WHERE seq = ?").execute(arguments: [number])
            try database.cachedStatement(sql: "DELETE FROM dispatch WHERE seq = ?").execute(arguments: [number])
            try database.cachedStatement(sql: "INSERT OR REPLACE INTO removed_dispatch (id, until) VALUES (?, ?)")
                .execute(arguments: [id, removal.rememberUntil])
        } else {
            try database.cachedStatement(sql: "DELETE FROM orphan WHERE id = ?").execute(arguments: [id])
        }
        return true
    }

    /// The gaps that there are without these records, each joined with the gaps beside it.
    private func runs(of numbers: [Int64]) throws -> [RemovedRun] {
        var runs: [RemovedRun] = []
        for number in numbers {
            let hash = try hash(of: number)
            if let last = runs.indices.last, runs[last].last == number - 1 {
                runs[last].last = number
                runs[last].after = hash
            } else if let before = try gap("last", number - 1) {
                runs.append(RemovedRun(first: before.first, last: number, before: before.before, after: hash))
            } else {
                let before = number == 1 ? AuditHash.start : try self.hash(of: number - 1)
                runs.append(RemovedRun(first: number, last: number, before: before, after: hash))
            }
            if let next = try gap("first", number + 1), let last = runs.indices.last {
                runs[last].last = next.last
                runs[last].after = next.after
            }
        }
        return runs
    }

    private func hash(of number: Int64) throws -> AuditHash {
        let statement = try database.cachedStatement(sql: "SELECT hash FROM event WHERE seq = ?")
        // Without a hash the record was tampered with, and the verification has long said so.
        return try Data.fetchOne(statement, arguments: [number]).flatMap { AuditHash($0) } ?? .start
    }

    /// The gap that begins or ends with a number.
    private func gap(_ column: String, _ number: Int64) throws -> RemovedRun? {
        let statement = try database.cachedStatement(
            sql: "SELECT first, last, before, after FROM removed_run WHERE \(column) = ?")
        guard let row = try Row.fetchOne(statement, arguments: [number]) else { return nil }
        let (before, after): (Data, Data) = (row["before"], row["after"])
        return RemovedRun(
            first: row["first"], last: row["last"], before: AuditHash(before) ?? .start,
            after: AuditHash(after) ?? .start)
    }

    /// Keeps a gap in the place of those that it covers.
    private func keep(_ run: RemovedRun, record: Int64) throws {
        try database.cachedStatement(sql: "DELETE FROM removed_run WHERE first BETWEEN ? AND ?")
            .execute(arguments: [run.first, run.last])
        try database.cachedStatement(
            sql: "INSERT INTO removed_run (first, last, before, after, record) VALUES (?, ?, ?, ?, ?)"
        ).execute(arguments: [run.first, run.last, Data(run.before.bytes), Data(run.after.bytes), record])
    }
}
