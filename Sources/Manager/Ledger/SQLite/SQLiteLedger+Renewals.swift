import GRDB

extension SQLiteLedger {
    func renewals() async throws(LedgerError) -> [CertificateRenewal] {
        try await read { database in
            let sql = """
                SELECT renewal.agent_id, renewal.replaces, renewal.serial, renewal.fingerprint, renewal.authority
                FROM certificate_renewal AS renewal
                JOIN agent ON agent.id = renewal.agent_id AND agent.removed IS NULL
                AND agent.certificate_fingerprint = renewal.replaces
                """
            return try Row.fetchAll(database, sql: sql).map { row in
                CertificateRenewal(
                    agentID: row["agent_id"], replaces: row["replaces"], serial: row["serial"],
                    fingerprint: row["fingerprint"], authority: row["authority"])
            }
        }
    }

    func offer(_ renewal: CertificateRenewal) async throws(LedgerError) -> Bool {
        try await write { database in
            try database.execute(
                sql: """
                    INSERT OR REPLACE INTO certificate_renewal (agent_id, replaces, serial, fingerprint, authority)
                    SELECT id, certificate_fingerprint, ?, ?, ? FROM agent
                    WHERE id = ? AND certificate_fingerprint = ? AND removed IS NULL
                    """,
                arguments: [
                    renewal.serial, renewal.fingerprint, renewal.authority, renewal.agentID, renewal.replaces,
                ])
            return database.changesCount > 0
        }
    }
}
