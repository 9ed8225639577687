import ActiveResponse
import Audit
import Foundation
import GRDB

@testable import Manager

extension LedgerFixture {
    /// Where the checkpoints of the fixture's ledger are.
    var checkpoints: CheckpointLog { CheckpointLog(path: path + "-audit.log") }

    /// Writes a checkpoint, as the manager does now and then.
    func checkpoint() async throws {
        try checkpoints.append(try await ledger.head(), at: 1)
    }

    /// What a verification finds now.
    func verify() throws -> AuditReport {
        try LedgerVerifier(ledger: path, checkpoints: checkpoints).verify()
    }

    /// Changes the file behind the ledger's back.
    func tamper(_ sql: String, _ arguments: StatementArguments = []) throws {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.write { database in
            try database.execute(sql: "DROP TRIGGER IF EXISTS event_append_only")
            try database.execute(sql: sql, arguments: arguments)
        }
        try queue.close()
    }
}

extension LedgerRemoval {
    /// Everything that is over and was last heard of before.
    static func before(_ before: Int64, limit: Int = 400, scope: Scope = .old) -> LedgerRemoval {
        LedgerRemoval(
            before: before, scope: scope, now: before, rememberUntil: before + 100_000, limit: limit)
    }
}

extension Ledger {
    /// Removes until nothing more can be removed.
    func removeAll(_ removal: LedgerRemoval) async throws -> LedgerRemoval.Outcome {
        var removal = removal
        var all = LedgerRemoval.Outcome()
        repeat {
            let outcome = try await remove(removal)
            all.responses += outcome.responses
            all.records += outcome.records
            removal.after = outcome.next ?? 0
            if outcome.next == nil { return all }
        } while true
    }
}
