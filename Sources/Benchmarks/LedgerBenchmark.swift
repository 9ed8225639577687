import Foundation
import GRDB
import TestSupport

/// What the ledger takes: the whole manager, from alerts by HTTP to the answer that says that everything is durable,
/// against SQLite alone with the same rows in the same batches; then the start with a full ledger.
enum LedgerBenchmark {
    private static let alerts = 100_000
    private static let perRequest = 500
    /// Requests at the same time, whose entries the group commit puts together.
    private static let clients = 8
    /// As in the manager's group commit.
    private static let batch = 1_024
    private static let policy = """
        <command><name>first</name><executable>first</executable></command>
        <active-response><command>first</command><location>server</location><level>7</level>
        <mode>observe</mode></active-response>
        """

    static func run() async throws {
        // Without a line of log for each response, which would be measured too.
        let fleet = try Fleet(
            policy: policy + """
                </ossec_config><edr_config><logging><level>warning</level></logging></edr_config><ossec_config>
                """)
        let home = fleet.managerHome.path
        let first = try DaemonProcess("edr-manager", ["--home", home])
        while try fleet.control("status").status != 0 { usleep(50_000) }
        for start in stride(from: 0, to: alerts, by: perRequest) {
            let body = (start..<start + perRequest).map { Fleet.alert(id: "1744557901.\($0)") }.joined(separator: "\n")
            try fleet.managerHome.write(body, to: "body-\(start)")
        }
        let sending = DispatchTime.now().uptimeNanoseconds
        let sent = try ShellCommand.run(
            "/bin/sh",
            [
                "-c",
                "ls \(home)/body-* | xargs -P \(clients) -I{} curl -sS -f -o /dev/null --unix-socket "
                    + "\(home)/run/manager.sock --data-binary @{} http://localhost/v1/alerts",
            ])
        let seconds = elapsed(since: sending)
        guard sent.status == 0 else { throw NotSeen("POST /v1/alerts: \(sent.errors)") }
        await first.stop()
        let path = home + "/var/manager.db"
        let rows = try Rows(path: path)
        let raw = try rows.insert(into: home + "/raw.db", batch: batch)
        let rate = Double(rows.events.count) / seconds
        let rawRate = Double(rows.events.count) / raw
        print("manager: \(rows.events.count) durable events of \(alerts) alerts in \(text(seconds)) s: \(Int(rate))/s")
        print("SQLite alone, same rows, batches of \(batch) responses: \(text(raw)) s: \(Int(rawRate))/s")
        print("manager / SQLite alone: \(text(rate / rawRate))")
        let verifying = DispatchTime.now().uptimeNanoseconds
        let verified = try fleet.control("audit", "verify")
        guard verified.status == 0 else { throw NotSeen("audit verify: \(verified.errors)") }
        print("audit verify of \(rows.events.count) records: \(text(elapsed(since: verifying))) s")

        try fleet.configure(policy: policy)
        try fleet.append(alert: Fleet.alert(id: "1744557999.1"))
        let begin = DispatchTime.now().uptimeNanoseconds
        let second = try DaemonProcess("edr-manager", ["--home", home])
        try await second.line(containing: "Response fires", "1744557999.1")
        print("start with \(rows.events.count) records to the first alert processed: \(text(elapsed(since: begin))) s")
        await second.stop()
    }

    private static func elapsed(since begin: UInt64) -> Double {
        Double(DispatchTime.now().uptimeNanoseconds - begin) / 1e9
    }

    private static func text(_ value: Double) -> String {
        String(format: "%.2f", value)
    }

    /// The rows that the manager wrote, to be written again by SQLite alone.
    private struct Rows {
        let events: [Row]
        let dispatches: [Row]
        let orders: [Row]
        let schema: [String]

        init(path: String) throws {
            let queue = try DatabaseQueue(path: path)
            (events, dispatches, orders, schema) = try queue.read { database in
                (
                    try Row.fetchAll(
                        database, sql: "SELECT * FROM event WHERE facts IS NOT NULL OR progress IS NOT NULL"),
                    try Row.fetchAll(database, sql: "SELECT * FROM dispatch ORDER BY seq"),
                    try Row.fetchAll(database, sql: "SELECT * FROM dispatch_order ORDER BY seq"),
                    try String.fetchAll(
                        database,
                        sql: """
                            SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND type IN ('table', 'index')
                            AND tbl_name IN ('event', 'dispatch', 'dispatch_order') ORDER BY type DESC
                            """)
                )
            }
            try queue.close()
        }

        /// - Returns: the seconds that it took.
        func insert(into path: String, batch: Int) throws -> Double {
            let pool = try DatabasePool(path: path)
            try pool.writeWithoutTransaction { database in
                for sql in schema { try database.execute(sql: sql) }
                try database.execute(sql: "PRAGMA synchronous = FULL; PRAGMA cache_size = -16384")
            }
            let eventsEach = events.count / max(1, dispatches.count)
            let begin = DispatchTime.now().uptimeNanoseconds
            for start in stride(from: 0, to: dispatches.count, by: batch) {
                try pool.write { database in
                    for index in start..<min(start + batch, dispatches.count) {
                        for event in events[index * eventsEach..<(index + 1) * eventsEach] {
                            try Self.insert(event, "event", database)
                        }
                        try Self.insert(dispatches[index], "dispatch", database)
                        try Self.insert(orders[index], "dispatch_order", database)
                    }
                }
            }
            defer { try? pool.close() }
            return LedgerBenchmark.elapsed(since: begin)
        }

        private static func insert(_ row: Row, _ table: String, _ database: Database) throws {
            let places = row.columnNames.map { _ in "?" }.joined(separator: ",")
            try database.cachedStatement(sql: "INSERT INTO \(table) VALUES (\(places))")
                .execute(arguments: StatementArguments(row.databaseValues))
        }
    }
}
