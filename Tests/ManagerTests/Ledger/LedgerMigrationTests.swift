import Audit
import Testing

@testable import Manager

/// A ledger of version 8.
@Suite("Ledger migration 9")
struct LedgerMigrationTests {
    @Test func `what was there is known in the new places too`() async throws {
        try await withLedger(.sqlite) { fixture in
            var failed = try report(1, "failed", .failed, sequence: 9)
            failed.undoDue = 65_000
            try await fixture.ledger.append([
                .dispatch(.sample(1)), .event(failed), .event(report(2, "x", .done, sequence: 10, at: 90_000)),
                .event(report(3, "x", .done, sequence: 11, at: 90_000)), .dispatch(.sample(3)),
                .event(.change("reloaded", detail: "by uid 0 (root)", at: 5)),
            ])
            await (try fixture.ledger).close()
            try fixture.tamper(
                """
                DROP TABLE orphan; ALTER TABLE agent_report DROP COLUMN used; DROP INDEX removed_dispatch_until;
                DROP INDEX lift_until; DROP INDEX dispatch_open;
                CREATE INDEX dispatch_open ON dispatch(agent_id)
                WHERE state IN ('delivered', 'running', 'active', 'undoing', 'undo_failed');
                DELETE FROM grdb_migrations WHERE identifier LIKE '9 %';
                CREATE TRIGGER event_append_only BEFORE UPDATE ON event WHEN OLD.hash IS NOT NULL
                BEGIN SELECT RAISE(ABORT, 'events are never changed'); END
                """)
            let ledger = try SQLiteLedger(path: fixture.path, logger: .quiet)
            // Seen before.
            try await ledger.append([.event(report(1, "again", nil, sequence: 11))])
            #expect(try await ledger.timeline(dispatchID(1)).map(\.name) == ["decided", "queued", "failed"])
            #expect(try await ledger.remove(.before(50_000, scope: .orphans)).records == 1)
            #expect(try await ledger.dispatch(dispatchID(3))?.progress.state == .done)
            try await ledger.append([.lost(agent: "001", at: 9_000, reason: "removed")])
            #expect(try await ledger.dispatch(dispatchID(1))?.progress.state == .unknown)
            #expect(try await !ledger.forget(at: 1, limit: 1))
            try fixture.checkpoints.append(try await ledger.head(), at: 1)
            await ledger.close()
            #expect(try fixture.verify().finding == nil)
        }
    }
}
