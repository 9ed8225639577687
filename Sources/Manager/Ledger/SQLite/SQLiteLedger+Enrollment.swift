import Daemon
import Foundation
import GRDB

extension SQLiteLedger {
    /// How long an expired token is remembered, so that its holder is told what is wrong with it.
    private static let expiredTokenMemory: Int64 = 24 * 60 * 60 * 1000

    func createToken(_ token: EnrollmentGrant, by: String) async throws(LedgerError) {
        if let id = token.agentID, AgentNaming.number(id) == nil { throw .invalidAgentID(id) }
        if let name = token.name, !AgentNaming.isValidName(name) { throw .invalidName(name) }
        try await write { database in
            try database.execute(
                sql: "DELETE FROM enrollment_token WHERE expires < ?",
                arguments: [token.created - Self.expiredTokenMemory])
            try database.execute(
                sql: """
                    INSERT OR REPLACE INTO enrollment_token (hash, agent_id, name, created, expires, uses_left)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    Data(token.hash), token.agentID, token.name, token.created, token.expires, token.uses,
                ])
            let agents = token.uses == 1 ? "1 agent" : "\(token.uses) agents"
            var detail = "for \(agents) until \(Timestamp.iso8601(milliseconds: token.expires))"
            if let id = token.agentID { detail += ", id \(id)" }
            if let name = token.name { detail += ", name \"\(name)\"" }
            var writer = try LedgerChangeWriter(database)
            try writer.append(.change("token_created", detail: detail + ", by \(by)", at: token.created))
        }
    }

    func enroll(
        _ request: EnrollmentApplication,
        issue: @escaping @Sendable (_ id: String, _ name: String) throws -> IssuedCertificate
    ) async throws(LedgerError) -> Enrollment {
        try await write { database in
            let promise = try Self.useToken(request, database)
            let name = promise.name ?? request.name
            guard AgentNaming.isValidName(name) else { throw LedgerError.invalidName(name) }
            let id = try Self.chooseID(promise, name: name, at: request.at, database)
            let certificate: IssuedCertificate
            do {
                certificate = try issue(id, name)
            } catch {
                throw LedgerError.certificateNotIssued(String(describing: error))
            }
            try database.execute(
                sql: """
                    INSERT INTO agent
                    (id, name, certificate_serial, certificate_fingerprint, created, certificate_authority, trusts)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET name = excluded.name, removed = NULL,
                    certificate_serial = excluded.certificate_serial,
                    certificate_fingerprint = excluded.certificate_fingerprint,
                    certificate_authority = excluded.certificate_authority, trusts = excluded.trusts
                    """,
                arguments: [
                    id, name, certificate.serial, certificate.fingerprint, request.at, certificate.authority,
                    certificate.knownAuthority,
                ])
            var writer = try LedgerChangeWriter(database)
            try writer.append(
                .change(
                    "agent_enrolled",
                    detail: "agent \(id) (\(name)) by a token, certificate \(certificate.fingerprint)",
                    at: request.at))
            let sql = "SELECT \(AgentRecord.columns) FROM agent WHERE id = ?"
            guard let row = try Row.fetchOne(database, sql: sql, arguments: [id]) else {
                throw LedgerError.database("agent \(id) was not kept")
            }
            return Enrollment(agent: AgentRecord(row: row), certificate: certificate)
        }
    }

    /// The id and name that a token promises to its holder.
    private struct Promise {
        let id: String?
        let name: String?
    }

    private static func useToken(_ request: EnrollmentApplication, _ database: Database) throws -> Promise {
        let hash = Data(request.tokenHash)
        let row = try Row.fetchOne(
            database, sql: "SELECT agent_id, name, expires, uses_left FROM enrollment_token WHERE hash = ?",
            arguments: [hash])
        guard let row else { throw LedgerError.tokenUnknown }
        let (expires, usesLeft): (Int64, Int) = (row["expires"], row["uses_left"])
        guard request.at < expires else { throw LedgerError.tokenExpired }
        guard usesLeft > 0 else { throw LedgerError.tokenUsedUp }
        try database.execute(
            sql: "UPDATE enrollment_token SET uses_left = uses_left - 1 WHERE hash = ?", arguments: [hash])
        return Promise(id: row["agent_id"], name: row["name"])
    }

    private static func chooseID(
        _ promise: Promise, name: String, at now: Int64, _ database: Database
    ) throws -> String {
        let owner = try String.fetchOne(
            database, sql: "SELECT id FROM agent WHERE name = ? COLLATE NOCASE AND removed IS NULL",
            arguments: [name])
        if let id = promise.id {
            if let owner, owner != id { throw LedgerError.nameTaken(name: name, id: owner) }
            return id
        }
        if let owner {
            guard promise.name != nil else { throw LedgerError.nameTaken(name: name, id: owner) }
            return owner
        }
        let highest = try Int.fetchOne(
            database,
            sql: """
                SELECT max(CAST(id AS INTEGER)) FROM (
                    SELECT id FROM agent
                    UNION ALL SELECT agent_id FROM enrollment_token WHERE expires > ? AND uses_left > 0)
                """,
            arguments: [now])
        return AgentNaming.id((highest ?? 0) + 1)
    }
}
