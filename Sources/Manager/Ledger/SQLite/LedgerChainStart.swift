import Audit
import Foundation
import GRDB

/// Gives the records of a ledger from before the chain their hashes, once.
///
/// Not a part of the migration: it reads with the columns of today, which a later migration may have added to.
struct LedgerChainStart {
    let database: Database

    func run() throws {
        // Once there is a chain, nothing gets into it afterwards: a record without a hash was tampered with.
        guard let first = try Row.fetchOne(database, sql: "SELECT hash FROM event ORDER BY seq LIMIT 1"),
            first.hasNull(atIndex: 0),
            try Row.fetchOne(database, sql: "SELECT 1 FROM event WHERE hash IS NOT NULL LIMIT 1") == nil
        else { return }
        try closeGaps()
        try addDigests()
        try seal()
    }

    /// The numbers of the chain have no gaps, and older versions could leave some.
    private func closeGaps() throws {
        let numbers = try Int64.fetchAll(database, sql: "SELECT seq FROM event ORDER BY seq")
        for (index, number) in numbers.enumerated() where number != Int64(index) + 1 {
            try database.execute(sql: "UPDATE event SET seq = ? WHERE seq = ?", arguments: [index + 1, number])
            try database.execute(
                sql: "UPDATE dispatch SET output_event = ? WHERE output_event = ?", arguments: [index + 1, number])
        }
    }

    private func addDigests() throws {
        let dispatches = try Row.fetchCursor(
            database,
            sql: """
                SELECT \(LedgerColumns.decision.sql), \(LedgerColumns.progress.sql)
                FROM \(LedgerColumns.decisionTables)
                """)
        let count = LedgerColumns.decision.names.count
        while let row = try dispatches.next() {
            let values = Array(row.databaseValues)
            let id: Data = row["id"]
            let digest = try LedgerChain.digest(of: Array(values[..<count]))
            let progress = Data(LedgerColumns.progress.canonical(Array(values[count...])))
            try database.execute(
                sql: "UPDATE event SET facts = ? WHERE seq = (SELECT min(seq) FROM event WHERE dispatch_id = ?)",
                arguments: [digest, id])
            try database.execute(
                sql: "UPDATE event SET progress = ? WHERE seq = (SELECT max(seq) FROM event WHERE dispatch_id = ?)",
                arguments: [progress, id])
        }
    }

    private func seal() throws {
        var chain = LedgerChain(after: .start)
        let records = try Row.fetchCursor(
            database, sql: "SELECT \(LedgerColumns.record.sql) FROM event ORDER BY seq")
        while let row = try records.next() {
            let (number, hash) = try chain.seal(Array(row.databaseValues.dropFirst()))
            try database.execute(sql: "UPDATE event SET hash = ? WHERE seq = ?", arguments: [hash, number])
        }
    }
}
