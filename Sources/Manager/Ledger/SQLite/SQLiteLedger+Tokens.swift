import Foundation
import GRDB

extension SQLiteLedger {
    func tokens(at now: Int64) async throws(LedgerError) -> [EnrollmentGrant] {
        try await read { database in
            let sql = """
                SELECT hash, agent_id, name, created, expires, uses_left FROM enrollment_token
                WHERE expires > ? AND uses_left > 0 ORDER BY created, hash
                """
            return try Row.fetchAll(database, sql: sql, arguments: [now]).map { row in
                EnrollmentGrant(
                    hash: Array(row["hash"] as Data), agentID: row["agent_id"], name: row["name"],
                    created: row["created"], expires: row["expires"], uses: row["uses_left"])
            }
        }
    }

    func revokeToken(hash: [UInt8]) async throws(LedgerError) -> Bool {
        try await write { database in
            try database.execute(
                sql: "DELETE FROM enrollment_token WHERE hash = ?", arguments: [Data(hash)])
            return database.changesCount > 0
        }
    }
}
