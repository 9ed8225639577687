import GRDBSQLite

/// Reads the enrolled agents from the file of a manager that does not run.
enum LedgerAgents {
    /// The agents; nil when the file is not there, cannot be read, or is no ledger.
    ///
    /// The table is part of the manager's schema (`LedgerSchema`).
    static func read(file: String) -> [(id: String, name: String)]? {
        var database: OpaquePointer?
        defer { sqlite3_close_v2(database) }
        guard sqlite3_open_v2(file, &database, SQLITE_OPEN_READONLY, nil) == SQLITE_OK else { return nil }
        var statement: OpaquePointer?
        defer { sqlite3_finalize(statement) }
        let sql = "SELECT id, name FROM agent WHERE removed IS NULL"
        guard sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK else { return nil }
        var agents: [(id: String, name: String)] = []
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW:
                guard let id = sqlite3_column_text(statement, 0), let name = sqlite3_column_text(statement, 1) else {
                    return nil
                }
                agents.append((String(cString: id), String(cString: name)))
            case SQLITE_DONE: return agents
            default: return nil
            }
        }
    }
}
