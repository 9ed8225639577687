import ActiveResponse
import Audit
import Foundation
import GRDB
import Testing

@testable import Manager

/// Whoever changes the ledger's file is found, by the place at which it was changed.
@Suite("Tampering with the ledger")
struct LedgerTamperTests {
    /// A ledger of three responses (records 1 and 2, 3 to 5, 6 and 7) and a change by hand (8).
    private func withStory(_ body: (LedgerFixture) async throws -> Void) async throws {
        try await withLedger(.sqlite) { fixture in
            var finished = try report(2, "finished", .done, sequence: 1)
            finished.output = Array("banned".utf8)
            finished.exitStatus = 0
            try await fixture.ledger.append([
                .dispatch(.sample(1)), .dispatch(.sample(2)), .event(finished), .dispatch(.sample(3)),
                .event(.change("agent_removed", detail: "agent 002, by uid 0 (root)", at: 9)),
            ])
            try await fixture.checkpoint()
            let report = try fixture.verify()
            #expect(report.finding == nil)
            #expect(report.records == 8)
            try await body(fixture)
        }
    }

    @Test(arguments: [
        ("UPDATE event SET detail = 'rule 5711' WHERE seq = 3", 3),
        ("UPDATE event SET at = at + 1 WHERE seq = 1", 1),
        ("UPDATE event SET event = 'undone' WHERE seq = 2", 2),
        ("UPDATE event SET state = NULL WHERE seq = 2", 2),
        ("UPDATE event SET output = x'62616E6E656421' WHERE seq = 5", 5),
        ("UPDATE event SET exit_status = 1 WHERE seq = 5", 5),
        ("UPDATE event SET reporter = '002' WHERE seq = 5", 5),
        ("UPDATE event SET hash = NULL WHERE seq = 4", 4),
        ("UPDATE event SET detail = 'agent 003, by uid 0 (root)' WHERE seq = 8", 8),
        ("UPDATE dispatch SET srcip = '203.0.113.8' WHERE seq = 2", 3),
        ("UPDATE dispatch SET user = NULL WHERE seq = 3", 6),
        ("UPDATE dispatch_order SET encoded = x'01020304' WHERE seq = 1", 1),
        ("DELETE FROM dispatch WHERE seq = 1", 1),
        ("DELETE FROM dispatch_order WHERE seq = 1", 1),
        ("UPDATE dispatch SET state = 'undone' WHERE seq = 1", 2),
        ("UPDATE dispatch SET exit_status = NULL WHERE seq = 2", 5),
        ("UPDATE dispatch SET output_event = 4 WHERE seq = 2", 5),
        ("DELETE FROM event WHERE seq = 4", 4),
        ("DELETE FROM event WHERE seq = 1", 1),
        ("DELETE FROM event WHERE seq = 8", 8),
        ("DELETE FROM event WHERE seq > 6", 7),
        ("DELETE FROM event WHERE seq = 8; DELETE FROM sqlite_sequence", 8),
        (
            "UPDATE event SET seq = 99 WHERE seq = 2; UPDATE event SET seq = 2 WHERE seq = 3; "
                + "UPDATE event SET seq = 3 WHERE seq = 99", 2
        ),
        ("INSERT INTO event (dispatch_id, at, event, detail) VALUES (zeroblob(16), 10, 'reloaded', '')", 9),
    ])
    func `a change is found where it was made`(sql: String, place: Int64) async throws {
        try await withStory { fixture in
            try fixture.tamper(sql)
            let finding = try fixture.verify().finding
            #expect(finding?.sequence == place, "\(finding.map(\.description) ?? "nothing found")")
        }
    }

    @Test func `the response is named`() async throws {
        try await withStory { fixture in
            try fixture.tamper("UPDATE event SET detail = '' WHERE seq = 3")
            #expect(try fixture.verify().finding?.dispatch == (try dispatchID(2)).description)
        }
    }

    @Test func `a response without a decision is found`() async throws {
        try await withStory { fixture in
            let names = (LedgerColumns.facts.names + LedgerColumns.progress.names).joined(separator: ", ")
            try fixture.tamper(
                """
                INSERT INTO dispatch (\(names)) SELECT \(names.replacing("id, ", with: "x'AA', ", maxReplacements: 1))
                FROM dispatch WHERE seq = 1
                """.replacing("INTO dispatch (x'AA'", with: "INTO dispatch (id"))
            #expect(try fixture.verify().finding?.dispatch == "aa")
        }
    }

    @Test func `whoever computes all hashes anew is found by the checkpoints`() async throws {
        try await withStory { fixture in
            await (try fixture.ledger).close()
            try fixture.tamper("UPDATE event SET detail = 'forged' WHERE seq = 3; UPDATE event SET hash = NULL")
            // The manager itself hashes a ledger that has no hashes at all, as after an update.
            let forged = try SQLiteLedger(path: fixture.path, logger: .quiet)
            await forged.close()
            #expect(try fixture.verify().finding?.sequence == 8)
        }
    }

    @Test func `without checkpoints the end is not vouched for`() async throws {
        try await withStory { fixture in
            try FileManager.default.removeItem(atPath: fixture.checkpoints.path)
            #expect(try fixture.verify().finding?.sequence == 8)
        }
    }

    @Test(arguments: [3, 2, 0, -1, .min, .max] as [Int64])
    func `a removal that goes nowhere is no explanation`(last: Int64) async throws {
        try await withStory { fixture in
            let queue = try DatabaseQueue(path: fixture.path)
            let before = try await queue.read { try Data.fetchOne($0, sql: "SELECT hash FROM event WHERE seq = 3") }
            try queue.close()
            let hash = try #require(before.flatMap { AuditHash($0) })
            let run = RemovedRun(first: 4, last: last, before: hash, after: hash)
            try fixture.tamper("DELETE FROM event WHERE seq = 4")
            try fixture.tamper(
                "INSERT INTO event (dispatch_id, at, event, detail, output) VALUES (zeroblob(16), 10, 'removed', '', ?)",
                [Data(RemovedRun.encode([run]))])
            #expect(try fixture.verify().finding?.sequence == 4)
        }
    }

    @Test(arguments: [Int64.min, .max])
    func `a number at the end of all numbers is found`(number: Int64) async throws {
        try await withStory { fixture in
            try fixture.tamper(
                "INSERT INTO event (seq, dispatch_id, at, event, detail) VALUES (?, zeroblob(16), 10, 'reloaded', '')",
                [number])
            #expect(try fixture.verify().finding != nil)
        }
    }

    @Test func `records that are hidden as removed ones are found`() async throws {
        try await withStory { fixture in
            try fixture.tamper(
                """
                DELETE FROM event WHERE seq = 4;
                INSERT INTO removed_run (first, last, before, after, record) VALUES (4, 4, x'00', x'00', 8)
                """)
            #expect(try fixture.verify().finding?.sequence == 4)
        }
    }
}

/// A ledger from before the chain.
@Suite("Ledger migration 3")
struct LedgerChainMigrationTests {
    @Test func `old records are taken into the chain`() async throws {
        try await withLedger(.sqlite) { fixture in
            try await fixture.ledger.append([
                .dispatch(.sample(1)), .event(report(1, "active", .active, sequence: 1)), .dispatch(.sample(2)),
            ])
            await (try fixture.ledger).close()
            // Back to what version 2 wrote, with a gap in the numbers.
            try fixture.tamper(
                """
                ALTER TABLE event DROP COLUMN hash; ALTER TABLE event DROP COLUMN facts;
                ALTER TABLE event DROP COLUMN progress; DROP TABLE removed_run; DROP TABLE removed_dispatch;
                UPDATE event SET seq = seq + 10 WHERE seq = 5;
                CREATE TRIGGER event_append_only BEFORE UPDATE ON event
                BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
                DELETE FROM grdb_migrations WHERE identifier LIKE '3 %'
                """)
            let ledger = try SQLiteLedger(path: fixture.path, logger: .quiet)
            try await ledger.append([.event(report(1, "undone", .undone, sequence: 2))])
            try fixture.checkpoints.append(try await ledger.head(), at: 1)
            #expect(try await ledger.timeline(dispatchID(1)).map(\.name) == ["decided", "queued", "active", "undone"])
            await ledger.close()
            let report = try fixture.verify()
            #expect(report.finding == nil)
            #expect(report.records == 6)
        }
    }
}
