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

    /// The number of the last record.
    var last: Int64 { chain.head.sequence }

    mutating func apply(_ change: LedgerChange) throws {
        switch change {
        case .dispatch(let dispatch): try insert(dispatch)
        case .event(let event): try append(event)
        case .release(let release): try apply(release)
        case .stop(let stop):
            try run(SQL.endStop, [])
            if let stop { try run(SQL.saveStop, [stop.at, stop.by.column, stop.reason.column]) }
        case .position(let source, let value): try run(SQL.savePosition, [source, value])
        case .sighting(let seen): try run(SQL.saveSighting, [seen.at, seen.version, seen.address, seen.agent])
        case .trusts(let agent, let authorities): try run(SQL.saveTrust, [authorities.joined(separator: " "), agent])
        case .reconcile(let reconciliation):
            var reconciler = LedgerReconciler(writer: self)
            try reconciler.reconcile(reconciliation)
            self = reconciler.writer
        case .lost(let agent, let at, let reason):
            var reconciler = LedgerReconciler(writer: self)
            try reconciler.loseAll(of: agent, at: at, because: reason)
            self = reconciler.writer
        case .lift(let lift): try save(lift)
        case .apiTokenUse(let use): try run(SQL.saveUse, [use.at, use.address, Data(use.hash)])
        }
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

        let order = Data(new.order)
        let hold = new.hold?.values ?? LedgerColumns.hold.names.map { _ in .null }
        let digest = try LedgerChain.digest(of: new.facts.values + [order.databaseValue] + hold)
        for (index, event) in new.events.enumerated() {
            let isLast = index == new.events.count - 1
            try seal(event, facts: index == 0 ? digest : nil, progress: isLast ? progress : nil)
        }
        try run(SQL.endOrphan, [id])
        try run(SQL.insertDispatch, StatementArguments(values: new.facts.values + progress.values))
        let sequence = database.lastInsertedRowID
        try run(SQL.insertOrder, [sequence, order])
        if new.hold != nil { try run(SQL.insertHold, StatementArguments(values: [sequence.databaseValue] + hold)) }
    }

    private mutating func apply(_ release: Release) throws {
        let id = release.event.dispatch.blob
        guard let row = try row(SQL.findProgress, [id]),
            try DispatchProgress(row: row).state == .held
        else { return }
        try run(SQL.updateExpiry, [release.expires, id])
        try run(SQL.updateOrder, [Data(release.order), id])
        let digest = try self.row(SQL.findDecision, [id]).map { try LedgerChain.digest(of: Array($0.databaseValues)) }
        try append(release.event, facts: digest)
    }

    /// Appends what happened to a response, or to none; not a report that was seen before, or that is not its agent's to
    /// make, as one about no response is not.
    ///
    /// - Parameter facts: the digest of what was decided, when the event changes that.
    mutating func append(_ event: DispatchEvent, facts: Data? = nil) throws {
        if let report = event.report, try !isNew(report) { return }
        let row = try progress(of: event.dispatch)
        // An agent speaks for itself only: what it says of another one's response is not even history.
        if let report = event.report {
            if let row {
                let owner: String = row["agent_id"]
                if owner != report.agent { return }
            } else {
                if event.dispatch == .zero { return }
                try run(SQL.saveOrphan, [event.dispatch.blob])
            }
        }
        let before = try row.map { try DispatchProgress(row: $0) }
        var after = before
        after?.apply(event, sequence: chain.next)
        try record(event, facts: facts, from: before, to: after)
    }

    /// Appends what was found out about a response whatever was known of it before.
    mutating func correct(_ event: DispatchEvent) throws {
        let before = try progress(of: event.dispatch).map { try DispatchProgress(row: $0) }
        var after = before
        after?.correct(event, sequence: chain.next)
        try record(event, from: before, to: after)
    }

    /// The owner of a response and the columns of its progress; nil when it is not known.
    func progress(of id: DispatchID) throws -> Row? {
        try row(SQL.findProgress, [id.blob])
    }

    private func save(_ lift: Lift) throws {
        let key = lift.key
        let target: [DatabaseValue] = [
            lift.agent.column, key.command.column, (key.user?.column).value, (key.sourceAddress?.column).value,
            (key.object?.column).value,
        ]
        try run(SQL.endLift, StatementArguments(values: target))
        guard lift.until > lift.at else { return }
        let rest: [DatabaseValue] = [
            lift.dispatch.blob.databaseValue, lift.by.column, lift.at.databaseValue, lift.until.databaseValue,
        ]
        try run(SQL.saveLift, StatementArguments(values: target + rest))
    }

    /// Whether this report was not seen before; it counts as seen from now on.
    private func isNew(_ report: ReportPosition) throws -> Bool {
        // Journals count in 64 bits without sign, SQLite with: no journal will ever reach the difference.
        let sequence = Int64(clamping: report.sequence)
        try run(SQL.saveReport, [sequence, chain.next, report.agent, report.journal, sequence])
        if database.changesCount > 0 { return true }
        try run(SQL.saveJournal, [report.agent, report.journal, sequence, chain.next])
        guard database.changesCount > 0 else { return false }
        try run(SQL.forgetJournals, [report.agent])
        return true
    }

    /// Adds a record, and takes over what becomes of its response by it.
    ///
    /// - Parameters:
    ///   - facts: as for ``append(_:facts:)``.
    ///   - before: how the response stood; nil when it is not known.
    private mutating func record(
        _ event: DispatchEvent, facts: Data? = nil, from before: DispatchProgress?, to after: DispatchProgress?
    ) throws {
        let changed = after == before ? nil : after
        try seal(event, facts: facts, progress: changed)
        guard let changed else { return }
        try run(SQL.updateProgress, StatementArguments(values: changed.values + [event.dispatch.blob.databaseValue]))
    }

    /// Adds a record to the chain, with what it seals beside its event.
    private mutating func seal(_ event: DispatchEvent, facts: Data?, progress: DispatchProgress?) throws {
        let sealed = progress.map { Data(LedgerColumns.progress.canonical($0.values)) }
        let values = event.values + [(event.report?.agent).value, facts.value, sealed.value]
        let (number, hash) = try chain.seal(values)
        try run(SQL.insertEvent, StatementArguments(values: [number.databaseValue] + values + [hash.databaseValue]))
    }

    private func run(_ sql: String, _ arguments: StatementArguments) throws {
        try database.cachedStatement(sql: sql).execute(arguments: arguments)
    }

    private func row(_ sql: String, _ arguments: StatementArguments) throws -> Row? {
        try Row.fetchOne(database.cachedStatement(sql: sql), arguments: arguments)
    }
}

extension StatementArguments {
    /// The initializer for sequences of values reads each of them through a key path, which takes longer than SQLite does.
    fileprivate init(values: [DatabaseValue]) {
        self.init(values.map { $0 as (any DatabaseValueConvertible)? })
    }
}

/// Built once: the text is the key by which the prepared statement is found again.
private enum SQL {
    static let findProgress = "SELECT agent_id, \(DispatchProgress.columns) FROM dispatch WHERE id = ?"
    static let findEvents = """
        SELECT seq, \(DispatchEvent.columns) FROM event
        WHERE dispatch_id = ? AND (reporter IS NULL OR reporter = ?) ORDER BY seq
        """
    static let findRemoved = "SELECT 1 FROM removed_dispatch WHERE id = ?"
    static let insertEvent = """
        INSERT INTO event (\(LedgerColumns.record.sql), hash)
        VALUES (\(LedgerColumns.record.names.map { _ in "?" }.joined(separator: ",")), ?)
        """
    static let findDecision = "SELECT \(LedgerColumns.decision.sql) FROM \(LedgerColumns.decisionTables) WHERE id = ?"
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
    static let saveOrphan = "INSERT OR IGNORE INTO orphan (id) VALUES (?)"
    static let endOrphan = "DELETE FROM orphan WHERE id = ?"
    static let saveReport =
        "UPDATE agent_report SET sequence = ?, used = ? WHERE agent_id = ? AND journal = ? AND sequence < ?"
    static let saveJournal =
        "INSERT OR IGNORE INTO agent_report (agent_id, journal, sequence, used) VALUES (?, ?, ?, ?)"
    /// Keeps two: an agent has one, and before that had another.
    ///
    /// Who names ever new ones may not fill the table.
    static let forgetJournals = """
        DELETE FROM agent_report WHERE agent_id = ?1 AND journal NOT IN (
            SELECT journal FROM agent_report WHERE agent_id = ?1 ORDER BY used DESC LIMIT 2)
        """
    static let endLift =
        "DELETE FROM lift WHERE agent_id = ? AND command = ? AND user IS ? AND srcip IS ? AND filename IS ?"
    static let saveLift = """
        INSERT INTO lift (agent_id, command, user, srcip, filename, dispatch_id, by, at, until)
        VALUES (?,?,?,?,?,?,?,?,?)
        """
    static let savePosition = """
        INSERT INTO source_position (source, value) VALUES (?, ?)
        ON CONFLICT DO UPDATE SET value = excluded.value
        """
    static let saveTrust = "UPDATE agent SET trusts = ? WHERE id = ?"
    static let saveUse = "UPDATE api_token SET last_used = ?, last_address = ? WHERE hash = ?"
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
        case .release(let release): 4 + release.order.count / 4_096
        case .position, .sighting, .trusts, .lift, .stop, .apiTokenUse: 1
        // Mostly nothing is to be corrected.
        case .reconcile, .lost: 2
        }
    }
}
