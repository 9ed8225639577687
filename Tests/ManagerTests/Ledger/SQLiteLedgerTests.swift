import ActiveResponse
import Audit
import Foundation
import GRDB
import Logging
import Testing

@testable import Manager

/// What is particular to the ledger in SQLite.
@Suite("SQLite ledger")
struct SQLiteLedgerTests {
    private func withSQLite(_ body: (SQLiteLedger, String) async throws -> Void) async throws {
        try await withLedger(.sqlite) { fixture in
            let ledger = try await fixture.ledger
            try await body(#require(ledger as? SQLiteLedger), fixture.path)
        }
    }

    @Test func `every commit is synced and none does a checkpoint`() async throws {
        try await withSQLite { ledger, _ in
            let settings = try await ledger.write { database in
                try ["synchronous", "wal_autocheckpoint", "journal_mode"].map { pragma in
                    try String.fetchOne(database, sql: "PRAGMA \(pragma)")
                }
            }
            #expect(settings == ["2", "0", "wal"])
        }
    }

    @Test func `a second opening is refused until the first is closed`() async throws {
        try await withSQLite { ledger, path in
            #expect(throws: LedgerError.inUse(path: path)) { try SQLiteLedger(path: path, logger: .quiet) }
            try await ledger.append([.position(source: "a", value: "1")])
        }
    }

    @Test func `the files are readable for their owner alone`() async throws {
        try await withSQLite { ledger, path in
            try await ledger.append([.position(source: "a", value: "1")])
            for file in [path, path + "-wal", path + ".lock"] {
                let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
                #expect(mode == 0o600, "\(file)")
            }
        }
    }

    @Test func `a full disk is told apart and the ledger goes on once there is room`() async throws {
        try await withSQLite { ledger, _ in
            func limitPages(_ count: Int) async throws {
                try await ledger.write { try $0.execute(sql: "PRAGMA max_page_count = \(count)") }
            }
            let pages = try await ledger.read { try Int.fetchOne($0, sql: "PRAGMA page_count") ?? 0 }
            try await limitPages(pages)
            let large = try (0..<400).map { LedgerChange.dispatch(try .sample($0)) }
            await #expect(throws: LedgerError.diskFull) { try await ledger.append(large) }
            #expect(try await ledger.counts().isEmpty)

            try await limitPages(1_000_000)
            try await ledger.append(large)
            #expect(try await ledger.counts() == [.queued: 400])
        }
    }

    @Test func `somebody else's lock holds commits up and loses none`() async throws {
        try await withSQLite { first, path in
            await first.close()
            let (messages, message) = AsyncStream<String>.makeStream()
            let logger = Logger(label: "test") { _ in ListeningLogHandler { message.yield($0) } }
            let ledger = try SQLiteLedger(path: path, logger: logger, retryPause: .milliseconds(10))
            let intruder = try LedgerIntruder(path: path)
            async let position: Void = ledger.append([.position(source: "a", value: "1")])
            for await text in messages {
                #expect(text.hasPrefix("Ledger cannot be written"))
                break
            }
            try await intruder.leave()
            try await position
            #expect(try await ledger.positions() == ["a": "1"])
            await ledger.close()
        }
    }

    @Test func `a change that breaks a rule is taken out alone`() async throws {
        try await withSQLite { first, path in
            await first.close()
            let ledger = try SQLiteLedger(path: path, logger: .quiet)
            try await ledger.write { database in
                try database.execute(
                    sql: """
                        CREATE TRIGGER refuse BEFORE INSERT ON source_position WHEN NEW.source = 'bad'
                        BEGIN SELECT RAISE(ABORT, 'refused'); END
                        """)
            }
            async let good: Void = ledger.append([.position(source: "good", value: "1")])
            let error = await #expect(throws: LedgerError.self) {
                try await ledger.append([.position(source: "bad", value: "1")])
            }
            #expect(error?.isOfChange == true)
            try await good
            try await ledger.append([.position(source: "later", value: "1")])
            #expect(try await ledger.positions() == ["good": "1", "later": "1"])
            await ledger.close()
        }
    }

    @Test func `a reader sees what is committed while a writer writes`() async throws {
        try await withSQLite { ledger, _ in
            try await ledger.append([.dispatch(.sample(1))])
            let (opened, open) = AsyncStream<Void>.makeStream()
            let release = DispatchSemaphore(value: 0)
            async let writing: Void = ledger.write { database in
                try database.execute(sql: "DELETE FROM dispatch_order")
                open.finish()
                release.wait()
            }
            for await _ in opened {}
            let queued = try await ledger.queued()
            release.signal()
            try await writing
            #expect(queued.count == 1)
            #expect(try await ledger.queued().isEmpty)
        }
    }

    @Test func `what deciding asks is answered while every reader is busy`() async throws {
        try await withSQLite { ledger, _ in
            try await ledger.append([.dispatch(.sample(1))])
            let (busy, isBusy) = AsyncStream<Void>.makeStream()
            let release = DispatchSemaphore(value: 0)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        try await ledger.read { _ in
                            isBusy.yield()
                            release.wait()
                        }
                    }
                }
                var count = 0
                for await _ in busy {
                    count += 1
                    if count == 4 { break }
                }
                let (answers, answer) = AsyncStream<Int>.makeStream()
                Thread.detachNewThread {
                    let ids = (try? [dispatchID(1), dispatchID(2)]) ?? []
                    answer.yield((try? ledger.known(ids).count) ?? -1)
                    answer.yield((try? ledger.held(ids).count) ?? -1)
                    answer.finish()
                }
                // Ends the waiting of a ledger that answers only when the readers are done.
                let patience = Task {
                    try? await Task.sleep(for: .seconds(5))
                    answer.finish()
                }
                var got: [Int] = []
                for await number in answers { got.append(number) }
                patience.cancel()
                #expect(got == [1, 0])
                for _ in 0..<4 { release.signal() }
                try await group.waitForAll()
            }
        }
    }

    @Test func `what is in the hands of an agent is found by its index`() async throws {
        try await withSQLite { ledger, _ in
            let plan = try await ledger.read { database in
                try Row.fetchAll(
                    database,
                    sql: "EXPLAIN QUERY PLAN SELECT id FROM dispatch WHERE agent_id = ? AND \(LedgerReconciler.open)",
                    arguments: ["001"]
                ).map { $0["detail"] as String }
            }
            #expect(plan.contains { $0.contains("USING INDEX dispatch_open") }, "\(plan)")
        }
    }

    @Test func `events cannot be changed`() async throws {
        try await withSQLite { ledger, _ in
            try await ledger.append([.dispatch(.sample(1))])
            await #expect(throws: LedgerError.self) {
                try await ledger.write { try $0.execute(sql: "UPDATE event SET detail = 'forged'") }
            }
        }
    }

    @Test func `a file of a newer version is left alone`() async throws {
        try await withSQLite { ledger, path in
            try await ledger.write {
                try $0.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('9 from the future')")
            }
            await ledger.close()
            #expect(throws: LedgerError.tooNew(path: path)) { try SQLiteLedger(path: path, logger: .quiet) }
        }
    }

    @Test func `a file that is no database is an error that names it`() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "no-ledger-\(UUID().uuidString)").path
        try Data(repeating: 0x41, count: 8_192).write(to: URL(filePath: path))
        defer { for suffix in ["", ".lock"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        let error = #expect(throws: LedgerError.self) { try SQLiteLedger(path: path, logger: .quiet) }
        #expect(error?.description.contains(path) == true)
        #expect(throws: LedgerError.self) {
            try SQLiteLedger(path: "/nonexistent/folder/ledger.sqlite", logger: .quiet)
        }
    }

    @Test func `the WAL is emptied when it is too large`() async throws {
        try await withSQLite { ledger, path in
            await ledger.close()
            let limited = try SQLiteLedger(path: path, logger: .quiet, checkpoints: .init(interval: 500, size: 5))
            func size() throws -> Int {
                try #require(try FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int)
            }
            try await limited.append((0..<100).map { .dispatch(try .sample($0)) })
            await limited.checkpointer.finish()
            #expect(try size() > 5 * 4_096)
            try await limited.append((100..<200).map { .dispatch(try .sample($0)) })
            await limited.checkpointer.finish()
            #expect(try size() == 0)
            #expect(try await limited.counts() == [.queued: 200])
            await limited.close()
        }
    }

    @Test func `what is removed makes the file smaller`() async throws {
        try await withSQLite { ledger, _ in
            for start in stride(from: 0, to: 2_000, by: 500) {
                try await ledger.append((start..<start + 500).map { .dispatch(try .sample($0, state: .done)) })
            }
            let full = try await ledger.size()
            let outcome = try await ledger.removeAll(.before(50_000))
            #expect(outcome.responses == 2_000)
            let emptied = try await ledger.size()
            #expect(emptied.used < full.used / 2)
            #expect(emptied.file >= full.file)
            try await ledger.shrink(limit: full.file)
            #expect(try await ledger.size().file < full.file / 2)
        }
    }

    @Test func `an older file that cannot become smaller is made one that can`() async throws {
        try await withSQLite { first, path in
            await first.close()
            let queue = try DatabaseQueue(path: path)
            try await queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA auto_vacuum = NONE; VACUUM") }
            try queue.close()
            let ledger = try SQLiteLedger(path: path, logger: .quiet)
            let mode = try await ledger.read { try Int.fetchOne($0, sql: "PRAGMA auto_vacuum") }
            #expect(mode == 2)
            await ledger.close()
        }
    }

    @Test func `removing keeps up with writing, and neither disturbs the other`() async throws {
        try await withLedger(.sqlite) { fixture in
            let ledger = try await fixture.ledger
            async let writing: Void = {
                for start in stride(from: 0, to: 4_000, by: 100) {
                    try await ledger.append((start..<start + 100).map { .dispatch(try .sample($0, state: .done)) })
                }
            }()
            var removed = 0
            while removed < 4_000 { removed += try await ledger.removeAll(.before(50_000)).responses }
            try await writing
            #expect(removed == 4_000)
            try await fixture.checkpoint()
            let report = try fixture.verify()
            #expect(report.finding == nil)
            #expect(report.removed >= 8_000)
        }
    }
}
