import Daemon
import Dispatch
import GRDB
import Logging
import Synchronization

/// Moves the WAL's pages into the database, on a connection and a thread of its own: on the committing thread,
/// where SQLite would do it, each time is a stall of 5 to 30 ms.
final class LedgerCheckpointer: Sendable {
    /// Sizes of the WAL, in pages of 4 KiB.
    struct Limits: Sendable {
        /// How much is committed, by the writer's estimate, between two checkpoints.
        var interval = 8_192
        /// Beyond this the WAL is emptied, and writers wait for the moment it takes.
        ///
        /// By itself it starts over only when commits pause.
        var size = 16_384
    }

    private struct Progress {
        var pages = 0
        var isRunning = false
        var isClosed = false
        /// Why the last one failed.
        var trouble: LedgerError?
    }

    private let connection: DatabaseQueue
    private let limits: Limits
    private let logger: Logger
    private let queue = DispatchQueue(label: "ledger checkpoint", qos: .utility)
    private let progress = Mutex(Progress())

    init(connection: DatabaseQueue, limits: Limits, logger: Logger) {
        self.connection = connection
        self.limits = limits
        self.logger = logger
    }

    /// Counts a commit; begins a checkpoint when it is time.
    func committed(pages: Int) {
        let isDue = progress.withLock { progress in
            progress.pages += pages
            return progress.pages >= limits.interval
        }
        if isDue { start() }
    }

    /// Begins a checkpoint, unless one runs.
    func start() {
        let isFirst = progress.withLock { progress in
            guard !progress.isRunning, !progress.isClosed else { return false }
            progress.pages = 0
            progress.isRunning = true
            return true
        }
        guard isFirst else { return }
        queue.async {
            self.checkpoint(largest: self.limits.size)
            self.progress.withLock { $0.isRunning = false }
        }
    }

    /// Waits for a checkpoint that runs.
    func finish() async {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume() }
        }
    }

    /// Waits for a checkpoint that runs, empties the WAL, so that the database's file alone is the ledger, and closes
    /// the connection.
    func close() async {
        let isFirst = progress.withLock { progress in
            defer { progress.isClosed = true }
            return !progress.isClosed
        }
        guard isFirst else { return }
        await withCheckedContinuation { continuation in
            queue.async {
                self.checkpoint(largest: 0)
                continuation.resume()
            }
        }
        // Fails only while a statement of it still runs, and none does.
        try? connection.close()
    }

    /// A checkpoint that fails (a full disk, a long reader) loses nothing: the pages stay in the WAL for the next.
    ///
    /// Each reason is told once, until one succeeds.
    ///
    /// - Parameter largest: a WAL of more pages is emptied.
    private func checkpoint(largest: Int) {
        do {
            try connection.writeWithoutTransaction { database in
                let pages = try database.checkpoint(.passive).walFrameCount
                if pages > largest { try database.checkpoint(.truncate) }
            }
            progress.withLock { $0.trouble = nil }
        } catch {
            let error = LedgerError(error)
            let isKnown = progress.withLock { progress in
                defer { progress.trouble = error }
                return progress.trouble == error
            }
            if isKnown { return }
            logger.warning("Ledger checkpoint failed and will be tried again", metadata: .of([.error: error]))
        }
    }
}
