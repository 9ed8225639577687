import ActiveResponse
import Daemon
import Foundation
import GRDB
import Logging
import Synchronization

/// The ledger in one SQLite file: WAL, every commit synced, one writer, any number of readers beside it.
final class SQLiteLedger: Ledger {
    /// Changes in one transaction: enough to make the sync cheap, few enough that nobody waits 50 ms.
    private static let batchLimit = 1_024

    /// A commit begins this long after its first change.
    ///
    /// The order that the change is about is on its way to its agent meanwhile, and on a small machine a commit
    /// beside it made that a third slower. Whoever waits for the commit waits for the disk anyway.
    private static let gathering = DispatchTimeInterval.milliseconds(3)

    let pool: DatabasePool
    /// For what deciding asks under its lock: whoever reads long lists takes the pool's readers, and would stop it.
    let decisions: DatabaseQueue
    private let lock: LedgerLock
    let checkpointer: LedgerCheckpointer
    private let commits: GroupCommit<LedgerChange>
    private let currentTrouble: CurrentTrouble

    /// Why commits are held up.
    private final class CurrentTrouble: Sendable {
        private let state = Mutex<String?>(nil)

        var text: String? { state.withLock { $0 } }

        func set(_ text: String?) { state.withLock { $0 = text } }
    }

    /// Opens the ledger, makes it when there is none, and brings an older one up to date.
    ///
    /// The file is readable for its owner alone: alerts hold what is nobody else's business.
    ///
    /// - Parameter retryPause: whatever keeps the file from being written holds all writing up and is tried again
    ///   after this pause; nil fails the calls at once.
    init(
        path: String, logger: Logger, checkpoints: LedgerCheckpointer.Limits = .init(),
        retryPause: Duration? = .seconds(1)
    ) throws(LedgerError) {
        lock = try LedgerLock(ledger: path)
        do {
            try Self.createFile(path)
            var configuration = Configuration()
            configuration.label = "ledger"
            configuration.maximumReaderCount = 4
            // The checkpointer may hold the write lock for a moment. Whoever holds it longer (an administrator's
            // sqlite3) is waited for by the commits, which may not keep the manager from stopping.
            configuration.busyMode = .timeout(2)
            // Has an effect only where the file is still empty.
            configuration.prepareDatabase { database in
                if !database.configuration.readonly { try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL") }
            }
            pool = try DatabasePool(path: path, configuration: configuration)
            try Self.migrate(pool, path: path)
            try Self.configureWriter(pool)
            var reading = configuration
            reading.readonly = true
            decisions = try DatabaseQueue(path: path, configuration: reading)
            checkpointer = LedgerCheckpointer(
                connection: try DatabaseQueue(path: path, configuration: configuration), limits: checkpoints,
                logger: logger)
        } catch let error as LedgerError {
            throw error
        } catch {
            throw .cannotOpen(path: path, reason: LedgerError(error).description)
        }
        let (pool, checkpointer) = (pool, checkpointer)
        let currentTrouble = CurrentTrouble()
        self.currentTrouble = currentTrouble
        commits = GroupCommit(
            label: "ledger commit", batchLimit: Self.batchLimit, gathering: Self.gathering, retryPause: retryPause,
            notify: { notice in
                switch notice {
                case .stalled(let error):
                    currentTrouble.set(error.description)
                    logger.error(
                        "Ledger cannot be written; nothing more is taken in until it can",
                        metadata: .of([.file: path, .error: error]))
                case .resumed:
                    currentTrouble.set(nil)
                    logger.notice("Ledger can be written again", metadata: .of([.file: path]))
                case .gaveUp(let error):
                    logger.warning(
                        "Ledger cannot be written; what waits for it comes again after the next start, except orders by hand",
                        metadata: .of([.file: path, .error: error]))
                case .rejected(let changes, let error):
                    for change in changes {
                        logger.error(
                            "Ledger cannot keep an entry and goes on without it",
                            metadata: .of([.file: path, .kind: change.summary, .error: error]))
                    }
                }
            }
        ) { changes throws(LedgerError) in
            do {
                try pool.write { database in
                    var writer = try LedgerChangeWriter(database)
                    for change in changes { try writer.apply(change) }
                }
            } catch {
                let error = LedgerError(error)
                // Most pages of the WAL have their place in the database already, and its own can then be used again.
                if error == .diskFull { checkpointer.start() }
                throw error
            }
            checkpointer.committed(pages: 8 + changes.reduce(0) { $0 + $1.pages })
        }
    }

    func enqueue(
        _ changes: [LedgerChange], completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void
    ) {
        commits.enqueue(changes, completion: completion)
    }

    var queueDepth: Int { commits.depth }

    var trouble: String? { currentTrouble.text }

    func stopWaiting() {
        commits.stopWaiting()
    }

    func close() async {
        await commits.close()
        await checkpointer.close()
        // Fails only when it is closed already, or while a reader still runs; the file is complete in both cases.
        try? decisions.close()
        try? pool.close()
        lock.release()
    }

    /// Asks on a reader's connection; never waits for the writer.
    func read<T: Sendable>(_ question: @escaping @Sendable (Database) throws -> T) async throws(LedgerError) -> T {
        do {
            return try await pool.read(question)
        } catch {
            throw LedgerError(error)
        }
    }

    /// Changes something in a transaction of its own.
    func write<T: Sendable>(_ change: @escaping @Sendable (Database) throws -> T) async throws(LedgerError) -> T {
        do {
            return try await pool.write(change)
        } catch {
            throw LedgerError(error)
        }
    }

    /// SQLite gives the WAL the mode of the database file.
    private static func createFile(_ path: String) throws(LedgerError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .cannotOpen(path: path, reason: String(cString: strerror(errno)))
        }
        Glibc.close(descriptor)
    }

    private static func migrate(_ pool: DatabasePool, path: String) throws {
        let migrator = LedgerSchema.migrator
        guard try !pool.read(migrator.hasBeenSuperseded) else { throw LedgerError.tooNew(path: path) }
        try migrator.migrate(pool)
        try pool.write { try LedgerChainStart(database: $0).run() }
        // Without it a file never becomes smaller. New files have it from the start; this is for older ones, once.
        try pool.writeWithoutTransaction { database in
            guard try Int.fetchOne(database, sql: "PRAGMA auto_vacuum") != 2 else { return }
            try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL; VACUUM")
        }
    }

    /// Makes every commit durable and leaves checkpoints to the checkpointer.
    ///
    /// The pool sets `synchronous = NORMAL` when it opens, with which a power cut loses the last commits; so this is
    /// set afterwards, and read back. The cache (16 MiB) holds what a full batch touches: a page that does not fit is
    /// written twice.
    private static func configureWriter(_ pool: DatabasePool) throws {
        try pool.writeWithoutTransaction { database in
            try database.execute(
                sql: "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -16384")
            let mode = try Int.fetchOne(database, sql: "PRAGMA synchronous")
            guard mode == 2 else { throw LedgerError.database("SQLite does not sync its commits") }
        }
    }
}
