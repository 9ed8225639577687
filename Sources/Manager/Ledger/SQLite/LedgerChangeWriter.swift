import ActiveResponse
import Audit
import Foundation
import GRDB

/// Writes changes inside the transaction of the caller, each event as the next record of the chain.
struct LedgerChangeWriter {
    let database: Database
    private var chain: LedgerChain

    init(_ database: Database) throws {
        self.database = database
        chain = try LedgerChain(database)
    }

    mutating func apply(_ change: LedgerChange) throws {
        switch change {
        case .dispatch(let dispatch): try insert(dispatch)
        case .event(let event): try append(event)
        case .release(let release): try apply(release)
        case .stop(let stop):
            try run(SQL.endStop, [])
            if let stop { try run(SQL.saveStop, [stop.at, stop.by, stop.reason]) }
        case .position(let source, let value): try run(SQL.savePosition, [source, value])
        case .sighting(let seen): try run(SQL.saveSighting, [seen.at, seen.version, seen.address, seen.agent])
        case .reconcile(let reconciliation): try LedgerReconciler(writer: self).reconcile(reconciliation)
        case .lost(let agent, let at, let reason):
            try LedgerReconciler(writer: self).loseAll(of: agent, at: at, because: reason)
        case .lift(let lift): try save(lift)
        }
    }

    /// Notes what somebody did by hand, or what was done to the ledger itself.
    ///
    /// - Returns: the record's number.
    @discardableResult
    mutating func append(_ note: LedgerNote, payload: [UInt8] = []) throws -> Int64 {
        let values: [DatabaseValue] = [
            LedgerChain.noDispatch.databaseValue, note.at.databaseValue, note.name.databaseValue, .null,
            note.detail.databaseValue, .null, .null, .null, payload.isEmpty ? .null : Data(payload).databaseValue,
        ]
        return try insert(values, reporter: .null, facts: .null, progress: .null)
    }

    private mutating func insert(_ new: NewDispatch) throws {
        let id = new.facts.id.blob
        guard try row(SQL.findProgress, [id]) == nil, try row(SQL.findRemoved, [id]) == nil else { return }

        // Reports can be here before their order: it travelled while its commit was being synced, the manager
        // stopped in between, and the agent came back before the source was read again.
        let early = try Row.fetchAll(
            database.cachedStatement(sql: SQL.findEvents), arguments: [id, new.facts.agentID])
        var progress = DispatchProgress()
        for (index, event) in new.events.enumerated() {
            progress.apply(event, sequence: chain.next + Int64(index))
        }
        for row in early { progress.apply(try DispatchEvent(row: row), sequence: row["seq"]) }

        try run(SQL.insertDispatch, new.facts.arguments + progress.arguments)
        let sequence = database.lastInsertedRowID
        try run(SQL.insertOrder, [sequence, Data(new.order)])
        if let hold = new.hold { try run(SQL.insertHold, [sequence] + hold.arguments) }
    }

    private func apply(_ release: Release) throws {
        let id = release.event.dispatch.blob
        guard let row = try row(SQL.findProgress, [id]),
            try DispatchProgress(row: row).state == .held
        else { return }
        try run(SQL.updateExpiry, [release.expires, id])
        try run(SQL.updateOrder, [Data(release.order), id])
        try append(release.event)
    }

    private mutating func append(_ event: DispatchEvent) throws {
        if let report = event.report, try !isNew(report) { return }
        let row = try row(SQL.findProgress, [event.dispatch.blob])
        // An agent speaks for itself only: what it says of another one's response is not even history.
        if let row, let report = event.report {
            let owner: String = row["agent_id"]
            if owner != report.agent { return }
        }
        let before = try row.map { try DispatchProgress(row: $0) }
        var progress = before
        progress?.apply(event, sequence: chain.next)
        let isChanged = progress != before
        try insert(
            event.values, reporter: (event.report?.agent).value, facts: .null,
            progress: isChanged ? progress.map(Self.bytes) ?? .null : .null)
        guard let progress, isChanged else { return }
        try run(SQL.updateProgress, StatementArguments(progress.values + [event.dispatch.blob.databaseValue]))
    }

    private static func bytes(of progress: DispatchProgress) -> DatabaseValue {
        Data(LedgerColumns.progress.canonical(progress.values)).databaseValue
    }

    /// Appends what was found out about a response whatever was known of it before.
    func correct(_ event: DispatchEvent) throws {
        let sequence = try insert(event)
        guard let row = try progress(of: event.dispatch) else { return }
        var progress = try DispatchProgress(row: row)
        progress.correct(event, sequence: sequence)
        try run(SQL.updateProgress, progress.arguments + [event.dispatch.blob])
    }

    /// The owner of a response and the columns of its progress; nil when it is not known.
    func progress(of id: DispatchID) throws -> Row? {
        try row(SQL.findProgress, [id.blob])
    }

    private func save(_ lift: Lift) throws {
        let key = lift.key
        try run(SQL.endLift, [lift.agent, key.command, key.user, key.sourceAddress, key.filename])
        try run(SQL.forgetLifts, [lift.at])
        guard lift.until > lift.at else { return }
        try run(
            SQL.saveLift,
            [
                lift.agent, key.command, key.user, key.sourceAddress, key.filename, lift.dispatch.blob, lift.by,
                lift.at,
                lift.until,
            ])
    }

    /// Whether this report was not seen before; it counts as seen from now on.
    private func isNew(_ report: ReportPosition) throws -> Bool {
        // Journals count in 64 bits without sign, SQLite with: no journal will ever reach the difference.
        try run(SQL.saveReport, [report.agent, report.journal, Int64(clamping: report.sequence)])
        return database.changesCount > 0
    }

    @discardableResult
    private mutating func insert(
        _ event: [DatabaseValue], reporter: DatabaseValue, facts: DatabaseValue, progress: DatabaseValue
    ) throws -> Int64 {
        let values = event + [reporter, facts, progress]
        let (number, hash) = try chain.seal(values)
        try run(SQL.insertEvent, StatementArguments([number.databaseValue] + values + [hash.databaseValue]))
        return number
    }

    private func run(_ sql: String, _ arguments: StatementArguments) throws {
        try database.cachedStatement(sql: sql).execute(arguments: arguments)
    }

    private func row(_ sql: String, _ arguments: StatementArguments) throws -> Row? {
        try Row.fetchOne(database.cachedStatement(sql: sql), arguments: arguments)
    }
}

/// Built once: the text is the key by which the prepared statement is found again.
private enum SQL {
    static let findProgress = "SELECT agent_id, \(DispatchProgress.columns) FROM dispatch WHERE id = ?"
    static let findEvents = """
        SELECT seq, \(DispatchEvent.columns) FROM event
        WHERE dispatch_id = ? AND (reporter IS NULL OR reporter = ?) ORDER BY seq
        """
    static let insertEvent = "INSERT INTO event (\(DispatchEvent.columns), reporter) VALUES (?,?,?,?,?,?,?,?,?,?,?)"
    static let insertDispatch = """
        INSERT INTO dispatch (\(DispatchFacts.columns), \(DispatchProgress.columns))
        VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?, ?,?,?,?,?,?,?,?)
        """
    static let insertOrder = "INSERT INTO dispatch_order (seq, encoded) VALUES (?, ?)"
    static let insertHold =
        "INSERT INTO dispatch_hold (seq, hold_reason, hold_deadline, hold_approves) VALUES (?,?,?,?)"
    static let updateExpiry = "UPDATE dispatch SET expires = ? WHERE id = ?"
    static let updateOrder =
        "UPDATE dispatch_order SET encoded = ? WHERE seq = (SELECT seq FROM dispatch WHERE id = ?)"
    static let endStop = "DELETE FROM stop"
    static let saveStop = "INSERT INTO stop (only, at, by, reason) VALUES (1, ?, ?, ?)"
    static let updateProgress = "UPDATE dispatch SET (\(DispatchProgress.columns)) = (?,?,?,?,?,?,?,?) WHERE id = ?"
    static let saveReport = """
        INSERT INTO agent_report (agent_id, journal, sequence) VALUES (?, ?, ?)
        ON CONFLICT DO UPDATE SET sequence = excluded.sequence WHERE excluded.sequence > sequence
        """
    static let endLift =
        "DELETE FROM lift WHERE agent_id = ? AND command = ? AND user IS ? AND srcip IS ? AND filename IS ?"
    /// One whose undo is under way still counts.
    static let forgetLifts = """
        DELETE FROM lift WHERE until < ?
        AND dispatch_id NOT IN (SELECT id FROM dispatch WHERE undo_by IS NOT NULL)
        """
    static let saveLift = """
        INSERT INTO lift (agent_id, command, user, srcip, filename, dispatch_id, by, at, until)
        VALUES (?,?,?,?,?,?,?,?,?)
        """
    static let savePosition = """
        INSERT INTO source_position (source, value) VALUES (?, ?)
        ON CONFLICT DO UPDATE SET value = excluded.value
        """
    static let saveSighting = """
        UPDATE agent SET last_seen = max(coalesce(last_seen, 0), ?), version = coalesce(?, version),
        ip = coalesce(?, ip) WHERE id = ?
        """
}

extension LedgerChange {
    /// About how many pages of 4 KiB the change adds to the WAL: ids are random, so that each index that holds them
    /// is touched in another place, and large values have pages of their own.
    var pages: Int {
        switch self {
        case .dispatch(let new): 4 + new.order.count / 4_096
        case .event(let event): 2 + (event.output?.count ?? 0) / 4_096
        case .note: 2
        case .position, .sighting: 1
        }
    }
}
