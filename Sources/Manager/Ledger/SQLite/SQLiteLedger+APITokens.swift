import Daemon
import Foundation
import GRDB
import ManagerSettings

extension SQLiteLedger {
    /// How long an expired token is remembered, so that it is plain why it opens nothing any more.
    private static let expiredTokenMemory: Int64 = 30 * 24 * 60 * 60 * 1000

    func apiTokens() async throws(LedgerError) -> [APIToken] {
        try await read { database in
            let sql = "SELECT name, hash, role, created, expires, last_used, last_address FROM api_token"
            return try Row.fetchAll(database, sql: sql).map { row in
                let role: String = row["role"]
                guard let role = ControlRole(rawValue: role) else {
                    throw LedgerError.unreadable("an API token with the role \"\(role)\"")
                }
                return APIToken(
                    name: row["name"], hash: Array(row["hash"] as Data), role: role, created: row["created"],
                    expires: row["expires"], lastUsed: row["last_used"], lastAddress: row["last_address"])
            }
        }
    }

    func createAPIToken(_ token: APIToken, by: String) async throws(LedgerError) {
        try await write { database in
            try database.execute(
                sql: "DELETE FROM api_token WHERE expires < ? OR (name = ? AND expires <= ?)",
                arguments: [token.created - Self.expiredTokenMemory, token.name, token.created])
            let sql = "SELECT 1 FROM api_token WHERE name = ?"
            guard try Row.fetchOne(database, sql: sql, arguments: [token.name]) == nil else {
                throw LedgerError.apiTokenExists(token.name)
            }
            try database.execute(
                sql: "INSERT INTO api_token (name, hash, role, created, expires) VALUES (?, ?, ?, ?, ?)",
                arguments: [token.name, Data(token.hash), token.role.rawValue, token.created, token.expires])
            let until = Timestamp.iso8601(milliseconds: token.expires)
            var writer = try LedgerChangeWriter(database)
            try writer.append(
                .change(
                    "api_token_created", detail: "\(token.name), role \(token.role.rawValue), until \(until), by \(by)",
                    at: token.created))
        }
    }

    func revokeAPIToken(_ name: String, at: Int64, by: String) async throws(LedgerError) -> Bool {
        try await write { database in
            try database.execute(sql: "DELETE FROM api_token WHERE name = ?", arguments: [name])
            guard database.changesCount > 0 else { return false }
            var writer = try LedgerChangeWriter(database)
            try writer.append(.change("api_token_revoked", detail: "\(name), by \(by)", at: at))
            return true
        }
    }
}
