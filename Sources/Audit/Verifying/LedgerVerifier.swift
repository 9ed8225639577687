import Daemon
import Foundation
import GRDB

/// Reads a manager's ledger, whether its daemon runs or not, and checks every record against the chain, what the
/// records say against the responses, and the chain's end against the checkpoints outside.
package struct LedgerVerifier {
    private let ledger: String
    private let log: CheckpointLog

    package init(ledger: String, checkpoints: CheckpointLog) {
        self.ledger = ledger
        log = checkpoints
    }

    /// - Throws: when the ledger or the checkpoints cannot be read at all.
    package func verify() throws(AuditError) -> AuditReport {
        // First the checkpoints: what they vouch for is in the ledger by the time it is read.
        let checkpoints = try log.read()
        do {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(5)
            let queue = try DatabaseQueue(path: ledger, configuration: configuration)
            defer { try? queue.close() }
            return try queue.read { database in
                guard try database.columns(in: "event").contains(where: { $0.name == "hash" }) else {
                    throw AuditError("the ledger is from before the audit record; start its edr-manager once")
                }
                var walk = LedgerWalk(database, checkpoints: checkpoints?.checkpoints ?? [])
                try walk.run()
                if walk.report.finding == nil {
                    walk.report.finding =
                        checkpoints == nil
                        ? AuditFinding(
                            sequence: walk.head.sequence,
                            problem: "\(log.path) is missing: nothing vouches for the end of the ledger")
                        : checkpoints?.badLine.map { line in
                            AuditFinding(
                                sequence: walk.head.sequence, problem: "line \(line) of \(log.path) is no checkpoint")
                        }
                }
                return walk.report
            }
        } catch let error as AuditError {
            throw error
        } catch {
            throw AuditError("cannot read the ledger \"\(ledger)\": \(error)")
        }
    }
}

/// One walk along the chain of a ledger.
private struct LedgerWalk {
    private(set) var head = ChainHead.start
    var report = AuditReport()
    private let database: Database
    /// By number; of several with one number the last counts.
    private let checkpoints: [Int64: Checkpoint]
    private let newest: Checkpoint?

    init(_ database: Database, checkpoints: [Checkpoint]) {
        self.database = database
        self.checkpoints = Dictionary(checkpoints.map { ($0.head.sequence, $0) }) { $1 }
        newest = checkpoints.max { $0.head.sequence < $1.head.sequence }
        report.checkpoints = checkpoints.count
    }

    mutating func run() throws {
        let runs = try removedRuns()
        let rows = try Row.fetchCursor(
            database, sql: "SELECT \(LedgerColumns.record.sql), hash FROM event ORDER BY seq")
        while report.finding == nil, let row = try rows.next() {
            let number: Int64 = row["seq"]
            if number != head.sequence + 1, !bridge(to: number, runs) { return }
            try check(row, number)
        }
        if report.finding == nil { try checkEnd() }
        if report.finding == nil { try checkProgress() }
    }

    /// Where records are gone, by the first of them.
    ///
    /// The records that say so are checked on the way like all others.
    private func removedRuns() throws -> [Int64: [RemovedRun]] {
        let payloads = try Data.fetchAll(
            database,
            sql: """
                SELECT output FROM event
                WHERE dispatch_id = ? AND event = ? AND reporter IS NULL AND output IS NOT NULL
                """, arguments: [LedgerChain.noDispatch, RemovedRun.eventName])
        return Dictionary(grouping: payloads.flatMap { RemovedRun.decode(Array($0)) ?? [] }, by: \.first)
    }

    /// Goes over a gap; false when it cannot be explained.
    private mutating func bridge(to number: Int64, _ runs: [Int64: [RemovedRun]]) -> Bool {
        while head.sequence + 1 < number {
            let first = head.sequence + 1
            let fitting = runs[first, default: []].filter { run in
                run.last >= first && run.last < number && run.before == head.hash
            }
            guard let run = fitting.max(by: { $0.last < $1.last }) else {
                report.finding = AuditFinding(
                    sequence: first,
                    problem: first == number - 1
                        ? "it is missing, or what stands before it was changed"
                        : "it and the records up to \(number - 1) are missing, or what stands before was changed")
                return false
            }
            report.removed += Int(run.last - run.first + 1)
            head = ChainHead(sequence: run.last, hash: run.after)
        }
        guard head.sequence + 1 == number else {
            report.finding = AuditFinding(sequence: number, problem: "it stands in the wrong place")
            return false
        }
        return true
    }

    private mutating func check(_ row: Row, _ number: Int64) throws {
        let values = Array(row.databaseValues.dropLast())
        let hash = try head.hash.next(LedgerColumns.record.canonical(values))
        let id: Data = row["dispatch_id"]
        let hex = id.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let dispatch = id == LedgerChain.noDispatch ? nil : hex
        func found(_ problem: String) {
            report.finding = AuditFinding(sequence: number, dispatch: dispatch, problem: problem)
        }
        let stored: Data? = row["hash"]
        guard stored.flatMap({ AuditHash($0) }) == hash else {
            return found("its hash does not fit: it was changed, or another record stands in its place")
        }
        if let checkpoint = checkpoints[number], checkpoint.head.hash != hash {
            return found("it is not the record that audit.log knew at \(checkpoint.time): the ledger was rewritten")
        }
        if let facts: Data = row["facts"], let difference = try difference(id, facts, number) {
            return found(difference)
        }
        head = ChainHead(sequence: number, hash: hash)
        report.records += 1
        let time = Timestamp.iso8601(milliseconds: row["at"])
        report.first = report.first ?? time
        report.last = time
    }

    /// What of a response is not what was decided, by the last record that tells of that.
    private func difference(_ id: Data, _ digest: Data, _ number: Int64) throws -> String? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT \(LedgerColumns.decision.sql),
                (SELECT max(event.seq) FROM event WHERE dispatch_id = ?1 AND facts IS NOT NULL)
                FROM \(LedgerColumns.decisionTables) WHERE id = ?1
                """)
        guard let row = try Row.fetchOne(statement, arguments: [id]) else {
            return "the response that it tells of is missing, or its order is"
        }
        let last: Int64 = row[row.count - 1]
        guard number == last else { return nil }
        return try LedgerChain.digest(of: Array(row.databaseValues.dropLast())) == digest
            ? nil : "the response or its order is not what was decided"
    }

    /// The records at the end could be cut off without any trace in the chain.
    private mutating func checkEnd() throws {
        if let newest, newest.head.sequence > head.sequence {
            report.finding = AuditFinding(
                sequence: head.sequence + 1,
                problem:
                    "it and the records up to \(newest.head.sequence), which audit.log knew at \(newest.time), are "
                    + "missing at the end")
            return
        }
        // What SQLite itself remembers of numbers that it gave away.
        let given = try Int64.fetchOne(database, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'event'") ?? 0
        if given > head.sequence {
            report.finding = AuditFinding(
                sequence: head.sequence + 1,
                problem: "it and the records up to \(given) are missing at the end")
        }
    }

    /// Each response stands where its records say.
    private mutating func checkProgress() throws {
        let progress = LedgerColumns.progress.names.map { "dispatch.\($0)" }.joined(separator: ", ")
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT \(progress), id,
                (SELECT progress FROM event WHERE dispatch_id = id AND progress IS NOT NULL ORDER BY seq DESC LIMIT 1),
                (SELECT max(seq) FROM event WHERE dispatch_id = id),
                EXISTS (SELECT 1 FROM event WHERE dispatch_id = id AND facts IS NOT NULL)
                FROM dispatch ORDER BY dispatch.seq
                """)
        let count = LedgerColumns.progress.names.count
        while let row = try rows.next() {
            let id: Data = row[count]
            let sealed: Data? = row[count + 1]
            let last: Int64? = row[count + 2]
            let isDecided: Bool = row[count + 3]
            let now = Data(LedgerColumns.progress.canonical(Array(row.databaseValues.prefix(count))))
            guard !isDecided || sealed != now else { continue }
            report.finding = AuditFinding(
                sequence: last ?? head.sequence,
                dispatch: id.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(),
                problem: isDecided
                    ? "the response's state, times or results are not what its records say"
                    : "no record tells of this response's decision")
            return
        }
    }
}
