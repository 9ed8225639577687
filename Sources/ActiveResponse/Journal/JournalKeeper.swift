import Logging

/// Writes the journal: gathers what belongs together, has it synced in time, and mends the file when it can be
/// written again.
///
/// Used by the reactor's thread alone. It never waits for the disk, but for one thing: an order that comes while the
/// journal is broken.
struct JournalKeeper {
    /// A rewriting of the journal that is wanted and did not succeed is tried again after so many milliseconds.
    private static let mendingPause: Int64 = 5000
    /// What an order waits for is tried again after so many.
    private static let urgentMendingPause: Int64 = 1000
    /// The syncing thread is woken so many milliseconds after a write, or when a script has ended: waking a thread
    /// and syncing a file beside the start of a script makes that a third slower (measured on two cores).
    private static let syncDelay: Int64 = 2
    /// Syncs are so many milliseconds apart: in a burst one makes the ends of many scripts safe.
    ///
    /// These then go to the manager and into its ledger together. A thousand syncs and commits would take as long as
    /// the scripts themselves.
    private static let syncPace: Int64 = 20
    /// The place that the records of one response need, without its alert, in bytes: the most that is kept of a
    /// script's output, for `add` and for `delete`, and more than the rest.
    private static let recordsOfOne = 160 << 10

    let outbox: EventOutbox
    /// The file is to be written anew for the clock's sake.
    var isRewriteWanted = false
    private let journal: ResponseJournal
    private let logger: Logger
    /// Wakes the syncing thread.
    private let wakeSync: @Sendable () -> Void
    /// Records that belong together and wait to be written.
    private var batch = JournalBatch()
    /// Batches in the file's form that wait to be written.
    private var unwritten: [UInt8] = []
    /// When to wake the syncing thread for what was written since the last time.
    private var syncBy: Int64?
    private var lastSync = Int64.min / 2
    private var nextMending: Int64?
    private var nextUrgentMending: Int64?
    private var reportedFailure: String?

    init(
        journal: ResponseJournal, outbox: EventOutbox, logger: Logger, wakeSync: @escaping @Sendable () -> Void
    ) {
        self.journal = journal
        self.outbox = outbox
        self.logger = logger
        self.wakeSync = wakeSync
    }

    /// When there is something to do, by the boot clock.
    var nextDue: Int64? {
        [syncBy, nextMending].compactMap { $0 }.min()
    }

    /// Why records may be missing on disk; nil when all is well.
    var failure: String? { journal.failure }

    /// Why there is no place for orders.
    var trouble: String { failure ?? "no space left on the device" }

    /// Whether an order could be taken.
    var hasPlace: Bool { journal.reserve(Self.recordsOfOne) }

    /// Sets place aside for an order and what comes of it, so that what is taken can be kept.
    ///
    /// While the journal is broken it is mended here if it can be.
    ///
    /// - Parameter records: what the table holds, for a new file.
    /// - Returns: false when there is no place: the order cannot be taken.
    mutating func hasPlace(for order: Order, at now: Moment, records: () -> [JournalRecord]) -> Bool {
        if failure != nil { mendForOrder(at: now, records: records) }
        return journal.reserve(order.alertJSON.count + Self.recordsOfOne)
    }

    // MARK: - Writing

    mutating func add(_ record: JournalRecord) {
        batch.add(record, into: &unwritten)
    }

    /// Numbers an event and keeps it for the manager.
    mutating func add(_ event: ResponseEvent) {
        add(.event(outbox.number(event)))
    }

    /// Writes what was added: from then on it survives this process.
    mutating func write(at now: Moment) {
        batch.end(into: &unwritten)
        guard !unwritten.isEmpty else { return }
        _ = journal.append(unwritten)
        unwritten.removeAll(keepingCapacity: unwritten.capacity <= 1 << 20)
        outbox.wrote()
        scheduleSync(at: now.boot + Self.syncDelay)
    }

    /// Has the syncing thread woken at a time, or as soon after it as the pace allows.
    mutating func scheduleSync(at time: Int64) {
        syncBy = min(syncBy ?? .max, max(time, lastSync + Self.syncPace))
    }

    mutating func syncWhenDue(at now: Moment) {
        if let syncBy, syncBy <= now.boot { sync(at: now) }
    }

    mutating func sync(at now: Moment) {
        syncBy = nil
        lastSync = now.boot
        wakeSync()
    }

    // MARK: - Mending

    /// Says what is wrong with the file, and writes it anew when that is worth it.
    ///
    /// - Parameters:
    ///   - isPlaceWanted: whether somebody waits for place in it.
    ///   - records: what the table holds, for a new file.
    mutating func tend(at now: Moment, isPlaceWanted: Bool, records: () -> [JournalRecord]) {
        let trouble = failure ?? (isPlaceWanted && !hasPlace ? self.trouble : nil)
        if let trouble, trouble != reportedFailure {
            logger.error(
                "The journal cannot be written: new orders wait until it can", metadata: ["error": "\(trouble)"])
        } else if trouble == nil, reportedFailure != nil {
            logger.notice("The journal can be written again")
        }
        reportedFailure = trouble
        let isWanted =
            failure != nil || isRewriteWanted || journal.isWorthRewriting(isPlaceWanted: trouble != nil)
        guard isWanted || trouble != nil else {
            nextMending = nil
            return
        }
        guard nextMending ?? 0 <= now.boot else { return }
        nextMending = now.boot + (isPlaceWanted ? Self.urgentMendingPause : Self.mendingPause)
        if isWanted { rewrite(at: now, records()) }
    }

    /// Here alone the disk is waited for: without the journal nothing new may be started anyway.
    private mutating func mendForOrder(at now: Moment, records: () -> [JournalRecord]) {
        guard nextUrgentMending ?? 0 <= now.boot, journal.hasRoom else { return }
        rewrite(at: now, records())
        let isMended = journal.synchronize() && journal.failure == nil
        nextUrgentMending = isMended ? nil : now.boot + Self.urgentMendingPause
    }

    private mutating func rewrite(at now: Moment, _ records: [JournalRecord]) {
        guard journal.rewrite(records + outbox.records()) else { return }
        isRewriteWanted = false
        sync(at: now)
    }
}
