import Daemon
import Foundation
import GRDB

extension SQLiteLedger {
    func agents() async throws(LedgerError) -> [AgentRecord] {
        try await read { database in
            // Ids are digits: by length first is by number.
            let sql = "SELECT \(AgentRecord.columns) FROM agent WHERE removed IS NULL ORDER BY length(id), id"
            return try Row.fetchAll(database, sql: sql).map(AgentRecord.init)
        }
    }

    func renewCertificate(
        agent id: String, serial: String, fingerprint: String, authority: String?
    ) async throws(LedgerError) -> Bool {
        try await write { database in
            try database.execute(
                sql: """
                    UPDATE agent SET certificate_serial = ?, certificate_fingerprint = ?, certificate_authority = ?
                    WHERE id = ? AND removed IS NULL
                    """,
                arguments: [serial, fingerprint, authority, id])
            guard database.changesCount > 0 else { return false }
            var writer = try LedgerChangeWriter(database)
            try writer.append(
                .change("certificate_renewed", detail: "agent \(id), certificate \(fingerprint)", at: Timestamp.now()))
            return true
        }
    }

    func removeAgent(_ id: String, at: Int64, by: String) async throws(LedgerError) -> Bool {
        try await write { database in
            let sql = "UPDATE agent SET removed = ? WHERE id = ? AND removed IS NULL RETURNING name"
            guard let name = try String.fetchOne(database, sql: sql, arguments: [at, id]) else { return false }
            var writer = try LedgerChangeWriter(database)
            try writer.append(.change("agent_removed", detail: "agent \(id) (\(name)), by \(by)", at: at))
            return true
        }
    }
}
